// Rows of stored views: which stands, which counts at a moment, and their packed form (SEMANTICS 2.3, 3.3, 3.6).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareRows,
  mergeStoredRows,
  packStoredRows,
  rowAt,
  type StoredRow,
  type StoredRows,
  unpackStoredRows,
} from "../../../sdk/rows/index.ts";
import { parseTypeName, typeName, type Value, type ValueType } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { type OracleRow, type OracleValue, pointInTime } from "../../support/oracle.ts";
import { bitsOf, valuesOf, valueTypes } from "../../support/values.ts";
import { mutated } from "./mutated.ts";

const types = ["float64", "string", "list<int64>"].map(parseTypeName);

/** Few moments and few values, so that rows tie, repeat and wait for one another. */
const values: fc.Arbitrary<(Value | null)[]> = fc.tuple(
  fc.constantFrom<Value | null>(null, 0, -0, 1, Number.NaN),
  fc.constantFrom<Value | null>(null, "", "a"),
  fc.constantFrom<Value | null>(null, [], [1n]),
);
const row: fc.Arbitrary<StoredRow> = fc.record({
  eventTimeUs: fc.integer({ min: -2, max: 6 }),
  createdTimeUs: fc.option(fc.integer({ min: -1, max: 2 }), { nil: null }),
  writtenAtUs: fc.integer({ min: 0, max: 9 }),
  values,
});
const timeless: fc.Arbitrary<StoredRow> = row.map((r) => ({ ...r, eventTimeUs: null, createdTimeUs: null }));
const rows = fc.array(row, { maxLength: 6 });

/** What a store holds, but for when it was written: two writers may have brought the same row. */
const contentOf = (stored: StoredRows | null): string | null =>
  stored === null
    ? null
    : packStoredRows(types, stored.map((r) => ({ ...r, writtenAtUs: 0 })) as unknown as StoredRows);
const merge = (stored: StoredRows | null, incoming: readonly StoredRow[], now: number) =>
  mergeStoredRows(types, stored, incoming, now);

/** The winner at `at`, by the oracle. */
function winner(all: readonly StoredRow[], at: number): string {
  const given = all.map((r): OracleRow & { row: StoredRow } => ({
    key: "k",
    e: r.eventTimeUs as number,
    c: r.createdTimeUs,
    values: Object.fromEntries(r.values.map((v, i) => [String(i), v as OracleValue])),
    row: r,
  }));
  const best = pointInTime(given, "k", at, 0, ["0", "1", "2"]) as (typeof given)[number] | null;
  return shown(best?.row);
}
const shown = (r: StoredRow | undefined): string =>
  r === undefined ? "none" : `${r.eventTimeUs} ${r.createdTimeUs} ${r.values.map(bitsOf).join(" | ")}`;

describe("2.3 which row wins", () => {
  const base: StoredRow = { eventTimeUs: 5, createdTimeUs: 5, writtenAtUs: 0, values: [1, "a", [1n]] };
  const ascending: [what: string, row: StoredRow][] = [
    ["without an event time", { ...base, eventTimeUs: null, createdTimeUs: null }],
    ["an earlier event, created later", { ...base, eventTimeUs: 4, createdTimeUs: 9 }],
    ["no created time, greater values", { ...base, createdTimeUs: null, values: [9, "z", [9n]] }],
    ["created earlier, greater values", { ...base, createdTimeUs: 4, values: [9, "z", [9n]] }],
    ["a null first value", { ...base, values: [null, "z", [9n]] }],
    ["−0", { ...base, values: [-0, "a", [1n]] }],
    ["+0", { ...base, values: [0, "a", [1n]] }],
    ["a null second value", { ...base, values: [1, null, [9n]] }],
    ["a shorter list", { ...base, values: [1, "a", []] }],
    ["the base", base],
    ["text after it in UTF-8", { ...base, values: [1, "a😀", [0n]] }],
    ["NaN", { ...base, values: [Number.NaN, "", []] }],
    ["created later, lesser values", { ...base, createdTimeUs: 6, values: [null, null, null] }],
    ["a later event", { ...base, eventTimeUs: 6, createdTimeUs: null, values: [null, null, null] }],
  ];
  it.each(ascending.map(([what, r], i) => [what, r, i] as const))("%s", (_, r, i) => {
    for (const [j, [, other]] of ascending.entries()) {
      expect(Math.sign(compareRows(types, r, other))).toBe(Math.sign(i - j));
    }
  });

  it("when it was written does not count", () => {
    expect(compareRows(types, base, { ...base, writtenAtUs: 99 })).toBe(0);
  });
});

