// The text that a cached row keeps of its values is, to the character, what encoding each value gives.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packStoredRows, type StoredRow, type StoredRows, unpackStoredRows } from "../../sdk/rows/index.ts";
import { parseTypeName, type Value, valueToJson, type ValueType } from "../../sdk/types/index.ts";
import { segmentOf, storedRowDecoder } from "../../worker/serve/served-row.ts";
import { valuesOf, valueTypes } from "../support/values.ts";

const numbers = ["bool", "int32", "int64", "float32", "float64"].map(parseTypeName);

/** Views of a few types, rows that may have pending ones, and some of the features, in any order, with defaults. */
const cases = fc
  .array(fc.oneof(fc.constantFrom(...numbers), fc.constantFrom(...valueTypes)), { minLength: 1, maxLength: 6 })
  .chain((types) =>
    fc.record({
      types: fc.constant(types),
      rows: fc.array(rowOf(types), { minLength: 1, maxLength: 2 }) as unknown as fc.Arbitrary<StoredRows>,
      features: fc.oneof(
        fc.constant(types.map((_, i) => i)),
        fc.shuffledSubarray(
          types.map((_, i) => i),
          { minLength: 1 },
        ),
      ),
      fallbacks: fc.tuple(...types.map((type) => fc.option(valuesOf(type)))),
    }),
  );

function rowOf(types: readonly ValueType[]): fc.Arbitrary<StoredRow> {
  return fc.record({
    eventTimeUs: fc.option(fc.maxSafeInteger()),
    createdTimeUs: fc.option(fc.maxSafeInteger()),
    writtenAtUs: fc.maxSafeInteger(),
    values: fc.tuple(...types.map((type) => fc.option(valuesOf(type)))),
  });
}

describe("a cached row's text", () => {
  it("2.4, 6 equals its values, encoded one by one with their defaults", () => {
    fc.assert(
      fc.property(cases, ({ types, rows, features, fallbacks }) => {
        const defaults = features.map((feature) => fallbacks[feature] as Value | null);
        const text = packStoredRows(types, rows);
        const segment = segmentOf(types, features, defaults);
        const plain = unpackStoredRows(types, text);
        for (const [i, row] of storedRowDecoder(types)(text).entries()) {
          const { values, eventTimeUs } = plain[i] as StoredRow;
          const expected = features.map((feature, f) =>
            valueToJson(types[feature] as ValueType, values[feature] ?? (defaults[f] as Value | null)),
          );
          expect(row.eventTimeUs).toBe(eventTimeUs);
          expect(row.jsonOf(segment)).toBe(expected.join(","));
          expect(row.jsonOf(segmentOf(types, features, defaults))).toBe(expected.join(","));
          expect(row.values).toEqual(values);
          expect(row.jsonOf(segment)).toBe(expected.join(","));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["a text that is no JSON", "[1,2,null,5"],
    ["too few values", "[1,2,null]"],
    ["too many values", "[1,2,null,5,6]"],
    ["a time with a fraction", "[1.5,2,null,5]"],
    ["no list", '{"0":1}'],
    ["a list of texts", '["1","2",null,5]'],
  ])("refuses %s", (_, text) => {
    expect(() => storedRowDecoder([{ kind: "float64" }])(text)).toThrow(
      expect.objectContaining({ code: "row_corrupt" }),
    );
  });

  it.each([
    [{ kind: "int64" }, '"x"'],
    [{ kind: "bytes" }, '"%"'],
    [{ kind: "vector", dimension: 1 }, '"%"'],
  ] as [ValueType, string][])("refuses, when it is read, a value that is no %o", (type, value) => {
    const [row] = storedRowDecoder([type])(`[1,2,null,${value}]`);
    const segment = segmentOf([type], [0], [null]);
    expect(() => row.values).toThrow(expect.objectContaining({ code: "row_corrupt" }));
    expect(() => row.jsonOf(segment)).toThrow(expect.objectContaining({ code: "row_corrupt" }));
  });
});
