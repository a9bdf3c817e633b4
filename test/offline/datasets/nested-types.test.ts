// Dictionaries of anything, and nested columns, as pyarrow writes them: read in every format, and written again in each.
import { join } from "node:path";
import type { Vector } from "apache-arrow";
import { describe, expect, it } from "vitest";
import {
  columnOf,
  columnReader,
  countFinerThanUs,
  type DatasetFormat,
  valueTypeOfArrow,
} from "../../../offline/datasets/index.ts";
import { readTable, readTableFile, writeTable } from "../../../offline/datasets/files.ts";
import { typeName, type Value, type ValueType } from "../../../sdk/types/index.ts";
import { bits } from "./values.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/arrow-types");
const floats = (...values: number[]) => Float32Array.from(values);

/** Column, its type, its three rows. */
const COLUMNS: [column: string, type: string, rows: (Value | null)[]][] = [
  ["dictionary_int", "int64", [7n, -7n, null]],
  ["dictionary_large", "string", ["a", "b", null]],
  ["dictionary_time", "timestamp", [2n, 2n, null]],
  ["list_of_dictionary", "list<string>", [["a", "b"], [], null]],
  ["list_of_ns", "list<timestamp>", [[2n, 2n], [], null]],
  ["list_of_ms", "list<timestamp>", [[1000n, 2000n], [], null]],
  ["list_of_vectors", "list<vector(2)>", [[floats(1, 2), floats(3, 4)], [], null]],
  ["vector_double", "list<float64>", [[1, 2], [0.1, 3], null]],
  ["large_list_of_lists", "list<list<int32>>", [[[1], []], [], null]],
];

function expectRows(column: Vector, type: ValueType, rows: readonly (Value | null)[]) {
  const read = columnReader(column, type, { column: "x", round: "up" });
  expect(rows.map((_, row) => bits(read(row)))).toEqual(rows.map(bits));
}

describe.each(["nested.arrow", "nested.parquet"])("%s", (file) => {
  it.each(COLUMNS)("%s is %s", async (name, type, rows) => {
    const table = await readTableFile(join(fixtures, file), { columns: [name] });
    const column = columnOf(table, name);
    const valueType = valueTypeOfArrow(column.type) as ValueType;
    expect(typeName(valueType)).toBe(type);
    expectRows(column, valueType, rows);
  });

  it.each<DatasetFormat>(["parquet", "arrow", "arrow-stream", "csv", "jsonl"])(
    "is written as %s and read back",
    async (format) => {
      const table = await readTableFile(join(fixtures, file));
      const types = Object.fromEntries(
        COLUMNS.map(([name]) => [name, valueTypeOfArrow(columnOf(table, name).type) as ValueType]),
      );
      const back = await readTable(await writeTable(table, format), format, { types });
      expect(back.numRows).toBe(3);
      for (const [name, , rows] of COLUMNS) {
        // Text has lists of times as it has any: to the microsecond, which reading them has cut off.
        const cut = name === "list_of_ns" && (format === "csv" || format === "jsonl");
        expectRows(columnOf(back, name), types[name] as ValueType, cut ? [[1n, 2n], [], null] : rows);
      }
    },
  );

  it("a dictionary of times keeps the digits that rounding counts", async () => {
    const column = columnOf(await readTableFile(join(fixtures, file)), "dictionary_time");
    expect([String(column.type), countFinerThanUs(column)]).toEqual(["Timestamp<NANOSECOND>", 1]);
  });
});
