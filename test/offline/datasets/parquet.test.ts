// Parquet: what other tools wrote, what we wrote, and files that are damaged.
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { IntervalMonthDayNano, makeData, Vector } from "apache-arrow";
import { beforeAll, describe, expect, it } from "vitest";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { readSchema, readTable, writeTable } from "../../../offline/datasets/files.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { parseTypeName, typeName, type Value } from "../../../sdk/types/index.ts";

const fixtures = join(import.meta.dirname, "../../fixtures");
const path = join(fixtures, "driver_stats.parquet");

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) =>
      error instanceof EdgefeatError ? `${error.code}: ${error.message}` : `not ours: ${String(error)}`,
  );

describe("a file of Feast's", () => {
  it("has the columns its footer tells", async () => {
    const { columns, rows } = await readSchema({ path }, "parquet");
    expect(rows).toBe(1807);
    expect(columns.map(({ name, arrow, type }) => [name, String(arrow), type && typeName(type)])).toEqual([
      ["event_timestamp", "Timestamp<MICROSECOND, UTC>", "timestamp"],
      ["driver_id", "Int64", "int64"],
      ["conv_rate", "Float32", "float32"],
      ["acc_rate", "Float32", "float32"],
      ["avg_daily_trips", "Int32", "int32"],
      ["created", "Timestamp<MICROSECOND>", "timestamp"],
    ]);
  });

  it("reads the same from its path and from its bytes", async () => {
    const tables = [await readTable({ path }, "parquet"), await readTable(await readFile(path), "parquet")];
    const [one, two] = tables.map((table) =>
      [
        "event_timestamp:timestamp",
        "driver_id:int64",
        "conv_rate:float32",
        "avg_daily_trips:int32",
        "created:timestamp",
      ].map((c) => {
        const [column, type] = c.split(":") as [string, string];
        const read = columnReader(columnOf(table, column), parseTypeName(type), { column });
        return Array.from({ length: table.numRows }, (_, row): Value | null => read(row));
      }),
    );
    expect(one).toEqual(two);
    const [times, drivers] = one as Value[][];
    expect(new Set(drivers)).toEqual(new Set([1001n, 1002n, 1003n, 1004n, 1005n]));
    // 2022-04-05T06:00Z, three times over.
    expect(times?.filter((time, row) => drivers?.[row] === 1003n && time === 1_649_138_400_000_000n)).toHaveLength(3);
  });
});

describe("columns", () => {
  it("come as asked for, each once, and only they are read", async () => {
    const table = await readTable({ path }, "parquet", { columns: ["created", "driver_id", "created"] });
    expect(String(table.schema)).toBe("Schema<{ 0: created: Timestamp<MICROSECOND>, 1: driver_id: Int64 }>");
    expect(table.numRows).toBe(1807);
  });
  it("are refused by the nearest name where there is none", async () => {
    const work = readTable({ path }, "parquet", { columns: ["driver"], name: "stats" });
    await expect(work).rejects.toMatchObject({ code: "missing_column", message: 'stats has no column "driver"' });
    await expect(work).rejects.toMatchObject({ hint: expect.stringContaining("driver_id") });
  });
  it.each([["é"], ["éa"], ["a.b"], ["a"], ["ab"]])("named %j are found among names like it", async (name) => {
    const names = join(fixtures, "arrow-types/names.parquet");
    const all = await readTable({ path: names }, "parquet");
    const one = await readTable({ path: names }, "parquet", { columns: [name] });
    expect(one.schema.fields.map((field) => field.name)).toEqual([name]);
    expect(one.getChildAt(0)?.get(0)).toBe(columnOf(all, name).get(0));
  });
  it("two of a name are refused", async () => {
    const twice = { path: join(fixtures, "arrow-types/duplicate.parquet") };
    expect(await errorOf(readTable(twice, "parquet"))).toMatch(/^duplicate_column/);
    expect(await errorOf(readSchema(twice, "parquet"))).toMatch(/^duplicate_column/);
  });
});

it("the old 96-bit times of Spark and Hive are times", async () => {
  const table = await readTable({ path: join(fixtures, "arrow-types/int96.parquet") }, "parquet");
  const read = columnReader(columnOf(table, "time"), { kind: "timestamp" }, { column: "time" });
  expect([read(0), read(1)]).toEqual([985_996_800_000_001n, null]);
});

it("a file of no rows keeps its columns", async () => {
  const file = { path: join(fixtures, "arrow-types/empty.parquet") };
  expect(String((await readTable(file, "parquet", { columns: ["list"] })).schema)).toBe(
    "Schema<{ 0: list: List<Int64> }>",
  );
  expect(await readSchema(file, "parquet")).toMatchObject({ rows: 0 });
});

