// The states of aggregates: merging is commutative and associative to the bit, and states travel unchanged (SEMANTICS 4.5, 4.8).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTypeName, typeName, type Value, type ValueType } from "../../../sdk/types/index.ts";
import {
  accumulators,
  comparePicks,
  type AccumulatorKind,
  type Pick,
  type SlotShape,
  type WindowEvent,
} from "../../../sdk/windows/index.ts";
import { bitsOf, valuesOf } from "../../support/values.ts";

const cases: [AccumulatorKind, ValueType][] = (
  [
    ["count", ["bool", "string", "float64"]],
    ["sumInt", ["int32", "int64"]],
    ["sumFloat", ["float32", "float64"]],
    ["min", ["int32", "int64", "float32", "float64", "timestamp"]],
    ["max", ["int32", "int64", "float32", "float64", "timestamp"]],
    ["first", ["bool", "int64", "float64", "string", "bytes", "decimal(10,2)", "list<string>", "vector(2)"]],
    ["last", ["bool", "int64", "float64", "string", "bytes", "decimal(10,2)", "list<string>", "vector(2)"]],
    ["sumSquares", ["int32", "int64", "float32", "float64"]],
    ["newest", ["bool", "float64"]],
    ["latest", ["bool", "int64", "float64", "string", "bytes", "decimal(10,2)", "list<string>", "vector(2)"]],
    ["lastK", ["bool", "int64", "float64", "string", "bytes", "decimal(10,2)"]],
    ["distinct", ["bool", "int64", "float64", "string", "bytes", "decimal(10,2)", "list<string>", "vector(2)"]],
    ["quantiles", ["int32", "int64", "float32", "float64"]],
  ] as [AccumulatorKind, string[]][]
).flatMap(([kind, types]) => types.map((type): [AccumulatorKind, ValueType] => [kind, parseTypeName(type)]));

const times = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger());
const eventsOf = (type: ValueType): fc.Arbitrary<WindowEvent[]> =>
  fc.array(
    fc.record({
      value: fc.option(valuesOf(type), { nil: null, freq: 6 }),
      eventTimeUs: times,
      createdTimeUs: fc.option(times, { nil: null }),
      eventId: fc.option(fc.constantFrom("", "a", "b", "\uffff", "😀"), { nil: null }),
    }),
    { maxLength: 10 },
  );

/** Lists keep so few that they overflow. */
const slotOf = (type: ValueType): SlotShape => ({ type, n: 4 });
const fold = (kind: AccumulatorKind, type: ValueType, events: readonly WindowEvent[]): unknown =>
  events.reduce<unknown>(
    (state, event) => accumulators[kind].add(state, event, slotOf(type)),
    accumulators[kind].empty,
  );
const packed = (kind: AccumulatorKind, type: ValueType, state: unknown): string | null =>
  state === null ? null : accumulators[kind].pack(state, slotOf(type));
const merged = (kind: AccumulatorKind, type: ValueType, a: unknown, b: unknown): unknown =>
  a === null ? b : b === null ? a : accumulators[kind].merge(a, b, slotOf(type));

describe.each(cases.map(([kind, type]) => [kind, typeName(type), type] as const))("4.5 %s of %s", (kind, _, type) => {
  it("does not show the order of events", () => {
    const shuffled = eventsOf(type).chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
    );
    fc.assert(
      fc.property(shuffled, ([events, others]) => {
        expect(packed(kind, type, fold(kind, type, others))).toBe(packed(kind, type, fold(kind, type, events)));
      }),
    );
  });

  it("merges commutatively and associatively, as if all had been added to one", () => {
    fc.assert(
      fc.property(eventsOf(type), eventsOf(type), eventsOf(type), (...parts) => {
        const [a, b, c] = parts.map((events) => fold(kind, type, events));
        const merge = (x: unknown, y: unknown) => merged(kind, type, x, y);
        const all = packed(kind, type, fold(kind, type, parts.flat()));
        expect(packed(kind, type, merge(merge(a, b), c))).toBe(all);
        expect(packed(kind, type, merge(a, merge(b, c)))).toBe(all);
        expect(packed(kind, type, merge(merge(c, b), a))).toBe(all);
      }),
    );
  });

  it("travels as JSON that plain JSON.parse reads", () => {
    fc.assert(
      fc.property(eventsOf(type), (events) => {
        const state = fold(kind, type, events);
        if (state === null) return;
        const text = accumulators[kind].pack(state, slotOf(type));
        const back: unknown = accumulators[kind].unpack(JSON.parse(text), slotOf(type));
        expect(accumulators[kind].pack(back, slotOf(type))).toBe(text);
        if (!["first", "last", "latest", "lastK"].includes(kind)) expect(back).toStrictEqual(state);
      }),
    );
  });
});

