// Sources of many files: folders and patterns, columns that folders tell, files that are skipped, files that differ.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { makeData, Null, type Table, TimestampMillisecond, Vector } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  columnReader,
  type DatasetFile,
  type FileLayout,
  filesColumns,
  namesOf,
  readFiles,
  type ReadFilesOptions,
  tableOf,
  vectorFromValues,
} from "../../../offline/datasets/index.ts";
import { memorySource } from "../../../offline/datasets/byte-source.ts";
import { datasets, writeTableFile } from "../../../offline/datasets/files.ts";
import { localFiles } from "../../../offline/datasets/local-files.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { parseTimeExact } from "../../../sdk/time.ts";
import { parseTypeName, type Value } from "../../../sdk/types/index.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "edgefeat-partitions-"));
});
afterAll(() => rm(root, { recursive: true }));

const us = parseTimeExact;
const rows = (times: string[], n: number): Table =>
  tableOf([
    [
      "at",
      vectorFromValues(
        { kind: "timestamp" },
        times.map((time) => us(time)),
      ),
    ],
    [
      "n",
      vectorFromValues(
        { kind: "int64" },
        times.map((_, i) => BigInt(n + i)),
      ),
    ],
  ]);

/** Writes files below a folder of their own, and returns them as a source has them. */
async function folderOf(name: string, files: Record<string, Table | string>): Promise<DatasetFile[]> {
  for (const [path, content] of Object.entries(files)) {
    const full = join(root, name, path);
    await mkdir(dirname(full), { recursive: true });
    if (typeof content === "string") await writeFile(full, content);
    else await writeTableFile(full, content);
  }
  return filesIn(name);
}

async function filesIn(path: string): Promise<DatasetFile[]> {
  const files = await localFiles(join(root, path));
  return files.map((file) => ({ ...file, path: file.path.replace(`${root}/`, "") }));
}

const LAYOUT: FileLayout = { name: "events", format: "parquet", eventTime: "at", partitions: { date: "event day" } };
const DAYS = {
  "date=2001-03-30/p.parquet": rows(["2001-03-30T00:00:00Z", "2001-03-30T23:59:59.999999Z"], 0),
  "date=2001-03-31/p.parquet": rows(["2001-03-31T00:00:00Z"], 10),
  "date=2001-04-01/p.parquet": rows(["2001-04-01T12:00:00Z"], 20),
};

async function read(files: DatasetFile[], layout: FileLayout, options: ReadFilesOptions, ...typed: string[]) {
  const { table, read: stats } = await readFiles(datasets, files, layout, options);
  const columns = typed.map((column) => {
    const [name, type] = column.split(":") as [string, string];
    const vector = table.getChildAt(namesOf(table.schema).indexOf(name)) as Vector;
    const reader = columnReader(vector, parseTypeName(type), { column: name });
    return Array.from({ length: table.numRows }, (_, row): Value | null => reader(row));
  });
  return { table, stats, columns };
}

const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) =>
      error instanceof EdgefeatError ? `${error.code}: ${error.message} (${error.hint})` : `not ours: ${String(error)}`,
  );

