// A materialized row meets one that events were pushed into (SEMANTICS 4.7): which tiles stand, by boundary, stamp and seal.
import { describe, expect, it } from "vitest";
import {
  coarsestHopUs,
  isContended,
  mergeTileRows,
  packTileRow,
  type PushState,
  settledRow,
  STAMPS_KEPT_US,
  type TileRow,
  unpackTileRow,
} from "../../../sdk/rows/index.ts";
import { US_PER_HOUR, US_PER_MINUTE } from "../../../sdk/time.ts";
import { NO_BOUNDARY, tileLayout } from "../../../sdk/windows/index.ts";
import { faultOf } from "../../support/faults.ts";
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";

const feature = (windowUs: number, hopUs: number) => ({
  name: `n_${windowUs}`,
  type: "int64",
  default: null,
  fn: "count" as const,
  column: null,
  where: null,
  windowUs,
  hopUs,
});
const layout = tileLayout({
  columns: [],
  features: [feature(US_PER_HOUR, US_PER_MINUTE), feature(24 * US_PER_HOUR, US_PER_HOUR), feature(0, US_PER_HOUR)],
} as unknown as AggregatedViewSpec);

const H = US_PER_HOUR;
/** Counts of one, by start, in hours; the same in every group, but for the base tile, which the last alone has. */
const groupsOf = (hours: readonly number[], base = false) =>
  layout.groups.map(({ unbounded }) => [
    ...(unbounded && base ? [{ startUs: NO_BOUNDARY, states: [7n] }] : []),
    ...hours.map((hour) => ({ startUs: hour * H, states: [1n] })),
  ]);
const startsOf = ({ groups }: TileRow) =>
  groups.map((tiles) => tiles.map(({ startUs }) => (startUs === NO_BOUNDARY ? null : startUs / H)));
const batch = (hour: number, hours: readonly number[]): TileRow => ({
  newestEventUs: Math.max(...hours) * H + 5,
  writtenAtUs: 1,
  boundaryUs: hour * H,
  groups: groupsOf(hours, true),
});
const pushedInto = (row: TileRow, hours: readonly number[], push: Partial<PushState> = {}): TileRow => ({
  ...row,
  newestEventUs: Math.max(row.newestEventUs, ...hours.map((hour) => hour * H + 5)),
  groups: row.groups.map((tiles, g) => [...tiles, ...(groupsOf(hours)[g] ?? [])]),
  push: {
    counter: 4,
    sealedUs: null,
    stamps: hours.map((hour) => ({ startUs: hour * H, writtenAtUs: hour * 100 })),
    pending: [],
    ...push,
  },
});
const never: TileRow = { newestEventUs: NO_BOUNDARY, writtenAtUs: 0, boundaryUs: NO_BOUNDARY, groups: groupsOf([]) };