it("metadata is written and read, whole, and not handed on from a file that was read", async () => {
  const metadata = new Map([
    ["edgefeat", JSON.stringify({ é: ["\n", '"'] })],
    ["empty", ""],
  ]);
  const table = tableOf([["a", vectorFromValues({ kind: "int64" }, [1n])]]);
  const bytes = await writeTable(table, "parquet", { metadata });
  expect((await readSchema(bytes, "parquet")).metadata).toEqual(metadata);
  const made = await readTable({ path: join(fixtures, "arrow-types/types.parquet") }, "parquet", {
    columns: ["int64"],
  });
  expect((await readSchema(await writeTable(made, "parquet"), "parquet")).metadata).toEqual(new Map());
});

it("a column that the writer can't take is refused, not left out", async () => {
  const spans = makeData({ type: new IntervalMonthDayNano(), data: new Int32Array(8), length: 2, nullCount: 0 });
  const table = tableOf([
    ["id", vectorFromValues({ kind: "int64" }, [1n, 2n])],
    ["span", new Vector([spans])],
  ]);
  for (const columns of [["id", "span"], ["span", "id"], ["span"]]) {
    const writing = writeTable(table.select(columns), "parquet");
    await expect(writing).rejects.toMatchObject({ code: "type_mismatch", hint: expect.stringContaining('"span"') });
  }
  expect((await readTable(await writeTable(table.select(["id"]), "parquet"), "parquet")).numRows).toBe(2);
});

describe("damaged files", () => {
  let whole: Uint8Array;
  beforeAll(async () => {
    whole = await readFile(path);
  });
  const rowsOf = async () => (await readTable(whole, "parquet", { columns: ["driver_id"] })).numRows;

  it.each<[what: string, damage: (bytes: Uint8Array) => Uint8Array, message: RegExp]>([
    ["empty", () => new Uint8Array(0), /empty: 0 bytes/],
    ["cut short", (bytes) => bytes.subarray(0, 20_000), /cut off/],
    ["some text", () => new TextEncoder().encode("a,b,c\n1,2,3\n"), /starts with "a,b,"/],
    ["all but its ends overwritten", (bytes) => bytes.fill(0xff, 100, bytes.length - 8), /can't be read as Parquet/],
    ["its data overwritten, so that the decoder traps", (bytes) => bytes.fill(0xff, 100, 3000), /data is damaged/],
    [
      "its footer's length wrong",
      (bytes) => bytes.fill(0x7f, bytes.length - 8, bytes.length - 4),
      /can't be read as Parquet/,
    ],
  ])("%s: refused, and the next file is read", async (_, damage, message) => {
    const bytes = damage(new Uint8Array(whole));
    expect(await errorOf(readTable(bytes, "parquet", { name: "x.parquet" }))).toMatch(message);
    expect(await errorOf(readTable(bytes, "parquet", { name: "x.parquet" }))).toMatch(
      /^file_unreadable: x\.parquet can't/,
    );
    expect(await rowsOf()).toBe(1807);
  });

  it("bytes overwritten anywhere either leave a file or an error of ours", async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      const bytes = new Uint8Array(whole);
      const at = (seed * 7919 * 131) % bytes.length;
      bytes.fill(seed % 256, at, at + (seed % 5) * 40 + 1);
      outcomes.add((await errorOf(readTable(bytes, "parquet"))).split(":")[0] as string);
    }
    expect([...outcomes].toSorted()).toEqual(["file_unreadable", "no error"]);
    expect(await rowsOf()).toBe(1807);
  }, 60_000);

  it("do not disturb files that are read at the same time", async () => {
    const damaged = new Uint8Array(whole).fill(0xff, 100, 3000);
    const results = await Promise.all([rowsOf(), errorOf(readTable(damaged, "parquet")), rowsOf(), rowsOf()]);
    expect(results).toEqual([1807, expect.stringMatching(/^file_unreadable/), 1807, 1807]);
  });
});

it("a process that read and wrote Parquet ends by itself", () => {
  const module = JSON.stringify(join(import.meta.dirname, "../../../offline/datasets/files.ts"));
  const script = `
    const { readTable, writeTable } = await import(${module});
    const table = await readTable({ path: ${JSON.stringify(path)} }, "parquet");
    console.log(table.numRows, (await writeTable(table, "parquet")).length > 0);
  `;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect([stdout, stderr, status]).toEqual(["1807 true\n", "", 0]);
});