describe("files by their folders' times", () => {
  it("are all read without a range, in the order of their paths", async () => {
    const files = await folderOf("days", DAYS);
    const { columns, stats } = await read(files, LAYOUT, { columns: ["n", "at"] }, "n:int64");
    expect(columns).toEqual([[0n, 1n, 10n, 20n]]);
    expect(stats).toMatchObject({ files: 3, filesSkipped: 0 });
    expect(stats.bytes).toBeGreaterThan(0);
    expect(stats.bytes + stats.bytesSkipped).toBeGreaterThanOrEqual(files.reduce((sum, f) => sum + f.sizeBytes, 0));
  });

  it("are skipped, unopened, where no row of theirs matters", async () => {
    const files = await folderOf("days", DAYS);
    const opened: string[] = [];
    const watched = files.map((file) => ({ ...file, open: () => (opened.push(file.path), file.open()) }));
    const range = { afterUs: us("2001-03-30T23:00:00Z"), untilUs: us("2001-03-31T20:00:00Z") };
    const { columns, stats } = await read(watched, LAYOUT, { columns: ["n", "at"], range }, "n:int64");
    expect(columns).toEqual([[0n, 1n, 10n]]);
    expect(opened).toEqual(["days/date=2001-03-30/p.parquet", "days/date=2001-03-31/p.parquet"]);
    expect(stats).toMatchObject({ files: 2, filesSkipped: 1 });
    expect(stats.bytesSkipped).toBeGreaterThanOrEqual((files[2] as DatasetFile).sizeBytes);
  });

  it("may all be skipped: then there are columns and no rows", async () => {
    const files = await folderOf("days", DAYS);
    const range = { afterUs: us("2010-01-01T00:00:00Z"), untilUs: null };
    const { table, stats } = await read(files, LAYOUT, { columns: ["n", "date"], range });
    expect([table.numRows, namesOf(table.schema)]).toEqual([0, ["n", "date"]]);
    expect(stats).toMatchObject({ files: 0, filesSkipped: 3 });
  });

  it("are all read where no partition is said to be of the event time", async () => {
    const files = await folderOf("days", DAYS);
    const range = { afterUs: us("2010-01-01T00:00:00Z"), untilUs: null };
    const { stats } = await read(files, { ...LAYOUT, partitions: {} }, { columns: ["n"], range });
    expect(stats).toMatchObject({ files: 3, filesSkipped: 0 });
  });

  it("a row outside its folder's time is an error that names the file, the row and the time", async () => {
    const files = await folderOf("wrong", { ...DAYS, "date=2001-03-31/q.parquet": rows(["2001-04-01T00:00:00Z"], 0) });
    expect(await faultOf(read(files, LAYOUT, { columns: ["n", "at"] }))).toMatch(
      /^value_out_of_range: wrong\/date=2001-03-31\/q\.parquet: row 1 has the event time 2001-04-01T00:00:00Z.*2001-03-31T00:00:00Z to/,
    );
  });

  it("the answer is the same with and without skipping, for any range", async () => {
    const hours = Array.from({ length: 48 }, (_, h) => new Date(Date.UTC(2001, 2, 30, h)).toISOString());
    const files = await folderOf(
      "hours",
      Object.fromEntries(
        hours.map((time, h) => [
          `date=${time.slice(0, 10)}/hour=${time.slice(11, 13)}/p.csv`,
          `at,n\n${time},${h}\n${time.slice(0, 14)}59:59.9999999Z,${h}\n`,
        ]),
      ),
    );
    const layout: FileLayout = {
      ...LAYOUT,
      format: "csv",
      partitions: { date: "event day", hour: "event hour" },
    };
    const types = { at: { kind: "timestamp" }, n: { kind: "int64" } } as const;
    const within = async (options: ReadFilesOptions, range: { afterUs: bigint; untilUs: bigint }) => {
      const { table, read: stats } = await readFiles(datasets, files, layout, {
        columns: ["at", "n"],
        types,
        ...options,
      });
      const at = columnReader(table.getChildAt(0) as Vector, types.at, { column: "at", round: "up" });
      const n = columnReader(table.getChildAt(1) as Vector, types.n, { column: "n" });
      const found = Array.from({ length: table.numRows }, (_, row) => [at(row), n(row)] as [bigint, bigint]);
      return { found: found.filter(([time]) => time > range.afterUs && time <= range.untilUs), stats };
    };
    let skipped = 0;
    for (let i = 0; i < 12; i++) {
      const start = us("2001-03-29T22:00:00Z") + BigInt(i * 4 * 3_600_000_000) + BigInt((i % 3) - 1);
      const range = { afterUs: start, untilUs: start + BigInt(i % 4) * 3_600_000_000n * 3n };
      const pruned = await within({ range }, range);
      expect(pruned.found).toEqual((await within({}, range)).found);
      skipped += pruned.stats.filesSkipped;
    }
    expect(skipped).toBeGreaterThan(12 * 24);
  });
});

