// Equal content, equal name: SEMANTICS 7.1.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, hashOf } from "../../../sdk/registry/index.ts";

describe("7.1 canonical JSON", () => {
  it.each<[value: unknown, text: string]>([
    [{}, "{}"],
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [{ b: { d: 1, c: [{ z: null, y: true }] }, a: "é" }, '{"a":"é","b":{"c":[{"y":true,"z":null}],"d":1}}'],
    [{ a: undefined, b: null }, '{"b":null}'],
    [[3, 1, 2], "[3,1,2]"],
    [[undefined, null], "[null,null]"],
    [{ "10": 1, "9": 2, B: 3, a: 4 }, '{"10":1,"9":2,"B":3,"a":4}'],
    ['a"b', '"a\\"b"'],
    [null, "null"],
    [1.5, "1.5"],
    [JSON.parse('{"__proto__":1,"a":2}'), '{"__proto__":1,"a":2}'],
  ])("of %j is %s", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(fc.constantFrom(null, true, false, ""), fc.integer(), fc.string()),
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: "grapheme-ascii", maxLength: 3 }), tie("tree"), {
        maxKeys: 5,
        noNullPrototype: true,
      }),
    ),
  }));
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([k, v]) => [k, reversed(v)]),
    );
  };

  it("does not show the order of members, and is read back", () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
      }),
    );
  });

  it("is one text for equal values only", () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(canonicalJson(a) === canonicalJson(b)).toBe(same);
      }),
    );
  });
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    return Object.entries(value)
      .map(([k, v]) => [k, sorted(v)])
      .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1))
      .concat([["object"]]);
  };

  it("its hash is SHA-256 of its UTF-8 bytes", () => {
    expect(hashOf({})).toBe("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    const expected = createHash("sha256").update('{"a":"é😀","b":1}').digest("hex");
    expect(hashOf({ b: 1, a: "é😀" })).toBe(`sha256:${expected}`);
  });
});
