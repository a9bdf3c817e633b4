// Rows of aggregated views: which stands, and their packed form (SEMANTICS 4.7).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";
import { mergeTileRows, packTileRow, readTileRow, type TileRow, unpackTileRow } from "../../../sdk/rows/index.ts";
import {
  accumulators,
  type AggregateName,
  type StateSlot,
  type Tile,
  tileLayout,
  windowReader,
} from "../../../sdk/windows/index.ts";
import { faultOf } from "../../support/faults.ts";
import { valuesOf } from "../../support/values.ts";
import { mutated } from "./mutated.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const feature = (fn: AggregateName, column: string | null, hopUs: number) => ({
  name: `${fn}_${column}_${hopUs}`,
  type: "int64",
  default: null,
  fn,
  column,
  where: null,
  windowUs: 24 * hopUs,
  hopUs,
});
const spec: AggregatedViewSpec = {
  kind: "aggregated",
  entities: ["k"],
  joinKeys: [{ name: "k", type: "string" }],
  source: { name: "s", format: "csv", path: "s.csv", eventTime: "e", createdTime: null, eventId: null, schema: null },
  columns: [
    { name: "x", type: "float64" },
    { name: "n", type: "int64" },
    { name: "s", type: "string" },
  ],
  features: [
    feature("count", null, MINUTE),
    feature("avg", "x", MINUTE),
    feature("sum", "n", HOUR),
    feature("min", "x", HOUR),
    feature("last", "s", HOUR),
  ],
};
const layout = tileLayout(spec);

const time = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
const stateOf = (slot: StateSlot): fc.Arbitrary<unknown> => {
  const { kind, type } = slot;
  const event = fc.record({
    value: valuesOf(type),
    eventTimeUs: time,
    createdTimeUs: fc.option(time, { nil: null }),
    eventId: fc.option(fc.string({ maxLength: 3 }), { nil: null }),
  });
  return fc
    .array(event, { maxLength: 3 })
    .map((events) => events.reduce<unknown>((s, e) => accumulators[kind].add(s, e, slot), accumulators[kind].empty));
};
const tilesOf = (group: (typeof layout.groups)[number]): fc.Arbitrary<Tile[]> =>
  fc.array(
    fc.record({
      startUs: fc.integer({ min: -1000, max: 1000 }).map((i) => i * group.hopUs),
      states: fc.tuple(...group.slots.map(stateOf)),
    }),
    { maxLength: 3 },
  );
const tileRow: fc.Arbitrary<TileRow> = fc.record({
  newestEventUs: time,
  writtenAtUs: time,
  boundaryUs: time,
  groups: fc.tuple(...layout.groups.map(tilesOf)),
});

/** The form before groups lay flat: a list a tile, its index first. */
const packListed = ({ newestEventUs, writtenAtUs, boundaryUs, groups }: TileRow): string => {
  const listed = layout.groups.map(({ hopUs, slots }, g) => {
    const tiles = (groups[g] ?? []).map(({ startUs, states }) => {
      const packed = slots.map((slot, s) =>
        states[s] === null ? "null" : accumulators[slot.kind].pack(states[s], slot),
      );
      return `[${[startUs / hopUs, ...packed].join(",")}]`;
    });
    return `[${tiles.join(",")}]`;
  });
  return `[${newestEventUs},${writtenAtUs},${boundaryUs},${listed.join(",")}]`;
};

