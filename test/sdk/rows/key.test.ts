// Keys of the online store: no id can collide with another, or reach into another view's keys (SEMANTICS 3.3).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkId,
  controlKey,
  isControlKey,
  keyId,
  keyPrefix,
  keySuffix,
  type KeySpace,
  materializationKey,
  MAX_ID_BYTES,
  snapshotKey,
  splitRowKey,
} from "../../../sdk/rows/index.ts";
import type { Value } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { anyText } from "../../support/values.ts";

const space: KeySpace = { project: "flights", environment: "dev" };

/** Ids made to look like parts of keys. */
const hostile = fc.oneof(
  fc.constantFrom(
    "",
    "+",
    "a+b",
    ":",
    "a:b",
    "%",
    "%2B",
    "%3A",
    "@1",
    ":v@1",
    "SEA:v@1",
    "feature:",
    "/",
    "..",
    " ",
    "\n",
    "a",
    "b",
  ),
  fc
    .array(fc.constantFrom("a", "+", ":", "@", "%", "1", "2B", "v", "é"), { maxLength: 6 })
    .map((parts) => parts.join("")),
  anyText,
);
const names = fc.constantFrom("a", "b", "v", "ab", "_", "A1");
const parts = fc.constantFrom("p", "p.q", "p-q", "d", "dev");

interface Place {
  project: string;
  environment: string;
  entities: string[];
  ids: (string | bigint)[];
  view: string;
  version: number;
}
const where = {
  project: parts,
  environment: parts,
  view: names,
  version: fc.integer({ min: 1, max: 12 }),
};
const place: fc.Arbitrary<Place> = fc.oneof(
  fc.record({
    ...where,
    entities: fc.array(names, { minLength: 1, maxLength: 2 }),
    ids: fc.array(fc.oneof(hostile, fc.bigInt({ min: -5n, max: 12n })), { minLength: 1, maxLength: 3 }),
  }),
  // A view without entities has one key.
  fc.record({ ...where, entities: fc.constant<string[]>([]), ids: fc.constant<string[]>([]) }),
);
const keyOf = ({ project, environment, entities, ids, view, version }: Place): string =>
  keyPrefix({ project, environment }, entities) + keyId(ids) + keySuffix(view, version);
/** What a key must tell apart: an entity's key type is fixed, so 1 and "1" are one id. */
const identity = ({ ids, ...rest }: Place): string => JSON.stringify({ ...rest, ids: ids.map(String) });

describe("the key of a row", () => {
  it.each<[ids: Value[], key: string]>([
    [["SEA"], "feature:flights:dev:airport:SEA:delays@2"],
    [[""], "feature:flights:dev:airport::delays@2"],
    [[-12n], "feature:flights:dev:airport:-12:delays@2"],
    [[9223372036854775807n], "feature:flights:dev:airport:9223372036854775807:delays@2"],
    [["a+b"], "feature:flights:dev:airport:a%2Bb:delays@2"],
    [["a", "b"], "feature:flights:dev:airport:a+b:delays@2"],
    [["a:b@1/ %é"], "feature:flights:dev:airport:a%3Ab%401%2F%20%25%C3%A9:delays@2"],
    [["", ""], "feature:flights:dev:airport:+:delays@2"],
  ])("of %o", (ids, key) => {
    expect(keyPrefix(space, ["airport"]) + keyId(ids) + keySuffix("delays", 2)).toBe(key);
  });

  it("of a view without entities has no entity and no id", () => {
    const key = keyPrefix(space, []) + keyId([]) + keySuffix("rates", 2);
    expect(key).toBe("feature:flights:dev:::rates@2");
    expect(splitRowKey(key)).toStrictEqual({ prefix: "feature:flights:dev::", id: "", suffix: ":rates@2" });
  });

  it("names every entity of a view that has several", () => {
    expect(keyPrefix(space, ["user", "item"])).toBe("feature:flights:dev:user+item:");
  });

  it("tells apart whatever differs in project, environment, entities, ids, view or version", () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(identity(a) === identity(b));
      }),
      { numRuns: 3000 },
    );
  });

  it("tells apart any two ids, hostile ones too", () => {
    const ids = fc.array(hostile, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        expect(keyId(a) === keyId(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 3000 },
    );
  });

  it("tells apart where one part ends and the next begins", () => {
    const separators = fc.constantFrom("+", ":", "@", "%", "%2B", "");
    const atoms = fc.array(fc.constantFrom("a", "b", ""), { minLength: 3, maxLength: 4 });
    const cuts = fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }));
    fc.assert(
      fc.property(atoms, separators, cuts, (all, by, [i, j]) => {
        const cut = (at: number) => [all.slice(0, at).join(by), all.slice(at).join(by)];
        expect(keyId(cut(i)) === keyId(cut(j))).toBe(JSON.stringify(cut(i)) === JSON.stringify(cut(j)));
        expect(keyId(all) === keyId(cut(i))).toBe(false);
        expect(keyId([all.join(by)]) === keyId(cut(i))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("is no key of any other kind, and the beginning of no other row's", () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const [one, other] = [keyOf(a), keyOf(b)];
        // A version is the only last part, so that only a longer version number could go on from a key.
        if (other.startsWith(one) && one !== other) expect(other.slice(one.length)).toMatch(/^\d+$/);
        for (const key of [controlKey(a), snapshotKey(a, "sha256:00"), materializationKey(a, a.view, a.version)])
          expect(key).not.toBe(other);
      }),
      { numRuns: 1000 },
    );
  });

  it("an id is the part between two colons, and nothing of it is a colon, a plus, or an at sign", () => {
    fc.assert(
      fc.property(hostile, hostile, (id, other) => {
        expect(keyId([id])).toMatch(/^[^:+@/\s]*$/);
        expect(keyId([id, other])).toMatch(/^[^:+@/\s]*\+[^:+@/\s]*$/);
        expect(keyOf({ ...space, entities: ["e"], ids: [id], view: "v", version: 1 }).split(":")).toHaveLength(6);
      }),
    );
  });
});

