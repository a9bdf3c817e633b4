// Pushed events, in whatever order, batches and repetitions: the row is the fold of those that were accepted, each once.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isContended, mergeTileRows, type TileRow, unpackTileRow } from "../../../sdk/rows/index.ts";
import { type Us, US_PER_HOUR, US_PER_MINUTE } from "../../../sdk/time.ts";
import {
  eventAdder,
  liveTiles,
  mergeTiles,
  NO_BOUNDARY,
  tileLayout,
  windowValues,
} from "../../../sdk/windows/index.ts";
import { unpackSeen } from "../../../worker/push/seen.ts";
import { type PushedEvent, tilePusher, type Verdict } from "../../../worker/push/tile-push.ts";
import { plainText } from "../../../worker/store/compressed-text.ts";
import { tileMerge } from "../../../worker/write/tile-rows.ts";
import { pushedSpec } from "../support/push.ts";

const layout = tileLayout(pushedSpec);
const push = tilePusher(pushedSpec);
const add = eventAdder(pushedSpec, layout);
const everyFeature = layout.features.map((_, i) => i);
const DAY_US = 24 * US_PER_HOUR;
const START = 20_000 * DAY_US;
const LATENESS = US_PER_HOUR;

/** Events over three hours, some of equal times, ids that come again, values that are null; columns: carrier, delay, distance. */
const eventArbitrary: fc.Arbitrary<PushedEvent> = fc
  .record({
    n: fc.integer({ min: 0, max: 30 }),
    minutes: fc.integer({ min: 0, max: 180 }),
    offset: fc.constantFrom(0, 1, 30_000_000),
    delay: fc.option(fc.bigInt({ min: -50n, max: 50n }), { nil: null }),
    distance: fc.option(fc.constantFrom(0, 0.1, 1e16, -1e16, 5e-324, 250), { nil: null }),
    carrier: fc.option(fc.constantFrom("AS", "DL", "ÅÄ"), { nil: null }),
  })
  .map(({ n, minutes, offset, delay, distance, carrier }) => ({
    id: `e${n}-${minutes}-${offset}`,
    eventTimeUs: START + minutes * US_PER_MINUTE + offset,
    createdTimeUs: null,
    values: [carrier, delay, distance],
    hash: Number(delay ?? 99n) * 7 + ((distance ?? 3) % 1000) + (carrier?.length ?? 9) * 1e6 + offset,
  }));

const mergeAll: (a: TileRow["groups"], b: TileRow["groups"]) => TileRow["groups"] = (a, b) => mergeTiles(layout, a, b);

interface Step {
  readonly events: readonly PushedEvent[];
  /** How far the clock goes on before it. */
  readonly waitUs: Us;
}
const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  events: fc.array(eventArbitrary, { minLength: 1, maxLength: 8 }),
  waitUs: fc.constantFrom(0, 1, 2_000_000, 60_000_000),
});

interface State {
  row: string | null;
  seen: string | null;
}

const rowOf = (text: string) => unpackTileRow(layout, plainText(text));