describe("columns that folders tell", () => {
  const shards = {
    "date=2001-03-31/shard=3/p.parquet": rows(["2001-03-31T00:00:00Z", "2001-03-31T01:00:00Z"], 0),
    "date=2001-03-31/shard=__HIVE_DEFAULT_PARTITION__/p.parquet": rows(["2001-03-31T02:00:00Z"], 5),
  };
  it("are text, an event day a time, and what is declared otherwise", async () => {
    const files = await folderOf("shards", shards);
    const asked = { columns: ["shard", "n", "date"] };
    const plain = await read(files, LAYOUT, asked, "shard:string", "n:int64", "date:timestamp");
    const day = us("2001-03-31T00:00:00Z");
    expect(plain.columns).toEqual([
      ["3", "3", null],
      [0n, 1n, 5n],
      [day, day, day],
    ]);
    const typed = await read(files, LAYOUT, { ...asked, types: { shard: { kind: "int64" } } }, "shard:int64");
    expect(typed.columns).toEqual([[3n, 3n, null]]);
    const alone = await read(files, LAYOUT, { columns: ["shard"] }, "shard:string");
    expect(alone.columns).toEqual([["3", "3", null]]);
    const all = await readFiles(datasets, files, LAYOUT);
    expect(namesOf(all.table.schema)).toEqual(["at", "n", "date", "shard"]);
  });

  it("are known before anything is read", async () => {
    const files = await folderOf("shards", shards);
    const columns = await filesColumns(datasets, files, LAYOUT, { shard: { kind: "int32" }, n: { kind: "string" } });
    expect(columns.map(({ name, type }) => [name, type?.kind])).toEqual([
      ["at", "timestamp"],
      ["n", "int64"],
      ["date", "timestamp"],
      ["shard", "int32"],
    ]);
  });

  it("give way to a column of the file's own", async () => {
    const own = tableOf([["date", vectorFromValues({ kind: "string" }, ["own"])]]);
    const files = await folderOf("own", { "date=2001-03-31/p.parquet": own });
    const { columns, table } = await read(files, { ...LAYOUT, partitions: {} }, {}, "date:string");
    expect([namesOf(table.schema), columns]).toEqual([["date"], [["own"]]]);
  });

  it("that are none of their type are refused, with the folder", async () => {
    const files = await folderOf("shards", shards);
    const types = { shard: { kind: "bool" } } as const;
    expect(await faultOf(read(files, LAYOUT, { columns: ["shard"], types }))).toMatch(
      /^type_mismatch: shards\/date=2001-03-31\/shard=3\/p\.parquet, folder "shard=":/,
    );
  });
});

it("a file that can't be read ends the reading of the others", async () => {
  const opened: string[] = [];
  const files = Array.from({ length: 50 }, (_, i): DatasetFile => ({
    path: `many/${i}.csv`,
    sizeBytes: 4,
    open: async () => {
      opened.push(`${i}`);
      await setTimeout(1);
      if (i === 1) throw new Error("gone");
      return memorySource(new TextEncoder().encode("n\n1\n"), `${i}.csv`);
    },
  }));
  const layout: FileLayout = { ...LAYOUT, format: "csv", partitions: {} };
  await expect(readFiles(datasets, files, layout, { atOnce: 4 })).rejects.toThrow("gone");
  await setTimeout(100);
  expect(opened.length).toBeLessThan(10);
});