describe("ids that can't be part of a key", () => {
  it.each<[what: string, id: Value, taken: boolean]>([
    ["1,024 ASCII characters", "x".repeat(MAX_ID_BYTES), true],
    ["one more", "x".repeat(MAX_ID_BYTES + 1), false],
    ["1,024 bytes of two each", "é".repeat(MAX_ID_BYTES / 2), true],
    ["one character more of two bytes", "é".repeat(MAX_ID_BYTES / 2 + 1), false],
    ["1,023 bytes of three each", "€".repeat(341), true],
    ["1,026 bytes of three each", "€".repeat(342), false],
    ["1,024 bytes of surrogate pairs", "😀".repeat(256), true],
    ["four bytes more", "😀".repeat(257), false],
    ["controls and separators, whatever they take once escaped", "\u0000:+@% ".repeat(170), true],
    ["10 MB", "x".repeat(10_000_000), false],
    ["half a surrogate pair", "a\ud800", false],
    ["the other half", "\udc00b", false],
    ["no text at all", "", true],
    ["a number", -(2n ** 63n), true],
  ])("%s", (_, id, taken) => {
    if (taken) {
      expect(() => checkId(id, "origin")).not.toThrow();
      expect(decodeURIComponent(keyId([id]))).toBe(String(id));
      return;
    }
    const fault = faultOf(() => checkId(id, "origin"));
    expect(fault).toMatchObject({ code: "value_out_of_range", message: expect.stringMatching(/^origin: /) });
    expect(fault.message.length).toBeLessThan(100);
    expect(faultOf(() => keyId([id])).code).toBe("value_out_of_range");
    expect(faultOf(() => keyId(["a", id])).code).toBe("value_out_of_range");
  });

  it("each have a bound of their own", () => {
    const longest = "x".repeat(MAX_ID_BYTES);
    expect(keyId([longest, longest])).toBe(`${longest}+${longest}`);
  });

  it("are those above the bound in bytes, and those that are not well-formed", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "é", "€", "😀", "\ud800"), minLength: 200, maxLength: 600 });
    fc.assert(
      fc.property(texts, (id) => {
        const refused = new TextEncoder().encode(id).length > MAX_ID_BYTES || !id.isWellFormed();
        if (refused) expect(() => checkId(id, "id")).toThrow(expect.objectContaining({ code: "value_out_of_range" }));
        else expect(() => checkId(id, "id")).not.toThrow();
      }),
    );
  });
});

describe("the other keys of a project", () => {
  it("are told apart by project, environment and what they hold", () => {
    expect(controlKey(space)).toBe("control:flights:dev");
    expect(
      [controlKey(space), snapshotKey(space, "sha256:00"), materializationKey(space, "control", 2)].map(isControlKey),
    ).toEqual([true, false, false]);
    expect(snapshotKey(space, "sha256:00")).toBe("registry:flights:dev:sha256:00");
    expect(materializationKey(space, "delays", 2)).toBe("materialization:flights:dev:delays@2");
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (a, b, c, d) => {
        const same = a === c && b === d;
        expect(controlKey({ project: a, environment: b }) === controlKey({ project: c, environment: d })).toBe(same);
      }),
    );
  });
});

describe("splitRowKey", () => {
  it("takes every row's key apart where it was put together", () => {
    fc.assert(
      fc.property(
        hostile,
        hostile,
        hostile,
        fc.array(hostile, { minLength: 1, maxLength: 3 }),
        (project, environment, view, ids) => {
          const prefix = keyPrefix(
            { project, environment },
            ids.map((_, i) => `entity${i}`),
          );
          const suffix = keySuffix(view, 3);
          const id = keyId(ids);
          expect(splitRowKey(prefix + id + suffix)).toEqual({ prefix, id, suffix });
        },
      ),
    );
  });
});
