// Which shard holds a key, which shards a call asks, and how their answers come together.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { controlKey, keyId, keyPrefix, keySuffix, seenKey } from "../../../sdk/rows/index.ts";
import {
  MAX_SHARDS,
  partsOf,
  readCursor,
  readParts,
  scanCursor,
  shardName,
  shardOf,
  together,
} from "../../../worker/store/shards.ts";
import { anyText } from "../../support/values.ts";

const counts = fc.integer({ min: 1, max: MAX_SHARDS });

describe("the shard of a key", () => {
  // By a plain implementation in another language. Rows are found by it: these must never change.
  it.each<[key: string, of: number[]]>([
    ["", [0, 1, 2, 2, 3, 4]],
    ["a", [0, 0, 0, 0, 0, 0]],
    ["control:default:dev", [0, 1, 1, 2, 2, 3]],
    ["feature:flights:dev:airport:SEA:delays@1", [0, 0, 0, 0, 0, 0]],
    ["feature:flights:dev:user:1:v@1", [0, 1, 1, 2, 2, 3]],
    ["é", [0, 1, 1, 2, 2, 3]],
    ["温度😀", [0, 0, 0, 1, 1, 1]],
  ])("%j is known for every count", (key, of) => {
    expect([1, 2, 3, 4, 5, 6].map((count) => shardOf(key, count))).toEqual(of);
  });

  it("of a companion is its row's", () => {
    fc.assert(
      fc.property(anyText, counts, (key, count) => {
        expect(shardOf(seenKey(key), count)).toBe(shardOf(key, count));
      }),
    );
  });

  it("is one of them", () => {
    fc.assert(
      fc.property(anyText, counts, (key, count) => {
        const index = shardOf(key, count);
        expect(Number.isInteger(index) && index >= 0 && index < count).toBe(true);
      }),
    );
  });

  const ids: readonly (readonly [string, (i: number) => string])[] = [
    ["numbers one after another", (i) => String(i)],
    ["even numbers", (i) => String(2 * i)],
    ["numbers of one length", (i) => String(1_000_000 + i)],
    ["ids that end alike", (i) => `${i}-0000`],
    [
      "two letters",
      (i) => String.fromCharCode(97 + (i % 26), 97 + (Math.floor(i / 26) % 26), 97 + Math.floor(i / 676)),
    ],
    ["text beyond ASCII", (i) => `用户${i}`],
  ];
  it.each(ids.flatMap(([what, id]) => [2, 3, 4, 5, 6].map((count) => [what, count, id] as const)))(
    "spreads %s evenly over %d",
    (_, count, id) => {
      const prefix = keyPrefix({ project: "p", environment: "dev" }, ["user"]);
      const keys = Array.from({ length: 6_000 }, (__, i) => prefix + keyId([id(i)]) + keySuffix("v", 1));
      const held = new Array<number>(count).fill(0);
      for (const key of keys) held[shardOf(key, count)]! += 1;
      const even = keys.length / count;
      // Five deviations of a fair draw.
      for (const rows of held) expect(Math.abs(rows - even)).toBeLessThan(5 * Math.sqrt(even));
    },
  );

  it("names objects so that the first is met under any count", () => {
    expect([0, 1, 5].map(shardName)).toEqual(["store", "store-1", "store-5"]);
  });
});

describe("a call's parts", () => {
  it("hold each item once, in its order, and put answers back in their places", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 50 }), counts, (keys, count) => {
        const parts = partsOf(
          keys,
          keys.map((key) => shardOf(key, count)),
        );
        expect(new Set(parts.map(({ index }) => index)).size).toBe(parts.length);
        for (const { items, places } of parts) {
          expect(items.length).toBeGreaterThan(0);
          expect(places).toEqual(places.toSorted((a, b) => a - b));
        }
        const answers = parts.map(({ index, items }) => items.map((key) => `${index} ${key}`));
        expect(together(parts, answers)).toEqual(keys.map((key) => `${shardOf(key, count)} ${key}`));
      }),
    );
  });
});

describe("where a read goes", () => {
  const controls = ["a", "b", "c", "d"].map((project) => controlKey({ project, environment: "dev" }));
  it("asks no shard for a control record alone, unless it is all that is asked for", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyText, fc.constantFrom(...controls)), { minLength: 1, maxLength: 20 }),
        counts,
        (keys, count) => {
          const parts = readParts(keys, count);
          const rows = keys.filter((key) => !controls.includes(key));
          const needed = new Set((rows.length === 0 ? keys : rows).map((key) => shardOf(key, count)));
          expect(new Set(parts.map(({ index }) => index))).toEqual(needed);
          for (const { index, items } of parts) {
            for (const key of items) {
              const own = shardOf(key, count);
              if (rows.includes(key) || needed.has(own)) expect(index).toBe(own);
            }
          }
          expect(parts.flatMap(({ places }) => places).toSorted((a, b) => a - b)).toEqual([...keys.keys()]);
        },
      ),
    );
  });
});

describe("a scan's cursor", () => {
  it.each<[index: number, inShard: string | null]>([
    [0, null],
    [5, null],
    [0, "feature:p:dev:user:1:v@1"],
    [3, "5:"],
    [2, "é😀"],
  ])("names the shard and the place there: %d, %j", (index, inShard) => {
    expect(readCursor(scanCursor(index, inShard))).toEqual({ index, inShard });
  });

  it.each(["", ":", "x:", "-1:", "10:", "k1", "1"])("%j is none", (cursor) => {
    expect(readCursor(cursor).index).toBeNaN();
  });

  it("of null starts with the first", () => {
    expect(readCursor(null)).toEqual({ index: 0, inShard: null });
  });
});