describe("3.3 writes are commutative and idempotent", () => {
  /** Batches at moments that only grow; what is written in another order takes the last moment for all. */
  const batches = fc.array(fc.tuple(rows, fc.integer({ min: 0, max: 2 })), { maxLength: 4 }).map((some) => {
    let now = 0;
    return some.map(([batch, step]) => ({ batch, now: (now += step) }));
  });
  const storeOf = (some: readonly { batch: readonly StoredRow[]; now: number }[]) =>
    some.reduce<StoredRows | null>((stored, { batch, now }) => merge(stored, batch, now), null);

  it("the stored row is the winner of all rows ever accepted, at any later moment", () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 0, max: 9 }), (some, later) => {
        const stored = storeOf(some);
        const at = (some.at(-1)?.now ?? 0) + later;
        const found = stored === null ? undefined : rowAt(stored, at);
        expect(shown(found)).toBe(
          winner(
            some.flatMap(({ batch }) => batch),
            at,
          ),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("whatever the order of the rows, and however they are cut into batches", () => {
    const shuffled = batches.chain((some) => {
      const all = some.flatMap(({ batch }) => batch);
      return fc.tuple(fc.constant(some), fc.shuffledSubarray(all, { minLength: all.length }), fc.nat(all.length));
    });
    fc.assert(
      fc.property(shuffled, ([some, all, cut]) => {
        const end = some.at(-1)?.now ?? 0;
        const expected = contentOf(merge(storeOf(some), [], end));
        expect(contentOf(merge(null, all, end))).toBe(expected);
        expect(contentOf(merge(merge(null, all.slice(cut), 0), all.slice(0, cut), end))).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("however often: what is already there changes nothing, not even the object", () => {
    fc.assert(
      fc.property(batches, (some) => {
        const end = some.at(-1)?.now ?? 0;
        const stored = merge(storeOf(some), [], end);
        for (const { batch } of some) {
          const again = batch.map((r) => ({ ...r, writtenAtUs: r.writtenAtUs + 1 }));
          expect(merge(stored, again, end)).toBe(stored);
        }
        expect(merge(stored, stored ?? [], end)).toBe(stored);
      }),
      { numRuns: 500 },
    );
  });

  it("of a reference table, the greatest values stand", () => {
    fc.assert(
      fc.property(fc.array(timeless, { minLength: 1, maxLength: 5 }), fc.integer(), (some, now) => {
        const greatest = some.reduce((a, b) => (compareRows(types, a, b) >= 0 ? a : b));
        const stored = merge(null, some, now) as StoredRows;
        expect(stored).toHaveLength(1);
        expect(shown(rowAt(stored, now))).toBe(shown(greatest));
        expect(shown(rowAt(stored, -(2 ** 52)))).toBe(shown(greatest));
      }),
    );
  });

  it("nothing and nothing is nothing", () => {
    expect(merge(null, [], 0)).toBeNull();
  });
});

describe("3.6 a row that is still to come", () => {
  const at = (eventTimeUs: number): StoredRow => ({
    eventTimeUs,
    createdTimeUs: null,
    writtenAtUs: 0,
    values: [eventTimeUs, null, null],
  });
  it("waits beside the winner, and counts from its time on", () => {
    const stored = merge(merge(null, [at(1), at(5)], 3), [at(4), at(2)], 3) as StoredRows;
    expect(stored.map((r) => r.eventTimeUs)).toEqual([5, 4, 2]);
    expect([1, 2, 3, 4, 5, 9].map((now) => rowAt(stored, now)?.eventTimeUs)).toEqual([undefined, 2, 2, 4, 5, 5]);
    // Once it has come, what it beats goes.
    expect(merge(stored, [], 4)?.map((r) => r.eventTimeUs)).toEqual([5, 4]);
    expect(merge(stored, [], 5)?.map((r) => r.eventTimeUs)).toEqual([5]);
  });

  it("is nothing yet where no other row is", () => {
    const stored = merge(null, [at(5)], 3) as StoredRows;
    expect(rowAt(stored, 4)).toBeUndefined();
    expect(rowAt(stored, 5)?.eventTimeUs).toBe(5);
  });

  it("counts at its very microsecond", () => {
    const stored = merge(null, [at(5), at(4)], 5) as StoredRows;
    expect(stored.map((r) => r.eventTimeUs)).toEqual([5]);
  });
});

describe("the packed form", () => {
  const rowsOf = (of: readonly ValueType[]): fc.Arbitrary<StoredRows> => {
    const time = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.maxSafeInteger());
    const one = fc.record({
      eventTimeUs: fc.option(time, { nil: null }),
      createdTimeUs: fc.option(time, { nil: null }),
      writtenAtUs: time,
      values: fc.tuple(...of.map((type) => fc.option(valuesOf(type), { nil: null }))),
    });
    return fc.array(one, { minLength: 1, maxLength: 3 }) as unknown as fc.Arbitrary<StoredRows>;
  };
  const plain = (stored: StoredRows) => stored.map((r) => ({ ...r, values: r.values.map((v) => bitsOf(v)) }));

  it.each([
    [[{ eventTimeUs: 7, createdTimeUs: null, writtenAtUs: 9, values: [1.5, "a", [1n]] }], '[7,9,null,1.5,"a",[1]]'],
    [
      [{ eventTimeUs: null, createdTimeUs: null, writtenAtUs: 0, values: [null, null, null] }],
      "[null,0,null,null,null,null]",
    ],
    [
      [
        { eventTimeUs: 2, createdTimeUs: 1, writtenAtUs: 3, values: [Number.NaN, '"', []] },
        { eventTimeUs: 1, createdTimeUs: 1, writtenAtUs: 3, values: [-0, "", [2n ** 60n]] },
      ],
      '[2,3,1,"NaN","\\"",[],[1,3,1,-0,"",["1152921504606846976"]]]',
    ],
  ] as [StoredRow[], string][])("of %o is %s", (stored, text) => {
    expect(packStoredRows(types, stored as unknown as StoredRows)).toBe(text);
    expect(plain(unpackStoredRows(types, text))).toEqual(plain(stored as unknown as StoredRows));
  });

  it.each(valueTypes.map((type) => [typeName(type), type] as const))(
    "6 gives back every %s, bit for bit",
    (_, type) => {
      const of = [type, ...types];
      fc.assert(
        fc.property(rowsOf(of), (stored) => {
          expect(plain(unpackStoredRows(of, packStoredRows(of, stored)))).toEqual(plain(stored));
        }),
      );
    },
  );

  it.each([
    "",
    "x",
    "null",
    "{}",
    '"text"',
    "7",
    "[]",
    "[1,2,3]",
    '[1,2,null,1.5,"a"]',
    '[1,2,null,1.5,"a",[1],3]',
    '[1,2,null,1.5,"a",[1],[1,2,null,1.5,"a"]]',
    '[1,2,null,1.5,"a",[1],[1,2,null,1.5,"a",[1],[]]]',
    '[1,2,null,1.5,"a",[1],null]',
    '["1",2,null,1.5,"a",[1]]',
    '[1.5,2,null,1.5,"a",[1]]',
    '[1,null,null,1.5,"a",[1]]',
    '[1,2,"x",1.5,"a",[1]]',
    '[9007199254740993,2,null,1.5,"a",[1]]',
    '[1,2,null,1.5,"a",[1.5]]',
    '[1,2,null,1.5,"a",["x"]]',
    '[1,2,null,1.5,"a",[{}]]',
    '[1,2,null,1.5,"a",7]',
    '[1,2,null,1.5,"a",{"length":1}]',
  ])("%s is no row of the view", (text) => {
    const fault = faultOf(() => unpackStoredRows(types, text));
    expect(fault.code).toBe("row_corrupt");
  });

  it("a damaged text decodes or is row_corrupt, and nothing else", () => {
    const of = [...types, ...["int64", "timestamp", "bytes", "vector(2)", "decimal(5,2)"].map(parseTypeName)];
    let refused = 0;
    fc.assert(
      fc.property(mutated(rowsOf(of).map((stored) => packStoredRows(of, stored))), (text) => {
        try {
          unpackStoredRows(of, text);
        } catch (error) {
          expect(error).toMatchObject({ name: "EdgefeatError", code: "row_corrupt" });
          refused += 1;
        }
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(500);
  });
});
