// What is written: row groups of the size asked for, zstd, metadata, and no more in memory than a part.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import initWasm, { Compression, ParquetFile } from "parquet-wasm/esm";
import { beforeAll, expect, it } from "vitest";
import { type DatasetFormat, tableOf, vectorFromTyped } from "../../../offline/datasets/index.ts";
import { encodeTable, readSchema, readTable, writeTable } from "../../../offline/datasets/files.ts";

const wasm = createRequire(import.meta.url).resolve("parquet-wasm/esm/parquet_wasm_bg.wasm");
beforeAll(() => initWasm({ module_or_path: readFileSync(wasm) }));

const ROWS = 300_000;
const table = tableOf([
  [
    "n",
    vectorFromTyped(
      { kind: "int64" },
      BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i)),
    ),
  ],
  [
    "x",
    vectorFromTyped(
      { kind: "float64" },
      Float64Array.from({ length: ROWS }, (_, i) => i / 3),
    ),
  ],
]);

it.each<[rowsPerGroup: number | undefined, groups: number[]]>([
  [undefined, [131_072, 131_072, 37_856]],
  [100_000, [100_000, 100_000, 100_000]],
  [1_000_000, [300_000]],
])("Parquet by row groups of %s", async (rowsPerGroup, groups) => {
  const bytes = await writeTable(table, "parquet", {
    ...(rowsPerGroup === undefined ? {} : { rowsPerGroup }),
    metadata: new Map([["edgefeat", "{}"]]),
  });
  const file = await ParquetFile.fromFile(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const metadata = file.metadata();
  expect(metadata.rowGroups().map((group) => group.numRows())).toEqual(groups);
  expect(metadata.rowGroup(0).column(0).compression()).toBe(Compression.ZSTD);
  expect((await readSchema(bytes, "parquet")).metadata).toEqual(new Map([["edgefeat", "{}"]]));
  expect((await readTable(bytes, "parquet", { columns: ["x"] })).getChildAt(0)?.get(ROWS - 1)).toBe((ROWS - 1) / 3);
});

it.each<DatasetFormat>(["parquet", "csv", "jsonl"])("%s comes in parts", async (format) => {
  const sizes: number[] = [];
  for await (const part of encodeTable(table, format)) sizes.push(part.length);
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  expect(Math.max(...sizes)).toBeLessThan(whole * 0.6);
});

it.each<DatasetFormat>(["arrow", "arrow-stream"])("%s is the table's own memory, not a copy", async (format) => {
  const buffers = new Set(table.batches.flatMap((batch) => batch.data.children.map((child) => child.values.buffer)));
  let shared = 0;
  for await (const part of encodeTable(table, format)) if (buffers.has(part.buffer)) shared += part.length;
  expect(shared).toBe(ROWS * 16);
});

it("stops between two parts", async () => {
  const stopper = new AbortController();
  const parts = encodeTable(table, "csv", { signal: stopper.signal });
  expect((await parts.next()).done).toBe(false);
  stopper.abort();
  await expect(parts.next()).rejects.toMatchObject({ code: "cancelled" });
});