describe("4.7 a materialized row meets a pushed one", () => {
  const stored = pushedInto(batch(10, [8, 9]), [10, 11, 12]);

  it.each<[what: string, before: TileRow, incoming: TileRow, hours: readonly number[] | "stored"]>([
    [
      "a later boundary takes the tiles before it, and leaves those after",
      stored,
      batch(12, [8, 9, 10, 11]),
      [8, 9, 10, 11, 12],
    ],
    ["what it lacks before its boundary is gone: it knew better", stored, batch(12, [9, 11]), [9, 11, 12]],
    ["one beyond all that was pushed leaves nothing of it", stored, batch(14, [9, 10, 11, 12]), [9, 10, 11, 12]],
    ["the same boundary takes the tiles before it", stored, batch(10, [9]), [9, 10, 11, 12]],
    ["an earlier boundary takes nothing", stored, batch(9, [8]), "stored"],
    [
      "a row that was never materialized keeps what lies beyond",
      pushedInto(never, [9, 10]),
      batch(10, [8, 9]),
      [8, 9, 10],
    ],
  ])("%s", (_what, before, incoming, hours) => {
    const merged = mergeTileRows(layout, before, incoming);
    if (hours === "stored") {
      expect(merged).toBe(before);
      return;
    }
    const [minutes, sliding, ever] = startsOf(merged);
    expect(ever).toEqual([null, ...hours]);
    expect(sliding).toEqual(hours);
    // An hour's tiles are dropped once the newest event has left them behind.
    expect(minutes).toEqual(hours.filter((hour) => hour >= Math.max(...hours) - 1));
    expect(merged.boundaryUs).toBe(incoming.boundaryUs);
    expect(merged.push?.counter).toBe(4);
    expect(merged.push?.stamps.every(({ startUs }) => startUs >= incoming.boundaryUs)).toBe(true);
    expect(mergeTileRows(layout, merged, incoming)).toBe(merged);
    expect(unpackTileRow(layout, packTileRow(layout, merged))).toStrictEqual(merged);
  });

  it("pending events stay where they lie beyond the boundary", () => {
    const pending = [11 * H + 1, 13 * H + 1].map((eventTimeUs) => ({
      eventTimeUs,
      groups: groupsOf([eventTimeUs > 12 * H ? 13 : 11]),
    }));
    const merged = mergeTileRows(layout, pushedInto(batch(10, [9]), [10], { pending }), batch(12, [9, 10, 11]));
    expect(merged.push?.pending.map(({ eventTimeUs }) => eventTimeUs)).toEqual([13 * H + 1]);
    expect(unpackTileRow(layout, packTileRow(layout, merged))).toStrictEqual(merged);
  });

  it.each<[what: string, row: TileRow | null, incoming: TileRow, sealedUs: number, contended: boolean]>([
    ["nothing stored", null, batch(12, [9]), 0, false],
    ["nothing pushed", batch(10, [9]), batch(12, [9]), 0, false],
    ["all that was pushed before it was sealed", stored, batch(12, [9]), 1_100, false],
    ["an event before it that was accepted later", stored, batch(12, [9]), 1_099, true],
    ["one accepted later, but beyond it", stored, batch(11, [9]), 1_000, false],
    ["an earlier boundary, which is superseded anyway", stored, batch(9, [8]), 0, false],
    ["a log that was sealed longer ago than is remembered", stored, batch(10, [9]), 1_999 - STAMPS_KEPT_US, true],
    ["the same where nothing was pushed", batch(10, [9]), batch(12, [9]), 1_999 - STAMPS_KEPT_US, false],
  ])("%s: contended %s", (_what, row, incoming, sealedUs, contended) => {
    expect(isContended(row, incoming, sealedUs, 2_000)).toBe(contended);
  });

  it("of two that reach as far, the one that knows more of the log stands, whichever comes first", () => {
    const [early, late] = [batch(12, [9]), batch(12, [9, 11])];
    const one = mergeTileRows(layout, mergeTileRows(layout, stored, early, 2_000), late, 3_000);
    const other = mergeTileRows(layout, mergeTileRows(layout, stored, late, 3_000), early, 2_000);
    expect(startsOf(one)).toEqual(startsOf(other));
    expect(startsOf(one)[1]).toEqual([9, 11, 12]);
    expect(mergeTileRows(layout, null, early, 2_000).push).toEqual({
      counter: 0,
      sealedUs: 2_000,
      stamps: [],
      pending: [],
    });
    // The same tiles, sealed later, are no other row.
    expect(mergeTileRows(layout, one, late, 4_000)).toBe(one);
  });
});

describe("3.6 pending events", () => {
  const pending = [3, 5].map((minutes) => ({ eventTimeUs: 12 * H + minutes * US_PER_MINUTE, groups: groupsOf([12]) }));
  const row = pushedInto(batch(10, [9]), [12], { pending });

  it.each([
    [2, 0],
    [3, 1],
    [4, 1],
    [5, 2],
  ])("count from their time on: after %i minutes %i of them", (minutes, known) => {
    const at = 12 * H + minutes * US_PER_MINUTE;
    const settled = settledRow(layout, row, at);
    if (known === 0) expect(settled).toBe(row);
    expect(settled.groups[1]?.at(-1)?.states).toEqual([1n + BigInt(known)]);
    expect(settled.push?.pending.length).toBe(2 - known);
    expect(settled.newestEventUs).toBe(known === 0 ? row.newestEventUs : pending[known - 1]?.eventTimeUs);
    expect(row.groups[1]?.at(-1)?.states).toEqual([1n]);
  });
});

describe("the packed form of what was pushed", () => {
  it("is the counter, the seal, the stamps by tile, then the pending events", () => {
    const row: TileRow = {
      newestEventUs: 5,
      writtenAtUs: 6,
      boundaryUs: NO_BOUNDARY,
      groups: groupsOf([], true),
      push: {
        counter: 3,
        sealedUs: null,
        stamps: [{ startUs: 2 * H, writtenAtUs: 9 }],
        pending: [{ eventTimeUs: 8, groups: groupsOf([2]) }],
      },
    };
    const text = `[5,6,${NO_BOUNDARY},[],[],[null,7],[3,null,[2,9],[8,[120,1],[2,1],[2,1]]]]`;
    expect(packTileRow(layout, row)).toBe(text);
    expect(unpackTileRow(layout, text)).toStrictEqual(row);
    expect(coarsestHopUs(layout)).toBe(H);
  });

  it.each([
    "null",
    "[]",
    "[1,null]",
    "[1,null,[2]]",
    '[1,null,["x",2]]',
    "[1.5,null,[]]",
    "[1,null,[],7]",
    "[1,null,[],[8,[]]]",
    "[1,7.5,[]]",
  ])("%s is none", (push) => {
    expect(faultOf(() => unpackTileRow(layout, `[5,6,7,[],[],[],${push}]`)).code).toBe("row_corrupt");
  });
});