describe("4.7 which tiles stand", () => {
  const row = (boundaryUs: number, count: bigint, writtenAtUs = 0): TileRow => ({
    newestEventUs: 7,
    writtenAtUs,
    boundaryUs,
    groups: [[{ startUs: 0, states: [count, null, null] }], []],
  });

  it.each([
    ["nothing stored: what comes in", null, row(5, 1n), "incoming"],
    ["a later boundary comes in", row(5, 1n), row(6, 1n), "incoming"],
    ["an earlier boundary comes in", row(5, 1n), row(4, 9n), "stored"],
    ["the same boundary with other tiles", row(5, 1n), row(5, 2n), "incoming"],
    ["the same once more, written later", row(5, 1n), row(5, 1n, 99), "stored"],
    ["a newer event in tiles that are else the same", row(5, 1n), { ...row(5, 1n), newestEventUs: 8 }, "incoming"],
  ] as const)("%s", (_, stored, incoming, stands) => {
    expect(mergeTileRows(layout, stored, incoming)).toBe(stands === "stored" ? stored : incoming);
  });

  it("running anything again changes nothing", () => {
    fc.assert(
      fc.property(tileRow, tileRow, fc.boolean(), (a, b, tie) => {
        const second = tie ? { ...b, boundaryUs: a.boundaryUs } : b;
        const standing = mergeTileRows(layout, a, second);
        expect(mergeTileRows(layout, standing, { ...standing, writtenAtUs: standing.writtenAtUs + 1 })).toBe(standing);
        if (!tie && a.boundaryUs !== b.boundaryUs) {
          expect(mergeTileRows(layout, b, a)).toBe(standing);
          expect(mergeTileRows(layout, standing, a)).toBe(standing);
        }
      }),
    );
  });
});

