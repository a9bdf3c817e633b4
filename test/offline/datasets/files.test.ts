// Dataset files: found, told by their ending, written whole or not at all.
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Struct, vectorFromArray } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { columnOf, formatOf, tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { readSchemaFile, readTableFile, writeTableFile } from "../../../offline/datasets/files.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgefeat-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

const table = tableOf([["id", vectorFromValues({ kind: "int64" }, [1n, 2n, null])]]);
const types = { id: { kind: "int64" } } as const;

it.each([
  ["a.parquet", "parquet"],
  ["a.PARQUET", "parquet"],
  ["a.b/c.csv", "csv"],
  ["a.arrow", "arrow"],
  ["a.ipc", "arrow"],
  ["a.feather", "arrow"],
  ["a.arrows", "arrow-stream"],
])("the ending of %s names its format", (path, format) => {
  expect(formatOf(path)).toBe(format);
});

it.each(["a", "a.txt", "a.csv.gz", "a.csv/b", ".", "a."])("the ending of %j names none", (path) => {
  expect(() => formatOf(path)).toThrow(
    expect.objectContaining({ code: "file_format_unknown", hint: expect.stringContaining(".parquet") }),
  );
});

it.each(["parquet", "csv", "arrow", "ipc", "feather", "arrows"])("a .%s file is written and read", async (ending) => {
  const path = join(folder, "made/for/it", `table.${ending}`);
  await writeTableFile(path, table);
  expect([...columnOf(await readTableFile(path, { types }), "id")]).toEqual([1n, 2n, null]);
  expect((await readSchemaFile(path)).columns.map(({ name }) => name)).toEqual(["id"]);
});

it("a file that is not there is named, with the nearest that is", async () => {
  await writeTableFile(join(folder, "flights.csv"), table);
  const path = join(folder, "flihgts.csv");
  await expect(readTableFile(path)).rejects.toMatchObject({
    code: "file_not_found",
    hint: 'did you mean "flights.csv"?',
  });
  await expect(readTableFile(path)).rejects.toThrow(path);
  await expect(readTableFile(join(folder, "nowhere/a.csv"))).rejects.toMatchObject({
    code: "file_not_found",
    hint: expect.stringContaining("no folder"),
  });
  await expect(readSchemaFile(join(folder, "x.parquet"))).rejects.toMatchObject({ code: "file_not_found" });
});

it.each(["parquet", "csv", "arrow", "arrows"])("a .%s that is something else is named", async (ending) => {
  const path = join(folder, `wrong.${ending}`);
  for (const bytes of [new Uint8Array(0), Uint8Array.of(0xff, 0xfe, 0x00, 0x80, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0)]) {
    await writeFile(path, bytes);
    await expect(readTableFile(path)).rejects.toMatchObject({
      code: "file_unreadable",
      message: expect.stringContaining(path),
    });
  }
  await mkdir(join(folder, `folder.${ending}`));
  await expect(readTableFile(join(folder, `folder.${ending}`))).rejects.toMatchObject({ code: "file_unreadable" });
});

it("a pipe is refused, and not waited for", async () => {
  const path = join(folder, "pipe.csv");
  execFileSync("mkfifo", [path]);
  await expect(readTableFile(path)).rejects.toMatchObject({
    code: "file_unreadable",
    message: `${path} is a pipe, a socket or a device, where a file was expected`,
  });
});

it("a file that is refused before it is decoded holds no process up", async () => {
  const path = join(folder, "cut.parquet");
  await writeFile(path, "PAR1 and no more");
  const module = new URL("../../../offline/datasets/files.ts", import.meta.url).href;
  const script = `import("${module}").then((m) => m.readTableFile(process.argv[1])).catch((e) => console.log(e.code))`;
  expect(execFileSync(process.execPath, ["-e", script, path], { encoding: "utf8", timeout: 15_000 })).toBe(
    "file_unreadable\n",
  );
});

describe("a file is replaced in one step, or not at all", () => {
  it.each(["parquet", "csv", "arrow"])(".%s", async (ending) => {
    const own = join(folder, `replace-${ending}`);
    const path = join(own, `kept.${ending}`);
    await writeTableFile(path, table);
    const before = await readFile(path);
    const other = tableOf([["other", vectorFromValues({ kind: "string" }, ["x"])]]);
    await writeTableFile(path, other);
    expect((await readTableFile(path)).schema.fields.map(({ name }) => name)).toEqual(["other"]);
    await writeTableFile(path, table);
    expect(await readFile(path)).toEqual(before);

    const none = tableOf([]);
    await expect(writeTableFile(path, none)).rejects.toMatchObject({ code: "missing_column" });
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(own)).toEqual([`kept.${ending}`]);
  });

  it("when it fails midway", async () => {
    const own = join(folder, "midway");
    const path = join(own, "kept.csv");
    await writeTableFile(path, table);
    const times = Array.from({ length: 50_000 }, (_, i) => (i === 49_999 ? 2n ** 62n : 0n));
    const bad = tableOf([["t", vectorFromValues({ kind: "timestamp" }, times)]]);
    await expect(writeTableFile(path, bad)).rejects.toMatchObject({ code: "value_out_of_range" });
    await expect(writeTableFile(path, tableOf([["s", vectorFromArray([], new Struct([]))]]))).rejects.toMatchObject({
      code: "type_mismatch",
    });
    expect([...columnOf(await readTableFile(path, { types }), "id")]).toEqual([1n, 2n, null]);
    expect(await readdir(own)).toEqual(["kept.csv"]);
  });

  it("by two at once", async () => {
    const path = join(folder, "race/file.parquet");
    await Promise.all(Array.from({ length: 4 }, () => writeTableFile(path, table)));
    expect((await readTableFile(path)).numRows).toBe(3);
    expect(await readdir(join(folder, "race"))).toEqual(["file.parquet"]);
  });

  it("a folder of that name is left alone", async () => {
    const path = join(folder, "taken.csv");
    await mkdir(path);
    await expect(writeTableFile(path, table)).rejects.toMatchObject({
      code: "file_unreadable",
      message: expect.stringContaining(path),
    });
    expect((await readdir(folder)).filter((name) => name.includes("taken"))).toEqual(["taken.csv"]);
  });
});
