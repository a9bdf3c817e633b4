// Numbers of keys: equal for equal keys, whatever their layout; never for different ones.
import { Dictionary, Int32, makeVector, Utf8, Vector, vectorFromArray } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vectorFromValues } from "../../../offline/datasets/index.ts";
import { KeyNumbers } from "../../../offline/join/key-numbers.ts";
import type { ValueType } from "../../../sdk/types/index.ts";
import { integers, orNull, texts } from "../../support/histories.ts";

const TEXT: ValueType = { kind: "string" };
const INT: ValueType = { kind: "int64" };

/** Numbers as the definition reads: the first of a key that is met says its number. */
function plainly(known: string[], keys: readonly (readonly unknown[])[], grow: boolean): number[] {
  return keys.map((key) => {
    if (key.includes(null)) return -1;
    const text = JSON.stringify(key.map(String));
    if (grow && !known.includes(text)) known.push(text);
    return known.indexOf(text);
  });
}

describe("key numbers", () => {
  const keys = fc.array(fc.tuple(orNull(texts), orNull(integers), orNull(texts)), { maxLength: 80 });

  it.each([
    ["one integer", [INT], [1]],
    ["one text", [TEXT], [0]],
    ["a text and an integer", [TEXT, INT], [0, 1]],
    ["three parts", [TEXT, INT, TEXT], [0, 1, 2]],
  ] as const)("tell keys of %s apart, and find them again in other tables", (_, types, columns) => {
    fc.assert(
      fc.property(keys, keys, (first, second) => {
        const numbers = new KeyNumbers(types);
        const known: string[] = [];
        for (const [rows, grow] of [
          [first, true],
          [second, false],
        ] as const) {
          const picked = rows.map((row) => columns.map((c) => row[c] ?? null));
          const vectors = types.map((type, i) =>
            vectorFromValues(
              type,
              picked.map((row) => row[i] as never),
            ),
          );
          expect([...numbers.number(vectors, rows.length, grow)]).toEqual(plainly(known, picked, grow));
          expect(numbers.count).toBe(known.length);
        }
      }),
    );
  });

  it("of a hundred thousand keys are as many", () => {
    const n = 100_000;
    const ids = Array.from({ length: n }, (_, i) => BigInt(i) * 4_294_967_296n + BigInt(i % 3));
    const names = ids.map((id) => `user ${id}`);
    for (const [type, column] of [
      [INT, vectorFromValues(INT, ids)],
      [TEXT, vectorFromValues(TEXT, names)],
    ] as const) {
      const numbers = new KeyNumbers([type]);
      for (const grow of [true, false]) {
        expect(numbers.number([column], n, grow).findIndex((number, i) => number !== i)).toBe(-1);
      }
      expect(numbers.count).toBe(n);
    }
  });

  it("are the same for other widths and layouts, and over several chunks", () => {
    const numbers = new KeyNumbers([INT]);
    expect([...numbers.number([vectorFromValues(INT, [7n, -1n, 7n])], 3, true)]).toEqual([0, 1, 0]);
    expect([...numbers.number([makeVector(Int32Array.of(-1, 7, 3))], 3, false)]).toEqual([1, 0, -1]);
    const names = new KeyNumbers([TEXT]);
    const chunks = new Vector(["b", null, "a", "é"].flatMap((value) => vectorFromValues(TEXT, [value]).data));
    expect([...names.number([chunks], 4, true)]).toEqual([0, -1, 1, 2]);
    const sliced = vectorFromValues(TEXT, ["zz", "a", null, "b", "é"]).slice(1, 4);
    expect([...names.number([sliced], 3, false)]).toEqual([1, -1, 0]);
    expect([...numbers.number([vectorFromValues(INT, [3n, null, 7n, -1n]).slice(1)], 3, false)]).toEqual([-1, 0, 1]);
    const encoded = vectorFromArray(["é", "b", "zz", null], new Dictionary(new Utf8(), new Int32()));
    expect([...names.number([encoded], 4, false)]).toEqual([2, 0, -1, -1]);
  });

  it("without join keys every row has the one key", () => {
    const numbers = new KeyNumbers([]);
    expect([...numbers.number([], 3, true)]).toEqual([0, 0, 0]);
    expect(numbers.count).toBe(1);
  });
});
