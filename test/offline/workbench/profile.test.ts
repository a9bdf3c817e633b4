// Distributions: every value is counted once, whatever the column holds.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnReader, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type ColumnProfile, DISTINCT, profileColumn } from "../../../offline/workbench/session/profile.ts";
import { typeName, type Value, type ValueType } from "../../../sdk/types/index.ts";

function profile(type: ValueType, values: readonly (Value | null)[]): ColumnProfile {
  const read = columnReader(vectorFromValues(type, values), type, { column: "x" });
  return profileColumn("x", type, typeName(type), read, values.length);
}

describe("profileColumn", () => {
  it("puts every finite number in one bin, and counts the rest", () => {
    const number = fc.oneof(fc.double(), fc.integer({ min: -5, max: 5 }), fc.constantFrom(Number.NaN, Infinity));
    fc.assert(
      fc.property(fc.array(fc.option(number)), (values) => {
        const found = profile({ kind: "float64" }, values);
        const finite = values.filter((v): v is number => v !== null && Number.isFinite(v));
        expect(found.nulls).toBe(values.filter((v) => v === null).length);
        if (finite.length === 0) {
          expect(found.kind).toBe("empty");
          return;
        }
        if (found.kind !== "number") throw new Error(found.kind);
        expect(found.bins.reduce((sum, { n }) => sum + n, 0)).toBe(finite.length);
        expect(found.bins.length).toBeLessThanOrEqual(64);
        expect([found.min, found.max]).toEqual([Math.min(...finite), Math.max(...finite)]);
        expect(found.notFinite + found.nulls + finite.length).toBe(values.length);
      }),
    );
  });

  it("gives few integers a bin each, in the middle of which they are", () => {
    const found = profile({ kind: "int64" }, [0n, 1n, 1n, null, 3n]);
    expect(found).toMatchObject({
      kind: "number",
      bins: [
        { x1: -0.5, x2: 0.5, n: 1 },
        { x1: 0.5, x2: 1.5, n: 2 },
        { x1: 1.5, x2: 2.5, n: 0 },
        { x1: 2.5, x2: 3.5, n: 1 },
      ],
    });
  });

  it("counts categories, the most frequent first, an empty text among them", () => {
    expect(profile({ kind: "string" }, ["b", "", "b", null, "a"])).toEqual({
      kind: "category",
      column: "x",
      type: "string",
      rows: 5,
      nulls: 1,
      top: [
        { value: "b", n: 2 },
        { value: "", n: 1 },
        { value: "a", n: 1 },
      ],
      others: 0,
      distinct: 3,
    });
  });

  it("stops counting different texts at a bound, and loses no row by it", () => {
    const values = Array.from({ length: DISTINCT + 50 }, (_, i) => `id ${i}`);
    const found = profile({ kind: "string" }, values);
    if (found.kind !== "category") throw new Error(found.kind);
    expect(found.distinct).toBe(DISTINCT + 1);
    expect(found.top.reduce((sum, { n }) => sum + n, 0) + found.others).toBe(values.length);
  });

  it.each<[string, ValueType, (Value | null)[], ColumnProfile["kind"]]>([
    ["times", { kind: "timestamp" }, [0n, 86_400_000_000n], "time"],
    ["decimals", { kind: "decimal", precision: 10, scale: 2 }, ["1.50", "2.00"], "number"],
    ["booleans", { kind: "bool" }, [true, false, null], "category"],
    ["vectors", { kind: "vector", dimension: 2 }, [Float32Array.of(1, 2)], "opaque"],
    ["nothing but nulls", { kind: "bytes" }, [null, null], "empty"],
    ["one value again and again", { kind: "float64" }, [7, 7, 7], "number"],
  ])("tells %s by their kind", (_what, type, values, kind) => {
    expect(profile(type, values).kind).toBe(kind);
  });
});