describe("the packed form", () => {
  it("is the newest event, the writing, the boundary, then by group the steps between tiles and each state's column", () => {
    const row: TileRow = {
      newestEventUs: 100,
      writtenAtUs: 200,
      boundaryUs: 300,
      groups: [
        [
          { startUs: -MINUTE, states: [2n, { mantissa: 3n, exponent: -1, special: 0 }, 2n] },
          { startUs: 0, states: [1n, null, 0n] },
          { startUs: 5 * MINUTE, states: [7n, { mantissa: 3n, exponent: 0, special: 0 }, 6n] },
        ],
        [{ startUs: 2 * HOUR, states: [5n, null, { eventTimeUs: 1, createdTimeUs: null, eventId: "e", value: "a" }] }],
      ],
    };
    expect(packTileRow(layout, row)).toBe('[100,200,300,[-1,1,5,2,1,7,1.5,null,3,2,0,6],[2,5,null,[1,null,"e","a"]]]');
    expect(unpackTileRow(layout, packTileRow(layout, row))).toStrictEqual(row);
  });

  it("states that a tile lacks are empty ones", () => {
    const row: TileRow = { newestEventUs: 0, writtenAtUs: 0, boundaryUs: 0, groups: [[{ startUs: 0, states: [1n] }]] };
    expect(packTileRow(layout, row)).toBe("[0,0,0,[0,1,null,null],[]]");
  });

  it("is still read where it was written with a list a tile", () => {
    expect(unpackTileRow(layout, '[100,200,300,[[-1,2,["3",-1,0],2],[4,1,null,1]],[]]')).toStrictEqual({
      newestEventUs: 100,
      writtenAtUs: 200,
      boundaryUs: 300,
      groups: [
        [
          { startUs: -MINUTE, states: [2n, { mantissa: 3n, exponent: -1, special: 0 }, 2n] },
          { startUs: 4 * MINUTE, states: [1n, null, 1n] },
        ],
        [],
      ],
    });
    fc.assert(
      fc.property(tileRow, (row) => {
        const flat = unpackTileRow(layout, packTileRow(layout, row));
        const listed = unpackTileRow(layout, packListed(row));
        expect(listed).toStrictEqual(flat);
        expect(mergeTileRows(layout, listed, flat)).toBe(listed);
      }),
    );
  });

  it("gives back every state", () => {
    fc.assert(
      fc.property(tileRow, (row) => {
        const text = packTileRow(layout, row);
        const back = unpackTileRow(layout, text);
        expect(packTileRow(layout, back)).toBe(text);
        expect({ ...back, groups: back.groups.map((g) => g.map((t) => t.startUs)) }).toEqual({
          ...row,
          groups: row.groups.map((g) => g.map((t) => t.startUs + 0)),
        });
      }),
    );
  });

  it.each([
    "",
    "x",
    "null",
    "{}",
    "[]",
    "[1,2,3]",
    "[1,2,3,[]]",
    "[1,2,3,[],[],[]]",
    "[1,2,3,[],null]",
    "[1,2,3,[],{}]",
    "[1,2,3,[7],[]]",
    "[1,2,3,[0,1,0,0,0],[]]",
    "[1,2,3,[0,1,1,0,0,0,0],[]]",
    "[1,2,3,[0,[],1,1,0,0,0,0],[]]",
    "[1,2,3,[0.5,1,0,0],[]]",
    '[1,2,3,["0",1,0,0],[]]',
    "[1,2,3,[0,null,1,0,0,0,0,0],[]]",
    "[1,2,3,[null,null,1,0,0,0,0,0],[]]",
    "[1,2,3,[9007199254740991,1,1,1,0,0,0,0],[]]",
    "[1,2,3,[0,1.5,0,0],[]]",
    '[1,2,3,[0,"x",0,0],[]]',
    '[1,2,3,[0,1,["3",0,8],0],[]]',
    "[1,2,3,[],[0,1,null,7]]",
    "[1,2,3,[[0,1,0,0],7],[]]",
    "[1,2,3,[0,1,0,0],7]",
    "[1,2,3,[null],[]]",
    "[1,2,3,[[]],[]]",
    "[1,2,3,[[0,1,0]],[]]",
    "[1,2,3,[[0,1,0,0,0]],[]]",
    '[1,2,3,[["0",1,0,0]],[]]',
    "[1,2,3,[[0.5,1,0,0]],[]]",
    "[1,2,3,[[null,1,0,0]],[]]",
    "[1,2,3,[[0,1.5,0,0]],[]]",
    '[1,2,3,[[0,"x",0,0]],[]]',
    '[1,2,3,[[0,1,["zz",0,0],0]],[]]',
    "[1,2,3,[[0,1,{},0]],[]]",
    '[1,2,3,[[0,1,["3",1e9,0],0]],[]]',
    '[1,2,3,[[0,1,["3",-1075,0],0]],[]]',
    '[1,2,3,[[0,1,["3","x",0],0]],[]]',
    '[1,2,3,[[0,1,["3",0.5,0],0]],[]]',
    '[1,2,3,[[0,1,["3",0,8],0]],[]]',
    '[1,2,3,[[0,1,["3",0,1.5],0]],[]]',
    '[1,2,3,[[0,1,["3",0],0]],[]]',
    "[1,2,3,[],[[0,1,null,7]]]",
    '["1",2,3,[],[]]',
    "[null,2,3,[],[]]",
    "[1,2.5,3,[],[]]",
    "[1,2,null,[],[]]",
  ])("%s is no row of the view", (text) => {
    expect(faultOf(() => unpackTileRow(layout, text)).code).toBe("row_corrupt");
  });

  it("to read windows of, it is the same row, whose states are unpacked when they are asked for", () => {
    fc.assert(
      fc.property(tileRow, (row) => {
        const text = packTileRow(layout, row);
        const { newestEventUs, writtenAtUs, boundaryUs, groups, columns } = readTileRow(layout, text);
        expect(columns?.map(({ startsUs }) => startsUs)).toEqual(
          row.groups.map((tiles) => tiles.map(({ startUs }) => startUs)),
        );
        expect(packTileRow(layout, { newestEventUs, writtenAtUs, boundaryUs, groups })).toBe(text);
        expect(packTileRow(layout, readTileRow(layout, packListed(row)))).toBe(text);
      }),
    );
  });

  it("a state that is none is told when it is read", () => {
    const features = [...layout.features.keys()];
    const { columns } = readTileRow(layout, '[1,2,3,[0,"x",0,0],[]]');
    const read = () => windowReader(layout, features)(columns ?? [], 1);
    expect(faultOf(read).code).toBe("row_corrupt");
  });

  it("a damaged text decodes or is row_corrupt, and nothing else", () => {
    let refused = 0;
    fc.assert(
      fc.property(mutated(tileRow.map((row) => packTileRow(layout, row))), (text) => {
        try {
          unpackTileRow(layout, text);
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