const skippingNulls = cases.filter(([kind]) => kind !== "latest");
describe.each(skippingNulls.map(([kind, type]) => [kind, typeName(type), type] as const))(
  "4.4 %s of %s",
  (kind, _, type) => {
    it("is left as it was by a null", () => {
      fc.assert(
        fc.property(eventsOf(type), (events) => {
          const without = events.filter(({ value }) => value !== null);
          expect(packed(kind, type, fold(kind, type, events))).toBe(packed(kind, type, fold(kind, type, without)));
        }),
      );
    });
  },
);

const at = (
  value: Value | null,
  eventTimeUs = 0,
  createdTimeUs: number | null = null,
  eventId: string | null = null,
) => ({
  value,
  eventTimeUs,
  createdTimeUs,
  eventId,
});
const INT64 = parseTypeName("int64");
const FLOAT64 = parseTypeName("float64");

describe("4.4 what states hold", () => {
  it("count counts values that are not null, and begins at 0", () => {
    expect(accumulators.count.empty).toBe(0n);
    expect(fold("count", FLOAT64, [at(1), at(null), at(Number.NaN), at(0)])).toBe(3n);
  });

  it("the rest begin empty, and stay so on nulls alone", () => {
    for (const [kind, type] of cases.filter(([k]) => k !== "count" && k !== "latest")) {
      expect(accumulators[kind].empty).toBeNull();
      expect(fold(kind, type, [at(null), at(null)])).toBeNull();
    }
  });

  it("a sum of integers grows beyond 64 bits, and comes back", () => {
    const big = 2n ** 63n - 1n;
    expect(fold("sumInt", INT64, [at(big), at(big), at(-big)])).toBe(big);
    expect(fold("sumInt", INT64, [at(big), at(big)])).toBe(2n ** 64n - 2n);
    expect(fold("sumInt", parseTypeName("int32"), [at(1), at(-2)])).toBe(-1n);
  });

  it("min and max skip NaN, and −0 lies below +0 (2.3)", () => {
    expect(fold("min", FLOAT64, [at(Number.NaN)])).toBeNull();
    expect(fold("min", FLOAT64, [at(Number.NaN), at(3), at(-1), at(2)])).toBe(-1);
    expect(fold("max", FLOAT64, [at(1), at(Number.NaN), at(3), at(2)])).toBe(3);
    for (const kind of ["min", "max"] as const) expect(fold(kind, FLOAT64, [at(-0)])).toBe(-0);
    expect([fold("min", FLOAT64, [at(0), at(-0)]), fold("max", FLOAT64, [at(-0), at(0)])]).toStrictEqual([-0, 0]);
    expect(fold("min", FLOAT64, [at(Infinity)])).toBe(Infinity);
  });
});

