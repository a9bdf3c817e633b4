// The ways to compute states over windows, each against plain folding, to the text that tiles store.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderByKeyAndTime } from "../../../offline/join/key-order.ts";
import { checkSourceRows } from "../../../offline/join/source-rows.ts";
import { orderEntityRows, rangesOf } from "../../../offline/windows/entity-order.ts";
import { knownByPosition, type OrderedEvents } from "../../../offline/windows/ordered-events.ts";
import { KnownRuns, Runs } from "../../../offline/windows/runs.ts";
import { slotEventsOf } from "../../../offline/windows/slot-events.ts";
import { statesOf } from "../../../offline/windows/states.ts";
import { wholeSums } from "../../../offline/windows/whole-sums.ts";
import { type Aggregation, csv, entity, featureView, lastK, lifetime, string } from "../../../sdk/index.ts";
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";
import { accumulators, type StateSlot, tileLayout, windowEdges, type WindowShape } from "../../../sdk/windows/index.ts";
import { doubles, finiteDoubles, type HistoryRow, historyTable } from "../../support/histories.ts";
import { columnTypes, randomAggregation, randomValues } from "../../support/random-aggregations.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const SECOND = 1_000_000;
const KEYS = 3;

/** Times close together, so that a window holds many events, and many of one time; some times closer still. */
const near = fc
  .oneof(fc.integer({ min: -200, max: 200 }), fc.integer({ min: 0, max: 60 }))
  .map((n) => n * (SECOND / 4));
const row = fc.record({ kid: fc.nat({ max: KEYS - 1 }), e: near, c: near, values: fc.record(randomValues) });
const windows = fc.constantFrom<WindowShape>(
  { windowUs: 7 * SECOND, hopUs: SECOND },
  { windowUs: 30 * SECOND, hopUs: 5 * SECOND },
  { windowUs: 10 * SECOND, hopUs: 10 * SECOND, tumbling: true },
  { windowUs: 3, hopUs: 1 },
  { windowUs: 0, hopUs: 5 * SECOND },
);

function specOf(aggregations: Readonly<Record<string, Aggregation>>): AggregatedViewSpec {
  const view = featureView("w", { entities: [key], source, aggregations });
  const file = {
    k1: { kind: "string" },
    event_time: { kind: "timestamp" },
    created: { kind: "timestamp" },
    ...columnTypes,
  };
  const { snapshot } = snapshotFrom({ view }, { events: file as never });
  return snapshot.views["w"]?.versions["1"]?.spec as AggregatedViewSpec;
}

const source = csv("events", { path: "events.csv", eventTime: "event_time", createdTime: "created" });
const key = entity("key", { joinKey: "k1", type: string() });
const ALL = { afterUs: null, untilUs: null };

/** Returns the text of the state of the events at these positions. */
function folded(slot: StateSlot, positions: readonly number[], of: ReturnType<typeof slotEventsOf>): string {
  const { empty, add, pack } = accumulators[slot.kind];
  const { event, counts } = of(slot);
  const passing = positions.filter((position) => counts === null || counts[position] === 1);
  const state = passing.reduce<unknown>((so, position) => add(so, event(position), slot), empty);
  return state === null ? "null" : pack(state, slot);
}

describe("states over windows", () => {
  it.each([
    ["whatever was known", false],
    ["over what was known", true],
  ])("equal folding event by event: %s", { timeout: 120_000 }, (_, known) => {
    const asks = fc.array(fc.record({ kid: fc.nat({ max: KEYS - 1 }), t: near, known: near }), {
      maxLength: 100,
      size: "max",
    });
    // Few events too: then windows move on while nothing comes after them.
    const rows = fc.oneof(...[20, 60, 250].map((maxLength) => fc.array(row, { maxLength, size: "max" })));
    const drawn = fc.tuple(fc.array(randomAggregation, { minLength: 1, maxLength: 6 }), rows, asks, windows);
    fc.assert(
      fc.property(drawn, ([aggregations, history, points, window]) => {
        const named = Object.fromEntries(aggregations.map((aggregation, i) => [`f${i}`, aggregation]));
        const spec = specOf(named);
        const kept = history.map(({ kid, ...rest }): HistoryRow => ({
          key: null,
          keyParts: [`${kid}`, null],
          ...rest,
        }));
        const rowsOfSource = checkSourceRows(spec, historyTable(kept, columnTypes));
        const kids = Int32Array.from(history, ({ kid }) => kid);
        const times = Float64Array.from(history, ({ e }) => e);
        const events: OrderedEvents = { ...orderByKeyAndTime(kids, KEYS, times, ALL), source: rowsOfSource };
        const order = orderEntityRows(
          Int32Array.from(points, ({ kid }) => kid),
          KEYS,
          Float64Array.from(points, ({ t }) => t),
        );
        const ranges = rangesOf(order, events, (at) => windowEdges(at, window));
        const created = knownByPosition(events);
        const knownRuns = new KnownRuns(created);
        const of = slotEventsOf(spec, events);
        const states = statesOf(spec, events, known);
        for (const slot of tileLayout(spec).groups.flatMap(({ slots }) => slots)) {
          const computed = states(slot, window.hopUs);
          for (const [i, point] of order.rows.entries()) {
            const ask = points[point] as (typeof points)[number];
            const edges = windowEdges(ask.t, window);
            const inside = [...events.rows.keys()].filter((position) => {
              const event = history[events.rows[position] as number] as (typeof history)[number];
              if (known && event.c > ask.known) return false;
              return event.kid === ask.kid && event.e > edges.lowerUs && event.e <= edges.upperUs;
            });
            const runs = new Runs();
            const [from, to] = [ranges.from[i] as number, ranges.to[i] as number];
            if (known) knownRuns.find(runs, from, to, ask.known);
            else runs.add(from, to);
            const state = computed.over(runs);
            const text = state === null ? "null" : accumulators[slot.kind].pack(state, slot);
            expect([slot.kind, text]).toStrictEqual([slot.kind, folded(slot, inside, of)]);
          }
        }
      }),
      { numRuns: 120 },
    );
  });
});