/** Pushes, and checks verdicts against rules that know all that was accepted so far. */
function pushInto(
  state: State,
  events: readonly PushedEvent[],
  nowUs: Us,
  accepted: Map<string, PushedEvent>,
  boundaryUs = NO_BOUNDARY,
) {
  const { verdicts, write, torn } = push(state, events, { nowUs, frozen: true });
  expect(torn).toBe(false);
  const newestUs = Math.max(NO_BOUNDARY, ...[...accepted.values()].map(({ eventTimeUs }) => eventTimeUs));
  const first = new Map<string, PushedEvent>();
  for (const [i, event] of events.entries()) {
    const verdict = verdicts[i] as Verdict;
    const known = accepted.get(event.id) ?? first.get(event.id);
    if (known === undefined) first.set(event.id, event);
    // An id is remembered for as long as its event could still be taken.
    if (known !== undefined && known.eventTimeUs >= newestUs - LATENESS && known.eventTimeUs > boundaryUs)
      expect(verdict).toBe(known.hash === event.hash ? "duplicate" : "conflict");
    if (verdict === "deferred")
      expect(
        event.eventTimeUs <= boundaryUs ||
          event.eventTimeUs < Math.max(newestUs, ...events.map((e) => e.eventTimeUs)) - LATENESS,
      ).toBe(true);
  }
  for (const [i, event] of events.entries()) {
    if (verdicts[i] !== "accepted") continue;
    expect(accepted.has(event.id)).toBe(false);
    expect(event.eventTimeUs).toBeGreaterThan(boundaryUs);
    accepted.set(event.id, event);
  }
  if (write === undefined) {
    expect(verdicts).not.toContain("accepted");
    return;
  }
  state.row = write.value;
  state.seen = write.seen as string;
  expect(rowOf(state.row).push?.counter).toBe(unpackSeen(state.seen)?.counter);
}

/** What the windows say at a moment, when just these events are known. */
function fold(events: Iterable<PushedEvent>, at: Us) {
  const known = [...events].filter(({ eventTimeUs }) => eventTimeUs <= at);
  return windowValues(layout, add([], known), at, everyFeature);
}

function valuesAt(state: State, at: Us) {
  if (state.row === null) return fold([], at);
  const row = rowOf(state.row);
  const known = row.push?.pending.filter(({ eventTimeUs }) => eventTimeUs <= at) ?? [];
  expect(known).toEqual([]);
  return windowValues(layout, row.groups, at, everyFeature);
}

it("an event that the log was without is stamped as when it came into it, and marked", () => {
  const [event] = fc.sample(eventArbitrary, 1) as [PushedEvent];
  const first = push({ row: null, seen: null }, [event], { nowUs: event.eventTimeUs, frozen: true });
  expect(first).toMatchObject({ verdicts: ["accepted"], repeats: [] });
  const textsOf = ({ write }: ReturnType<typeof push>) => ({ row: write?.value ?? null, seen: write?.seen ?? null });
  const later = { nowUs: event.eventTimeUs + 60_000_000, frozen: true };
  const unknown = push(textsOf(first), [event], later);
  expect(unknown).toEqual({ verdicts: ["duplicate"], repeats: [0], torn: false });
  const logged = push(textsOf(first), [event], { ...later, logged: true });
  expect(logged).toMatchObject({ verdicts: ["duplicate"], repeats: [0] });
  const row = unpackTileRow(layout, plainText(textsOf(logged).row as string));
  expect(row.push?.stamps.map(({ writtenAtUs }) => writtenAtUs)).toEqual([later.nowUs]);
  const again = push(textsOf(logged), [event, { ...event, hash: event.hash + 1 }], { ...later, logged: true });
  expect(again).toEqual({ verdicts: ["duplicate", "conflict"], repeats: [], torn: false });
});

