// Three million real flights: the dataset of the demo, read whole.
import { join } from "node:path";
import { expect, it } from "vitest";
import { columnOf, columnReader } from "../../../offline/datasets/index.ts";
import { readSchemaFile, readTableFile } from "../../../offline/datasets/files.ts";
import { formatTime } from "../../../sdk/time.ts";
import type { ValueType } from "../../../sdk/types/index.ts";

const path = join(import.meta.dirname, "../../../node_modules/vega-datasets/data/flights-3m.parquet");

it("flights-3m.parquet has the columns and the range that the demo counts on", async () => {
  const schema = await readSchemaFile(path);
  expect(schema.rows).toBe(3_000_000);
  expect(schema.columns.map(({ name, arrow }) => [name, String(arrow)])).toEqual([
    ["date", "Timestamp<MICROSECOND>"],
    ["delay", "Int64"],
    ["distance", "Int64"],
    ["origin", "LargeUtf8"],
    ["destination", "LargeUtf8"],
  ]);
  const table = await readTableFile(path, { columns: ["origin", "delay", "date"] });
  expect(table.numRows).toBe(3_000_000);
  const range = <T extends bigint | string>(column: string, type: ValueType): [T, T] => {
    const read = columnReader(columnOf(table, column), type, { column });
    let low = read(0) as T;
    let high = low;
    for (let row = 1; row < table.numRows; row++) {
      const value = read(row);
      if (value === null) throw new Error(`null in ${column}`);
      if ((value as T) < low) low = value as T;
      if ((value as T) > high) high = value as T;
    }
    return [low, high];
  };
  expect(range<bigint>("date", { kind: "timestamp" }).map(formatTime)).toEqual([
    "2001-01-01T00:01:00Z",
    "2001-07-01T00:00:00Z",
  ]);
  expect(range<bigint>("delay", { kind: "int64" })).toEqual([-1116n, 1688n]);
  expect(range<string>("origin", { kind: "string" })).toEqual(["ABE", "YAK"]);
}, 60_000);