describe("4.8 the latest events of long histories", () => {
  it("are those of each moment, though events are kept from one moment to the next", () => {
    const spec = specOf({ f: lastK("n", 2, lifetime()) });
    const values = { x: null, cents: null, i: null, s: null };
    const history = Array.from({ length: 10_000 }, (_, e): HistoryRow => {
      return { key: null, keyParts: ["0", null], e, c: null, values: { ...values, n: BigInt(e) } };
    });
    const kids = new Int32Array(history.length);
    const rows = checkSourceRows(spec, historyTable(history, columnTypes));
    const times = Float64Array.from(history, ({ e }) => e);
    const events: OrderedEvents = { ...orderByKeyAndTime(kids, 1, times, ALL), source: rows };
    const slot = tileLayout(spec).groups[0]?.slots[0] as StateSlot;
    const states = statesOf(spec, events, false)(slot, SECOND);
    const runs = new Runs();
    const wrong: unknown[] = [];
    for (let to = 2; to <= history.length; to++) {
      runs.n = 0;
      runs.add(0, to);
      const latest = (states.over(runs) as readonly { value: bigint }[]).map(({ value }) => value);
      if (latest[0] !== BigInt(to - 1) || latest[1] !== BigInt(to - 2)) wrong.push([to, latest]);
    }
    expect(wrong).toStrictEqual([]);
  });
});

describe("runs of known events", () => {
  it("are those of the positions known, the longest there are", () => {
    const few = fc.integer({ min: 0, max: 9 });
    const drawn = fc.tuple(
      fc.array(few, { maxLength: 300, size: "max" }),
      few,
      fc.nat({ max: 300 }),
      fc.nat({ max: 300 }),
    );
    fc.assert(
      fc.property(drawn, ([created, known, a, b]) => {
        const [from, to] = [Math.min(a, b, created.length), Math.min(Math.max(a, b), created.length)];
        const runs = new Runs();
        new KnownRuns(Float64Array.from(created)).find(runs, from, to, known);
        const found = Array.from({ length: runs.n }, (_, i) => [runs.from[i] as number, runs.to[i] as number] as const);
        const positions = found.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i));
        expect(positions).toStrictEqual(
          [...created.keys()].filter((i) => i >= from && i < to && (created[i] as number) <= known),
        );
        for (const [i, [start]] of found.entries())
          if (i > 0) expect(start).toBeGreaterThan(found[i - 1]?.[1] as number);
      }),
    );
  });

  it("are found without looking at every event, where events become known in the order of their times", () => {
    const created = Float64Array.from({ length: 1_000_000 }, (_, i) => i);
    const index = new KnownRuns(created);
    const runs = new Runs();
    const wrong: unknown[] = [];
    // Looked at one by one they would be 10^11: the test would not end in time.
    for (let i = 0; i < 100_000; i++) {
      runs.n = 0;
      index.find(runs, 0, created.length, i * 10);
      if (runs.n !== 1 || runs.to[0] !== i * 10 + 1) wrong.push([i, runs.to]);
    }
    expect(wrong).toStrictEqual([]);
  });
});

describe("4.5 whole sums", () => {
  const over = (from: number, to: number): Runs => {
    const runs = new Runs();
    runs.add(from, to);
    return runs;
  };
  const truth = (values: readonly number[], squared: boolean): bigint =>
    values.reduce((sum, x) => {
      // x × 2^1074 is whole.
      let [rest, power] = [x, 1074];
      for (; !Number.isInteger(rest); rest *= 2) power--;
      const whole = BigInt(rest) << BigInt(power);
      return sum + (squared ? whole * whole : whole);
    }, 0n);

  it.each([
    ["doubles of all sizes", finiteDoubles],
    ["amounts", fc.integer({ min: -1e9, max: 1e9 }).map((c) => c / 100)],
    ["integers", fc.integer({ min: -1e15, max: 1e15 })],
    ["great numbers", fc.integer({ min: -1000, max: 1000 }).map((n) => n * 2 ** 900)],
    ["subnormals", fc.integer({ min: -1000, max: 1000 }).map((n) => n * 2 ** -1074)],
    ["like ones", doubles.filter((x) => Math.abs(x) >= 1 && Math.abs(x) < 1e6)],
  ])("of %s are exact over any run, or there are none", (_, value) => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 40 }), fc.boolean(), fc.nat({ max: 40 }), (values, squared, at) => {
        const sums = wholeSums(Float64Array.from(values), squared);
        if (sums === null) return;
        const from = Math.min(at, values.length);
        for (const [a, b] of [
          [0, from],
          [from, values.length],
        ] as const) {
          const unit = squared ? 2148 : 1074;
          expect(sums.over(over(a, b)) << BigInt(sums.exponent + unit)).toBe(truth(values.slice(a, b), squared));
        }
      }),
    );
  });

  it("there are none where 1e16 lies beside 1e-300", () => {
    expect(wholeSums(Float64Array.of(1e16, 1e-300), false)).toBeNull();
    expect(wholeSums(Float64Array.of(1e16, 0.01), false)).not.toBeNull();
  });
});
