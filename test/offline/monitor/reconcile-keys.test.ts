// Keys as a reconciliation has them: ids and values, samples by hash, keys of several views side by side.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairedKeys, sampled, valuesOfId } from "../../../offline/monitor/reconcile-keys.ts";
import { keyId } from "../../../sdk/rows/index.ts";
import { parseTypeName } from "../../../sdk/types/index.ts";

describe("ids", () => {
  it("come back as the values that they were made of", () => {
    const [text, long, int] = ["string", "int64", "int32"].map(parseTypeName) as [any, any, any];
    const values = fc.tuple(
      fc.string({ unit: "grapheme", maxLength: 20 }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    );
    fc.assert(
      fc.property(values, (key) => {
        expect(valuesOfId([text, long, int], keyId(key))).toEqual(key);
        expect(valuesOfId([text], keyId([key[0]]))).toEqual([key[0]]);
      }),
    );
    expect(valuesOfId([], keyId([]))).toEqual([]);
  });
});

describe("a sample", () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `key${i}`);

  it("is the same whatever order the keys come in, and grows without losing any", () => {
    const tenth = sampled(ids, { by: "part", part: 0.1 });
    expect(sampled(ids.toReversed(), { by: "part", part: 0.1 }).toSorted()).toEqual(tenth.toSorted());
    expect([tenth.length > 60, tenth.length < 150]).toEqual([true, true]);
    const third = new Set(sampled(ids, { by: "part", part: 0.3 }));
    expect(tenth.every((id) => third.has(id))).toBe(true);
    const fifty = sampled(ids, { by: "keys", keys: 50 });
    expect([fifty.length, fifty.every((id) => tenth.includes(id))]).toEqual([50, true]);
    expect(sampled(ids, { by: "keys", keys: 5_000 }).length).toBe(1_000);
    expect(sampled(ids, { by: "part", part: 1 }).length).toBe(1_000);
    expect(sampled(ids, { by: "all" })).toEqual(ids);
  });
});

describe("keys of views with different ones", () => {
  const column = (name: string) => ({ name, type: parseTypeName("string"), slot: -1 });
  const [a, b, c] = [column("a"), column("b"), column("c")];

  it("stand side by side, the shorter list from its beginning again", () => {
    const pairs = {
      columns: [a, b],
      keys: [
        ["a1", "b1"],
        ["a2", "b2"],
        ["a3", "b3"],
      ],
    };
    const single = { columns: [c], keys: [["c1"], ["c2"]] };
    expect(pairedKeys([c, a, b], [single, pairs])).toEqual([
      ["c1", "a1", "b1"],
      ["c2", "a2", "b2"],
      ["c1", "a3", "b3"],
    ]);
    expect(pairedKeys([c, a, b], [{ ...single, keys: [] }, pairs])).toEqual([]);
    expect(pairedKeys([], [{ columns: [], keys: [[]] }])).toEqual([[]]);
  });
});
