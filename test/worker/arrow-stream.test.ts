// Our Arrow streams as Arrow's own library and another read them: every type, every value, nulls where they were.
import { tableFromIPC as flechetteTable } from "@uwdata/flechette";
import { tableFromIPC } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnReader } from "../../offline/datasets/read-column.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { type ArrowColumn, arrowStream } from "../../worker/serve/arrow/stream.ts";
import { bitsOf, valuesOf, valueTypes } from "../support/values.ts";

const columnsOf = fc.integer({ min: 0, max: 20 }).chain((rows) =>
  fc.array(
    fc.constantFrom(...valueTypes.filter(isServed)).chain((type) =>
      fc.record({
        name: fc.string({ unit: "grapheme", maxLength: 5 }),
        type: fc.constant(type),
        values: fc.array(fc.option(valuesOf(type)), { minLength: rows, maxLength: rows }),
      }),
    ),
    { minLength: 1, maxLength: 5 },
  ),
);

function isServed(type: ValueType): boolean {
  return type.kind !== "list" || type.of.kind !== "vector";
}

const named = (columns: readonly ArrowColumn[]) =>
  columns.map((column, i) => ({ ...column, name: `${i}${column.name}` }));

describe("an Arrow stream", () => {
  it("6 is read back by apache-arrow to the bit", () => {
    fc.assert(
      fc.property(columnsOf, fc.string({ unit: "binary" }), (given, text) => {
        const columns = named(given);
        const table = tableFromIPC(arrowStream(columns, { edgefeat: text, other: "" }));
        expect(table.schema.metadata.get("edgefeat")).toBe(text);
        expect(table.schema.fields.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
        for (const [i, { values, type }] of columns.entries()) {
          const read = columnReader(table.getChildAt(i) as never, type, { column: "c" });
          expect(values.map((_, row) => bitsOf(read(row)))).toEqual(values.map(bitsOf));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("is taken by flechette, with as many rows and nulls", () => {
    fc.assert(
      fc.property(columnsOf, (given) => {
        const columns = named(given);
        const table = flechetteTable(arrowStream(columns, {}), { useBigInt: true });
        expect(table.names).toEqual(columns.map(({ name }) => name));
        for (const [i, { values }] of columns.entries()) {
          const read = [...table.getChildAt(i)];
          expect(read.map((value) => value === null)).toEqual(values.map((value) => value === null));
        }
      }),
    );
  });
});
