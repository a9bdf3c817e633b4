// Arrow IPC: files and streams, whole or refused.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Dictionary, Int32, Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { columnOf, tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { readSchema, readTable, writeTable } from "../../../offline/datasets/files.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";

const fixture = (name: string) => readFile(join(import.meta.dirname, "../../fixtures/arrow-types", name));
const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) =>
      error instanceof EdgefeatError ? `${error.code}: ${error.message}` : `not ours: ${String(error)}`,
  );

const small = tableOf([
  ["id", vectorFromValues({ kind: "int64" }, [1n, null, 3n])],
  ["name", vectorFromValues({ kind: "string" }, ["a", null, "c"])],
  ["tags", vectorFromValues({ kind: "list", of: { kind: "string" } }, [["x"], [], null])],
]);

it.each(["arrow", "arrow-stream"] as const)("%s: read under either name", async (format) => {
  const bytes = await writeTable(small, format);
  for (const name of ["arrow", "arrow-stream"] as const) {
    const table = await readTable(bytes, name, { columns: ["name", "id"] });
    expect(table.schema.fields.map((field) => field.name)).toEqual(["name", "id"]);
    expect([...columnOf(table, "id")]).toEqual([1n, null, 3n]);
  }
  expect(await readSchema(bytes, format)).toMatchObject({ rows: 3 });
});

it.each(["arrow", "arrow-stream"] as const)("%s: cut off anywhere, it is refused", async (format) => {
  const bytes = await writeTable(small, format);
  const read: number[] = [];
  for (let length = 0; length < bytes.length; length++) {
    const outcome = await errorOf(readTable(bytes.slice(0, length), format));
    if (!outcome.startsWith("file_unreadable")) read.push(length);
  }
  expect(read).toEqual([]);
});

it.each(["arrow", "arrow-stream"] as const)(
  "%s: metadata is written and read, and no other is handed on",
  async (format) => {
    const metadata = new Map([["edgefeat", "é\n"]]);
    const bytes = await writeTable(small, format, { metadata });
    expect((await readSchema(bytes, format)).metadata).toEqual(metadata);
    const again = await writeTable(await readTable(bytes, format), format);
    expect((await readSchema(again, format)).metadata).toEqual(new Map());
  },
);

it.each<[what: string, bytes: () => Promise<Uint8Array>, message: RegExp]>([
  ["LZ4", () => fixture("lz4.feather"), /compressed/],
  ["Feather version 1", () => fixture("version1.feather"), /Feather version 1/],
  ["a Parquet file", () => fixture("types.parquet"), /starts with "PAR1/],
  ["text", async () => new TextEncoder().encode("a,b,c\n1,2,3\n4,5,6\n"), /it is text, perhaps CSV/],
  ["nothing", async () => new Uint8Array(0), /empty/],
])("%s is refused", async (_, bytes, message) => {
  const outcome = await errorOf(readTable(await bytes(), "arrow", { name: "x.arrow" }));
  expect(outcome).toMatch(/^file_unreadable: x\.arrow can't be read as Arrow IPC: /);
  expect(outcome).toMatch(message);
});

it("two columns of a name are refused", async () => {
  expect(await errorOf(readTable(await fixture("duplicate.feather"), "arrow"))).toMatch(/^duplicate_column/);
});

it("zstd is read", async () => {
  expect([...columnOf(await readTable(await fixture("zstd.feather"), "arrow"), "int64")]).toEqual([
    -(2n ** 63n),
    2n ** 63n - 1n,
    null,
  ]);
});

it("views and dictionaries become plain columns, other types stay", async () => {
  const raw = tableFromIPC(await fixture("types.arrow"));
  const table = await readTable(await fixture("types.arrow"), "arrow");
  const changed = raw.schema.fields
    .map(({ name, type }, i) => [name, String(type), String(table.schema.fields[i]?.type)])
    .filter(([, before, after]) => before !== after);
  expect(changed).toEqual([
    ["string_view", "Utf8View", "Utf8"],
    ["dictionary", "Dictionary<Int32, Utf8>", "Utf8"],
    ["binary_view", "BinaryView", "Binary"],
  ]);
});

it("batches whose dictionaries differ are written to every format", async () => {
  const encoded = (values: string[]) => {
    const column = vectorFromArray(values, new Dictionary(new Utf8(), new Int32(), 7));
    return tableOf([["s", column]]);
  };
  const table = encoded(["a", "b"]).concat(encoded(["c", "a"]));
  for (const format of ["arrow", "arrow-stream", "parquet", "csv"] as const) {
    expect([...columnOf(await readTable(await writeTable(table, format), format), "s")]).toEqual(["a", "b", "c", "a"]);
  }
});

it("a table without batches keeps its columns", async () => {
  const bytes = tableToIPC(new Table(small.schema), "file");
  const table = await readTable(bytes, "arrow");
  expect([table.numRows, String(table.schema)]).toEqual([0, String(small.schema)]);
  expect(columnOf(table, "tags").data[0]?.children).toHaveLength(1);
});

describe("buffers that point outside each other are refused", () => {
  it.each([
    ["past the end", Int32Array.of(0, 1, 9)],
    ["backwards", Int32Array.of(0, 2, 1)],
    ["before the start", Int32Array.of(-1, 1, 2)],
  ])("offsets %s", async (_, valueOffsets) => {
    // As a file can say it: written well, then overwritten.
    const good = tableOf([["s", vectorFromValues({ kind: "string" }, ["a", "b"])]]);
    const bytes = tableToIPC(good, "stream");
    const at = Buffer.from(bytes).lastIndexOf(Buffer.from(Int32Array.of(0, 1, 2).buffer));
    bytes.set(new Uint8Array(valueOffsets.buffer), at);
    expect(await errorOf(readTable(bytes, "arrow-stream"))).toMatch(/^file_unreadable: .*offsets point outside/);
  });
});

it("bytes overwritten anywhere either leave a file or an error of ours", async () => {
  const outcomes = new Set<string>();
  for (const whole of [await fixture("types.arrow"), await fixture("types.arrows")]) {
    for (let seed = 1; seed <= 1500; seed++) {
      const bytes = new Uint8Array(whole);
      const at = (seed * 7919) % bytes.length;
      bytes.fill(seed % 256, at, at + (seed % 9) + 1);
      outcomes.add((await errorOf(readTable(bytes, "arrow"))).replace(/:.*/s, ""));
    }
  }
  expect([...outcomes].filter((outcome) => outcome.startsWith("not ours"))).toEqual([]);
  expect(outcomes).toContain("file_unreadable");
});