describe("4.8 first and last order by (event time, created time, event id, value)", () => {
  const ascending: WindowEvent[] = [
    at("z", 1, 9, "z"),
    at("z", 2, null, "z"),
    at("z", 2, 5, null),
    at("z", 2, 5, ""),
    at("z", 2, 5, "a"),
    at("a", 2, 5, "b"),
    at("b", 2, 5, "b"),
    at("a", 2, 5, "\uffff"),
    at("a", 2, 5, "😀"),
    at("a", 2, 6, null),
    at("a", 3, null, null),
  ];
  const STRING = parseTypeName("string");

  it.each(ascending.map((event, i) => [i, event] as const))(
    "event %i is the first from it on, the last up to it",
    (i, event) => {
      const [before, after] = [ascending.slice(0, i + 1), ascending.slice(i)];
      expect(fold("last", STRING, before)).toMatchObject(event);
      expect(fold("first", STRING, after)).toMatchObject(event);
      expect(fold("last", STRING, before.toReversed())).toMatchObject(event);
      expect(fold("first", STRING, after.toReversed())).toMatchObject(event);
    },
  );

  it("no two of them are equal, and each is equal to itself", () => {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect(Math.sign(comparePicks(STRING, a as Pick, b as Pick))).toBe(Math.sign(i - j));
      }
    }
  });

  it("keep a NaN and a −0 as they are", () => {
    expect(bitsOf((fold("last", FLOAT64, [at(1), at(-0, 1)]) as Pick).value)).toBe(bitsOf(-0));
    expect((fold("first", FLOAT64, [at(Number.NaN)]) as Pick).value).toBeNaN();
  });
});

describe("4.5 the packed form of a float sum", () => {
  const pack = (...values: number[]) =>
    packed(
      "sumFloat",
      FLOAT64,
      fold(
        "sumFloat",
        FLOAT64,
        values.map((v) => at(v)),
      ),
    );
  it.each<[values: number[], text: string | null]>([
    [[0], "0"],
    [[1, 2], "3"],
    [[-4], "-4"],
    [[2 ** 53 - 1], "9007199254740991"],
    [[2 ** 53], "9007199254740992"],
    [[1e300], "1e+300"],
    [[2 ** 52, 2 ** 52, 1], "[9007199254740992,1]"],
    [[1e16, 1], "[10000000000000000,1]"],
    [[1, 1e100, 1e-300], "[1e+100,1,1e-300]"],
    [[1e300, 1e100, 1, 1e-100, 1e-300], null],
    [[0.5], "0.5"],
    [[0.1, 0.2], "[0.30000000000000004,-2.7755575615628914e-17]"],
    [[1.7976931348623157e308, 1.7976931348623157e308], '["1fffffffffffff",972,0]'],
    [[-0.75], "-0.75"],
    [[5e-324], "5e-324"],
    [[-5e-324, -5e-324], "-1e-323"],
    [[Number.NaN, 1], '["1",0,1]'],
    [[Infinity], '["0",0,2]'],
    [[-Infinity, Infinity, 6], '["3",1,6]'],
  ])("of %j is %s", (values, text) => {
    const packed = pack(...values) as string;
    if (text === null) expect(packed).toMatch(/^\["[0-9a-f]+",-\d+,0\]$/);
    else expect(packed).toBe(text);
    const { unpack, pack: again } = accumulators.sumFloat;
    expect(again(unpack(JSON.parse(packed), slotOf(FLOAT64)), slotOf(FLOAT64))).toBe(packed);
  });
});

describe("a packed state that its accumulator never wrote is refused", () => {
  it.each<[kind: AccumulatorKind, json: unknown]>([
    ["newest", "1"],
    ["newest", 1.5],
    ["distinct", [2, 1]],
    ["distinct", [1, 1]],
    ["distinct", [-1]],
    ["distinct", [0.5]],
    ["distinct", Array.from({ length: 257 }, (_, i) => i)],
    ["distinct", "0".repeat(4_095)],
    ["distinct", `${"0".repeat(4_095)}z`],
    ["quantiles", [1, 2, 0, 5]],
    ["quantiles", [1, 2, 0, 5, 0]],
    ["quantiles", [1, 2, 0, 5, 0, 1, 1]],
    ["quantiles", [1, 2, 0, 5, 1, 1, 1.5]],
    ["sumSquares", ["1", -2_149, 0]],
    ["sumFloat", ["1", -1_075, 0]],
  ])("%s: %j", (kind, json) => {
    const unpack = () => accumulators[kind].unpack(json, slotOf(FLOAT64)) as unknown;
    expect(unpack).toThrow(expect.objectContaining({ code: "row_corrupt" }));
  });
});
