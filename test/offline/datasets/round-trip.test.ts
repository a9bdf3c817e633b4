// SEMANTICS 6: every type survives being written and read, in every format, to the bit.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arrowTypeOf,
  columnOf,
  columnReader,
  type DatasetFormat,
  tableOf,
  valueTypeOfArrow,
  vectorFromValues,
} from "../../../offline/datasets/index.ts";
import { readTable, writeTable } from "../../../offline/datasets/files.ts";
import { typeName, type Value, type ValueType } from "../../../sdk/types/index.ts";
import { bits, rowsOf, TYPES } from "./values.ts";

function valuesIn(table: Awaited<ReturnType<typeof readTable>>, name: string, type: ValueType): (Value | null)[] {
  const read = columnReader(columnOf(table, name), type, { column: name });
  return Array.from({ length: table.numRows }, (_, row) => read(row));
}

async function backFrom(format: DatasetFormat, type: ValueType, rows: (Value | null)[]): Promise<(Value | null)[]> {
  const table = tableOf([
    ["row", vectorFromValues({ kind: "int32" }, rows.keys())],
    ["x", vectorFromValues(type, rows)],
  ]);
  const bytes = await writeTable(table, format);
  const back = await readTable(bytes, format, { columns: ["x"], types: { x: type } });
  expect(back.numRows).toBe(rows.length);
  return valuesIn(back, "x", type);
}

describe("6 an Arrow column holds exactly the values it was built from", () => {
  it.each(TYPES.map((type) => [typeName(type), type] as const))("%s", (_, type) => {
    expect(valueTypeOfArrow(arrowTypeOf(type))).toEqual(type);
    fc.assert(
      fc.property(rowsOf(type), (rows) => {
        const read = columnReader(vectorFromValues(type, rows), type, { column: "x" });
        expect(rows.map((_, row) => bits(read(row)))).toEqual(rows.map(bits));
      }),
      { numRuns: 30 },
    );
  });
});

describe.each(["parquet", "arrow", "arrow-stream", "csv", "jsonl"] as const)("6 a type survives %s", (format) => {
  it.each(TYPES.map((type) => [typeName(type), type] as const))("%s", async (_, type) => {
    await fc.assert(
      fc.asyncProperty(rowsOf(type, { textTimes: format === "csv" || format === "jsonl" }), async (rows) => {
        expect((await backFrom(format, type, rows)).map(bits)).toEqual(rows.map(bits));
      }),
      { numRuns: 12, examples: [[[]], [[null]], [[null, null]]] },
    );
  });
});

it("a CSV of one column keeps its nulls, its empty texts and their order", async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf({ kind: "string" }), async (rows) => {
      const bytes = await writeTable(tableOf([["x", vectorFromValues({ kind: "string" }, rows)]]), "csv");
      expect(valuesIn(await readTable(bytes, "csv"), "x", { kind: "string" })).toEqual(rows);
    }),
    { numRuns: 50 },
  );
});

it("a table of many batches and row groups keeps every row in its place", async () => {
  const rows = 300_000;
  const table = tableOf([
    [
      "id",
      vectorFromValues(
        { kind: "int64" },
        Array.from({ length: rows }, (_, i) => (i % 11 === 0 ? null : BigInt(i))),
      ),
    ],
    [
      "name",
      vectorFromValues(
        { kind: "string" },
        Array.from({ length: rows }, (_, i) => (i % 7 === 0 ? null : `é${i}`)),
      ),
    ],
  ]);
  for (const format of ["parquet", "arrow", "arrow-stream"] as const) {
    const back = await readTable(await writeTable(table.slice(1000), format), format);
    const id = columnReader(columnOf(back, "id"), { kind: "int64" }, { column: "id" });
    const name = columnReader(columnOf(back, "name"), { kind: "string" }, { column: "name" });
    const wrong = Array.from({ length: rows - 1000 }, (_, row) => row).filter((row) => {
      const i = row + 1000;
      return id(row) !== (i % 11 === 0 ? null : BigInt(i)) || name(row) !== (i % 7 === 0 ? null : `é${i}`);
    });
    expect([format, back.numRows, wrong.slice(0, 3)]).toEqual([format, rows - 1000, []]);
  }
});