describe("4.6 pushes into one row", () => {
  it("come to the fold of the accepted events, at every moment from the last push on", () => {
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 12 }), fc.integer({ min: 0, max: 1_500 }), (steps, after) => {
        const state: State = { row: null, seen: null };
        const accepted = new Map<string, PushedEvent>();
        let nowUs = START + 181 * US_PER_MINUTE;
        for (const { events, waitUs } of steps) pushInto(state, events, (nowUs += waitUs), accepted);
        for (const at of [nowUs, nowUs + after * US_PER_MINUTE]) {
          expect(valuesAt(state, at)).toEqual(fold(accepted.values(), at));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("sent all again, in any order and any batches, change nothing", () => {
    fc.assert(
      fc.property(
        fc
          .array(stepArbitrary, { minLength: 1, maxLength: 6 })
          .chain((steps) =>
            fc.record({ steps: fc.constant(steps), again: fc.shuffledSubarray(steps.flatMap(({ events }) => events)) }),
          ),
        fc.integer({ min: 1, max: 9 }),
        ({ steps, again }, size) => {
          const state: State = { row: null, seen: null };
          const accepted = new Map<string, PushedEvent>();
          const nowUs = START + 181 * US_PER_MINUTE;
          for (const { events } of steps) pushInto(state, events, nowUs, accepted);
          const before = { ...state };
          for (let from = 0; from < again.length; from += size) {
            pushInto(state, again.slice(from, from + size), nowUs, accepted);
          }
          expect(state).toEqual(before);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("within the lateness, order and batches make no difference to the values", () => {
    const near = eventArbitrary.filter(({ eventTimeUs }) => eventTimeUs <= START + US_PER_HOUR);
    fc.assert(
      fc.property(
        fc
          .uniqueArray(near, { selector: ({ id }) => id, maxLength: 20 })
          .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))),
        fc.integer({ min: 1, max: 9 }),
        ([events, shuffled], size) => {
          const at = START + 3 * US_PER_HOUR;
          const [one, other]: State[] = [
            { row: null, seen: null },
            { row: null, seen: null },
          ];
          if (events.length > 0) pushInto(one as State, events, at, new Map());
          const accepted = new Map<string, PushedEvent>();
          for (let from = 0; from < shuffled.length; from += size)
            pushInto(other as State, shuffled.slice(from, from + size), at, accepted);
          expect(accepted.size).toBe(events.length);
          expect(valuesAt(other as State, at)).toEqual(valuesAt(one as State, at));
          expect(valuesAt(other as State, at)).toEqual(fold(events, at));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("3.6 events that are still to come count from their time on, folded by a later push or not", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ event: eventArbitrary, aheadUs: fc.integer({ min: -3, max: 5_000_000 }) }), {
          minLength: 1,
          maxLength: 10,
        }),
        fc.integer({ min: 0, max: 6_000_000 }),
        (given, laterUs) => {
          const state: State = { row: null, seen: null };
          const accepted = new Map<string, PushedEvent>();
          let nowUs = START;
          for (const { event, aheadUs } of given) {
            nowUs += 700_000;
            pushInto(state, [{ ...event, eventTimeUs: nowUs + aheadUs }], nowUs, accepted);
          }
          const at = nowUs + laterUs;
          const row = rowOf(state.row as string);
          const settled = push(state, [], { nowUs: at, frozen: true });
          expect(settled.write).toBeUndefined();
          // As a read does it.
          const groups = [...(row.push?.pending ?? [])]
            .filter(({ eventTimeUs }) => eventTimeUs <= at)
            .reduce((tiles, pending) => mergeAll(tiles, pending.groups), row.groups);
          expect(windowValues(layout, groups, at, everyFeature)).toEqual(fold(accepted.values(), at));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("4.7 pushes and materializations of one row", () => {
  /** What materialization writes: the tiles of all the events ≤ B that the log and the batch source hold. */
  const materialized = (events: Iterable<PushedEvent>, boundaryUs: Us): TileRow => {
    const own = [...events].filter(({ eventTimeUs }) => eventTimeUs <= boundaryUs);
    const newestEventUs = Math.max(...own.map(({ eventTimeUs }) => eventTimeUs));
    const groups = add([], own).map((tiles, g) => {
      const group = layout.groups[g];
      if (group?.unbounded !== true || tiles.length === 0) return tiles;
      // All that lies at or before B is one tile.
      const [merged] = tiles
        .reduce<TileRow["groups"]>(
          (sum, tile) =>
            mergeAll(
              sum,
              layout.groups.map((_, i) => (i === g ? [{ ...tile, startUs: NO_BOUNDARY }] : [])),
            ),
          layout.groups.map(() => []),
        )
        .filter((own) => own.length > 0);
      return merged ?? [];
    });
    return { newestEventUs, writtenAtUs: 0, boundaryUs, groups: liveTiles(layout, groups, boundaryUs) };
  };

  it("at random boundaries, sealed at random times, come to all that was logged and not contended", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            { weight: 3, arbitrary: stepArbitrary.map((step) => ({ step })) },
            {
              weight: 1,
              arbitrary: fc.record({
                hours: fc.integer({ min: 0, max: 3 }),
                sealedBackUs: fc.constantFrom(0, 0, 1, 60_000_000),
              }),
            },
          ),
          { minLength: 1, maxLength: 14 },
        ),
        (actions) => {
          const state: State = { row: null, seen: null };
          const accepted = new Map<string, PushedEvent>();
          /** Everything answered accepted or deferred, by id, with when. */
          const logged = new Map<string, { event: PushedEvent; writtenAtUs: Us }>();
          let nowUs = START + 181 * US_PER_MINUTE;
          for (const action of actions) {
            if ("step" in action) {
              nowUs += action.step.waitUs + 1;
              const { events } = action.step;
              const before = new Map(accepted);
              const { verdicts, write } = push(state, events, { nowUs, frozen: true });
              for (const [i, event] of events.entries()) {
                if (verdicts[i] === "accepted") accepted.set(event.id, event);
                if ((verdicts[i] === "accepted" || verdicts[i] === "deferred") && !logged.has(event.id))
                  logged.set(event.id, { event, writtenAtUs: nowUs });
              }
              for (const [i, event] of events.entries())
                if (verdicts[i] === "accepted")
                  expect(before.has(event.id) && logged.get(event.id)?.event !== event).toBe(false);
              if (write !== undefined) Object.assign(state, { row: write.value, seen: write.seen });
              continue;
            }
            const sealedUs = nowUs - action.sealedBackUs;
            const boundaryUs = START + action.hours * US_PER_HOUR;
            const sealed = [...logged.values()]
              .filter(({ writtenAtUs }) => writtenAtUs <= sealedUs)
              .map(({ event }) => event);
            if (!sealed.some(({ eventTimeUs }) => eventTimeUs <= boundaryUs)) continue;
            const incoming = materialized(sealed, boundaryUs);
            const stored = state.row === null ? null : rowOf(state.row);
            const { outcomes, write } = tileMerge(
              pushedSpec,
              { nowUs, maxSkewUs: 0, frozen: true },
              sealedUs,
            )(state.row, [incoming]);
            expect(outcomes[0] === "contended").toBe(isContended(stored, incoming, sealedUs, nowUs));
            if (write !== undefined) {
              state.row = write.value;
              // What was deferred counts once it is materialized.
              for (const event of sealed) if (event.eventTimeUs <= boundaryUs) accepted.set(event.id, event);
            }
            expect(
              tileMerge(pushedSpec, { nowUs, maxSkewUs: 0, frozen: true }, sealedUs)(state.row, [incoming]).write,
            ).toBeUndefined();
          }
          expect(valuesAt(state, nowUs)).toEqual(fold(accepted.values(), nowUs));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("an earlier boundary, and the same once more, change nothing", () => {
    const events = new Map<string, PushedEvent>();
    const state: State = { row: null, seen: null };
    const event = (id: string, us: Us): PushedEvent => ({
      id,
      eventTimeUs: us,
      createdTimeUs: null,
      values: ["AS", 1n, 2],
      hash: 1,
    });
    pushInto(state, [event("a", START - 5), event("b", START + 5)], START + 10, events);
    const row = rowOf(state.row as string);
    const incoming = materialized(events.values(), START);
    const merged = mergeTileRows(layout, row, incoming);
    expect(merged.boundaryUs).toBe(START);
    expect(mergeTileRows(layout, merged, incoming)).toBe(merged);
    expect(mergeTileRows(layout, merged, { ...incoming, boundaryUs: START - US_PER_HOUR })).toBe(merged);
    expect(windowValues(layout, merged.groups, START + 10, everyFeature)).toEqual(fold(events.values(), START + 10));
  });
});
