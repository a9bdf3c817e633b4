// Gathered columns, the fast way for plain memory, against reading value by value: every type, chunks, slices, nulls, defaults.
import { type Data, Vector, tableFromIPC, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnReader, tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { gather } from "../../../offline/join/gather.ts";
import { typeName, type Value, type ValueType } from "../../../sdk/types/index.ts";
import { bits, TYPES, valuesOf } from "../datasets/values.ts";

/** A column in two chunks, each a slice of a longer one: what files and filters give. */
function chunked(type: ValueType, values: (Value | null)[], cut: number): Vector {
  const whole = vectorFromValues(type, [null, ...values, null]);
  const parts = [whole.slice(1, 1 + cut), whole.slice(1 + cut, 1 + values.length)];
  return new Vector(parts.flatMap((part) => part.data));
}

const readAll = (column: Vector, type: ValueType) => {
  const read = columnReader(column, type, { column: "x" });
  return Array.from({ length: column.length }, (_, row) => read(row));
};

describe("gathering rows", () => {
  it.each(TYPES.map((type) => [typeName(type), type] as const))("gives the values, %s", (_, type) => {
    const values = fc.array(fc.option(valuesOf(type), { nil: null }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        values,
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.option(valuesOf(type)),
        (given, at, picks, fallback) => {
          const column = chunked(type, given, at % given.length);
          const rows = Int32Array.from(picks, (n) => (n % (given.length + 1)) - 1);
          const read = columnReader(column, type, { column: "x" });
          const expected = Array.from(rows, (row) => (row < 0 ? null : read(row)) ?? fallback);
          const gathered = gather(column, type, rows, fallback, "x");
          expect(bits(readAll(gathered, type))).toStrictEqual(bits(expected));
          expect(gathered.nullCount).toBe(expected.filter((value) => value === null).length);
          // What is written to a file is the same: the memory is laid out as Arrow has it.
          const written = tableFromIPC(tableToIPC(tableOf([["x", gathered]]), "stream")).getChildAt(0) as Vector;
          expect(bits(readAll(written, type))).toStrictEqual(bits(expected));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps the bits of a NaN", () => {
    const payload = new Float64Array(BigUint64Array.of(0x7ff8_0000_0000_0abcn).buffer);
    const column = new Vector(vectorFromValues({ kind: "float64" }, [0]).data);
    ((column.data[0] as Data).values as Float64Array).set(payload);
    const gathered = gather(column, { kind: "float64" }, Int32Array.of(0), null, "x");
    const { buffer, byteOffset } = (gathered.data[0] as Data).values as Float64Array;
    expect(new BigUint64Array(buffer, byteOffset, 1)[0]).toBe(0x7ff8_0000_0000_0abcn);
  });

  it("reads a narrower column as the declared type", () => {
    const narrow = vectorFromValues({ kind: "int32" }, [1, null, 3]);
    expect(
      readAll(gather(narrow, { kind: "int64" }, Int32Array.of(2, 1, 0), null, "x"), { kind: "int64" }),
    ).toStrictEqual([3n, null, 1n]);
  });
});
