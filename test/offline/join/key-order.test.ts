// Rows in the order of their keys and times, against a plain sort; and the search for what was known, against a plain loop.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderByKeyAndTime } from "../../../offline/join/key-order.ts";
import { KnownIndex } from "../../../offline/join/known-index.ts";

const OPEN = { afterUs: null, untilUs: null };
const KEYS = 3;

/** Long enough for several merges, and with runs that are in order already. */
const rows = fc
  .array(fc.record({ kid: fc.integer({ min: -1, max: KEYS - 1 }), t: fc.integer({ min: -50, max: 50 }) }), {
    maxLength: 400,
    size: "max",
  })
  .chain((all) =>
    fc.constantFrom(
      all,
      [...all].sort((a, b) => a.t - b.t),
      [...all].sort((a, b) => b.t - a.t),
    ),
  );

describe("rows by key and time", () => {
  it("are those of a stable sort, without keys −1 and without times outside the range", () => {
    fc.assert(
      fc.property(
        rows,
        fc.constantFrom<[number | null, number | null]>([null, null], [-10, 20], [null, 0], [0, null]),
        (all, [after, until]) => {
          const range = {
            afterUs: after === null ? null : BigInt(after),
            untilUs: until === null ? null : BigInt(until),
          };
          const kids = Int32Array.from(all, ({ kid }) => kid);
          const order = orderByKeyAndTime(
            kids,
            KEYS,
            Float64Array.from(all, ({ t }) => t),
            range,
          );
          const expected = all
            .map((row, number) => ({ ...row, number }))
            .filter(({ kid, t }) => kid >= 0 && t > (after ?? -Infinity) && t <= (until ?? Infinity))
            .sort((a, b) => a.kid - b.kid || a.t - b.t || a.number - b.number);
          expect([...order.rows]).toStrictEqual(expected.map(({ number }) => number));
          expect([...order.times]).toStrictEqual(expected.map(({ t }) => t));
          for (let kid = 0; kid <= KEYS; kid++) {
            expect(order.starts[kid]).toBe(expected.filter((row) => row.kid < kid).length);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("without times stand in the order of their numbers", () => {
    const { rows: found, starts } = orderByKeyAndTime(Int32Array.of(1, 0, 1, -1, 0), 2, null, OPEN);
    expect([...found]).toStrictEqual([1, 4, 0, 2]);
    expect([...starts]).toStrictEqual([0, 2, 4]);
  });
});

describe("the last row that was known", () => {
  it("is the one that a plain loop finds, from any position back to any start", () => {
    const created = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Infinity)), {
      minLength: 1,
      maxLength: 600,
      size: "max",
    });
    fc.assert(
      fc.property(
        created,
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: -1, max: 21 })), { minLength: 30 }),
        (times, asks) => {
          const index = new KnownIndex(Float64Array.from(times));
          for (const [a, b, known] of asks) {
            const [start, end] = [a % times.length, b % times.length].sort((x, y) => x - y) as [number, number];
            let expected = -1;
            for (let i = start; i <= end; i++) if ((times[i] as number) <= known) expected = i;
            expect(index.lastKnown(start, end, known)).toBe(expected);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