describe("files that differ", () => {
  const one = rows(["2001-03-31T00:00:00Z"], 1);
  const layout: FileLayout = { ...LAYOUT, partitions: {} };

  it.each<[what: string, other: Table, columns: string[] | undefined, message: RegExp]>([
    ["a missing column", one.select(["at"]), ["at", "n"], /^missing_column: .*b\.parquet has no column "n"/],
    [
      "a missing column, all asked for",
      one.select(["at"]),
      undefined,
      /^missing_column: drift\/b\.parquet has no column "n", which drift\/a\.parquet has \(write the column into every/,
    ],
    [
      "another column, all asked for",
      tableOf([
        ...["at", "n"].map((name) => [name, one.getChild(name) as Vector] as const),
        ["m", one.getChild("n") as Vector],
      ]),
      undefined,
      /^missing_column: drift\/a\.parquet has no column "m", which drift\/b\.parquet has/,
    ],
    [
      "another type",
      tableOf([
        ["at", one.getChild("at") as Vector],
        ["n", vectorFromValues({ kind: "string" }, ["1"])],
      ]),
      ["n"],
      /^type_mismatch: column "n" is Utf8 in drift\/b\.parquet, but Int64 in drift\/a\.parquet \(write the files anew/,
    ],
    [
      "a wider type",
      tableOf([["n", vectorFromValues({ kind: "int32" }, [1])]]),
      ["n"],
      /^type_mismatch: column "n" is Int32 in drift\/b\.parquet, but Int64/,
    ],
  ])("%s: named with both files", async (_, other, columns, message) => {
    await rm(join(root, "drift"), { recursive: true, force: true });
    const files = await folderOf("drift", { "a.parquet": one, "b.parquet": other });
    expect(await faultOf(readFiles(datasets, files, layout, { columns }))).toMatch(message);
  });

  it("columns in another order, and other ways to keep the same values, are one table", async () => {
    const day = 86_400_000n;
    const other = tableOf([
      ["n", new Vector([makeData({ type: new Null(), length: 2 })])],
      ["at", new Vector([makeData({ type: new TimestampMillisecond(), data: BigInt64Array.of(day, -1n) })])],
    ]);
    const files = await folderOf("order", { "a.arrow": one, "b.arrow": other, "c.arrow": one.slice(0, 0) });
    const { columns } = await read(files, { ...layout, format: "arrow" }, {}, "at:timestamp", "n:int64");
    expect(columns).toEqual([
      [us("2001-03-31T00:00:00Z"), us("1970-01-02T00:00:00Z"), -1000n],
      [1n, null, null],
    ]);
  });

  it("times of which one file has nanoseconds are nanoseconds in all, null or not", async () => {
    const line = (at: string | null) => `${JSON.stringify({ at })}\n`;
    const time = "2001-03-31T00:00:00.000001";
    const layoutOf: FileLayout = { ...layout, format: "jsonl" };
    const files = await folderOf("finer", { "a.jsonl": line(`${time}Z`) + line(null), "b.jsonl": line(`${time}001Z`) });
    const types = { at: { kind: "timestamp" } } as const;
    const { table } = await readFiles(datasets, files, layoutOf, { types });
    const column = table.getChild("at") as Vector;
    expect(String(column.type)).toBe("Timestamp<NANOSECOND, UTC>");
    const read = columnReader(column, { kind: "timestamp" }, { column: "at", round: "up" });
    const exact = us(`${time}Z`);
    expect([0, 1, 2].map((row) => read(row))).toEqual([exact, null, exact + 1n]);

    const late = await folderOf("late", { "a.jsonl": line("9999-01-01T00:00:00Z"), "b.jsonl": line(`${time}001Z`) });
    expect(await faultOf(readFiles(datasets, late, layoutOf, { types }))).toMatch(
      /^value_out_of_range: late\/a\.jsonl: column "at", row 1: 9999-01-01T00:00:00Z can't be in nanoseconds/,
    );
  });

  it("folders that some files lack are named with both files", async () => {
    const files = await folderOf("uneven", { "x=1/a.parquet": one, "b.parquet": one });
    expect(await faultOf(readFiles(datasets, files, layout))).toMatch(
      /^missing_column: uneven\/b\.parquet lies in no folder "x=…", as uneven\/x=1\/a\.parquet does/,
    );
  });
});

describe("which files a path names", () => {
  it("a folder's, but not those that writers leave beside the data; a pattern's; itself", async () => {
    await folderOf("listed", {
      "a/x.csv": "n\n1\n",
      "a/b/y.csv": "n\n2\n",
      "a/z.txt": "",
      _SUCCESS: "",
      "a/.x.csv.crc": "",
      "lit[1]eral.csv": "n\n3\n",
    });
    const paths = async (path: string) => (await filesIn(path)).map((file) => file.path.replace("listed/", ""));
    expect(await paths("listed")).toEqual(["a/b/y.csv", "a/x.csv", "a/z.txt", "lit[1]eral.csv"]);
    expect(await paths("listed/")).toEqual(await paths("listed"));
    expect(await paths("listed/**/*.csv")).toEqual(["a/b/y.csv", "a/x.csv", "lit[1]eral.csv"]);
    expect(await paths("listed/*/x.csv")).toEqual(["a/x.csv"]);
    expect(await paths("listed/lit[1]eral.csv")).toEqual(["lit[1]eral.csv"]);
  });

  it.each<[path: string, message: RegExp]>([
    ["listed/none/*.csv", /^file_not_found: the folder .*none can't be read/],
    ["listed/*.parquet", /^file_not_found: there is no file .*listed\/\*\.parquet among 6 in its folder/],
    ["listed/a/q.csv", /^file_not_found: there is no file .*q\.csv \(did you mean/],
    ["empty", /^file_not_found: there is no file in the folder/],
  ])("%s: says what is there", async (path, message) => {
    await mkdir(join(root, "empty"), { recursive: true });
    expect(await faultOf(filesIn(path))).toMatch(message);
  });
});

it("bad cells are told of by their row in all files", async () => {
  const files = await folderOf("bad", { "a.csv": "n\n1\nx\n", "c.csv": "n\n2\n3\ny\n" });
  const types = { n: { kind: "int64" } } as const;
  const { table, unreadCells } = await readFiles(
    datasets,
    files,
    { ...LAYOUT, format: "csv", partitions: {} },
    { types, keepBadCells: true },
  );
  expect(table.numRows).toBe(5);
  expect(unreadCells).toEqual([
    { row: 1, column: "n", reason: expect.stringContaining('bad/a.csv, line 3, column "n"') },
    { row: 4, column: "n", reason: expect.stringContaining('bad/c.csv, line 4, column "n"') },
  ]);
});
