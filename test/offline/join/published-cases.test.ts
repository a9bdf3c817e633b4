// Feast's published cases of point-in-time correctness, and the edges of SEMANTICS 1 and 2, one row of a table each.
import { TimestampNanosecond, makeVector, makeData, type Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures, type HistoricalOptions, openEngine } from "../../../offline/index.ts";
import { entity, featureView, float64, int64, parquet } from "../../../sdk/index.ts";
import { parseTime } from "../../../sdk/time.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { columnValues, snapshotFrom } from "../../support/snapshots.ts";

const FORMS = ["sweep", "asof", "union"] as const;
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ engine: "wasm" });
}, 60_000);
afterAll(() => engine.close());

const INT: ValueType = { kind: "int64" };
const NUMBER: ValueType = { kind: "float64" };
const TIME: ValueType = { kind: "timestamp" };

/** A time of a day of January 2021, "05" or "05T12:00:00". */
const at = (text: string) => BigInt(parseTime(`2021-01-${text}${text.includes("T") ? "" : "T00:00:00"}Z`));

/** id, event time, created time, value. */
type Row = readonly [id: bigint | null, event: string, created: string | null, rate: number | null];
/** id, entity time, known time. */
type Ask = readonly [id: bigint | null, time: string, known?: string];

const column = (type: ValueType, values: readonly (Value | null)[]) => vectorFromValues(type, values);
const historyOf = (rows: readonly Row[]): Table =>
  tableOf([
    [
      "driver_id",
      column(
        INT,
        rows.map(([id]) => id),
      ),
    ],
    [
      "event_timestamp",
      column(
        TIME,
        rows.map(([, event]) => at(event)),
      ),
    ],
    [
      "created",
      column(
        TIME,
        rows.map(([, , created]) => (created === null ? null : at(created))),
      ),
    ],
    [
      "conv_rate",
      column(
        NUMBER,
        rows.map(([, , , rate]) => rate),
      ),
    ],
  ]);
const asksOf = (asks: readonly Ask[]): Table =>
  tableOf([
    [
      "driver_id",
      column(
        INT,
        asks.map(([id]) => id),
      ),
    ],
    [
      "event_timestamp",
      column(
        TIME,
        asks.map(([, time]) => at(time)),
      ),
    ],
    [
      "decided_at",
      column(
        TIME,
        asks.map(([, time, known]) => at(known ?? time)),
      ),
    ],
  ]);

const driver = entity("driver", { joinKey: "driver_id", type: int64() });
const snapshotWith = ({
  ttl,
  created = true,
  values = "float",
}: { ttl?: string; created?: boolean; values?: string } = {}) => {
  const stats = featureView("stats", {
    entities: [driver],
    source: parquet("driver_stats", {
      path: "driver_stats.parquet",
      eventTime: "event_timestamp",
      ...(created ? { createdTime: "created" } : {}),
    }),
    ...(ttl === undefined ? {} : { ttl }),
    features: { conv_rate: values === "float" ? float64() : int64() },
  });
  return snapshotFrom({ stats }).snapshot;
};

type Given = Partial<HistoricalOptions> & Parameters<typeof snapshotWith>[0];

async function join(history: Table, entities: Table, { ttl, created, ...options }: Given = {}) {
  return getHistoricalFeatures({
    engine,
    entities,
    snapshot: snapshotWith({ ...(ttl === undefined ? {} : { ttl }), ...(created === undefined ? {} : { created }) }),
    request: { features: ["stats:conv_rate"] },
    readSource: async () => history,
    ...options,
  });
}

interface Case {
  title: string;
  rows: readonly Row[];
  asks: readonly Ask[];
  options?: Given;
  rates: readonly (number | null)[];
}

// Driver 1001 had 0.4, corrected by a backfill that arrived five days later.
const BACKFILLED: readonly Row[] = [
  [1001n, "01", "01", 0.4],
  [1001n, "02", "07", 0.6],
];

const CASES: readonly Case[] = [
  {
    title: "2.1, Feast: a backfilled row counts from its event time on",
    rows: BACKFILLED,
    asks: [[1001n, "03"]],
    rates: [0.6],
  },
  {
    title: "2.2, Feast: as known at the entity time, it counts once it was created",
    rows: BACKFILLED,
    asks: [
      [1001n, "03"],
      [1001n, "07"],
    ],
    options: { asKnownAt: true },
    rates: [0.4, 0.6],
  },
  {
    title: "2.2: as known at a column, which need not be the entity time",
    rows: BACKFILLED,
    asks: [
      [1001n, "03", "06"],
      [1001n, "03", "08"],
    ],
    options: { asKnownAt: "decided_at" },
    rates: [0.4, 0.6],
  },
  {
    title: "2.2: created at the very moment is known, a microsecond later is not",
    rows: [[1n, "01", "02", 1]],
    asks: [
      [1n, "02"],
      [1n, "01T23:59:59.999999"],
    ],
    options: { asKnownAt: true },
    rates: [1, null],
  },
  {
    title: "2.2: the embargo moves what is known at t′, not a named column",
    rows: [[1n, "01", "05", 1]],
    asks: [[1n, "05T01:00:00", "05"]],
    options: { asKnownAt: true, embargoUs: 3_600_000_001 },
    rates: [null],
  },
  {
    title: "2.2: the embargo does not move a named column",
    rows: [[1n, "01", "05", 1]],
    asks: [[1n, "05T01:00:00", "05"]],
    options: { asKnownAt: "decided_at", embargoUs: 3_600_000_001 },
    rates: [1],
  },
  {
    title: "2.2, Feast: a row with null created is no candidate where rows must be known",
    rows: [
      [1001n, "01", "01", 0.4],
      [1001n, "02", null, 0.9],
    ],
    asks: [[1001n, "03"]],
    options: { asKnownAt: true },
    rates: [0.4],
  },
  {
    title: "2.2, Feast: and it is one where they need not",
    rows: [
      [1001n, "01", "01", 0.4],
      [1001n, "02", null, 0.9],
    ],
    asks: [[1001n, "03"]],
    rates: [0.9],
  },
  {
    title: "2.2: of rows known, the latest event wins, not the latest created",
    rows: [
      [1n, "02", "02", 2],
      [1n, "01", "04", 1],
    ],
    asks: [[1n, "05"]],
    options: { asKnownAt: true },
    rates: [2],
  },
  {
    title: "2.1, Feast: rows that all lie in the future are no candidates",
    rows: [
      [1001n, "10", "10", 0.5],
      [1001n, "11", "11", 0.6],
    ],
    asks: [[1001n, "03"]],
    rates: [null],
  },
  {
    title: "2.1, Feast: nothing is borrowed from another key",
    rows: [[1001n, "01", "01", 0.4]],
    asks: [
      [1002n, "03"],
      [1001n, "03"],
    ],
    rates: [null, 0.4],
  },
  {
    title: "2.3, Feast: after a backfill the row created last wins (1001 → 20, 1002 → 40)",
    rows: [
      [1001n, "01", "01", 10],
      [1002n, "01", "01", 30],
      [1001n, "01", "05", 20],
      [1002n, "01", "05", 40],
    ],
    asks: [
      [1001n, "06"],
      [1002n, "06"],
    ],
    rates: [20, 40],
  },
  {
    title: "2.3: a created time beats none",
    rows: [
      [1n, "01", null, 9],
      [1n, "01", "01", 1],
    ],
    asks: [[1n, "02"]],
    rates: [1],
  },
  {
    title: "2.3: the greatest value beats the others of its times, NaN highest",
    rows: [
      [1n, "01", "01", 9],
      [1n, "01", "01", Number.NaN],
      [1n, "01", "01", null],
    ],
    asks: [[1n, "02"]],
    rates: [Number.NaN],
  },
  {
    title: "2.3: 0 beats −0, and −0 a null",
    rows: [
      [1n, "01", "01", -0],
      [1n, "01", "01", 0],
      [2n, "01", "01", -0],
      [2n, "01", "01", null],
    ],
    asks: [
      [1n, "02"],
      [2n, "02"],
    ],
    rates: [0, -0],
  },
  {
    title: "2.4: a null of the winner is a null, not the value before it",
    rows: [
      [1n, "01", "01", 1],
      [1n, "02", "02", null],
    ],
    asks: [[1n, "03"]],
    rates: [null],
  },
  {
    title: "2.1: both ends of the TTL are inclusive",
    rows: [[1n, "01", "01", 1]],
    asks: [
      [1n, "01"],
      [1n, "02"],
      [1n, "02T00:00:00.000001"],
    ],
    options: { ttl: "1d" },
    rates: [1, 1, null],
  },
  {
    title: "2.1: an embargo moves both ends",
    rows: [[1n, "01", "01", 1]],
    asks: [
      [1n, "01T23:59:59.999999"],
      [1n, "02"],
      [1n, "03"],
      [1n, "03T00:00:00.000001"],
    ],
    options: { ttl: "1d", embargoUs: 86_400_000_000 },
    rates: [null, 1, 1, null],
  },
  {
    title: "2.4: equal entity rows each get a row, in their order",
    rows: [[1n, "01", "01", 1]],
    asks: [
      [2n, "02"],
      [1n, "02"],
      [1n, "02"],
      [2n, "02"],
    ],
    rates: [null, 1, 1, null],
  },
  {
    title: "2.5: a null key matches nothing, not even a null key",
    rows: [
      [null, "01", "01", 1],
      [1n, "01", "01", 2],
    ],
    asks: [
      [null, "02"],
      [1n, "02"],
    ],
    rates: [null, 2],
  },
  { title: "2.4: no source rows", rows: [], asks: [[1n, "02"]], rates: [null] },
  { title: "2.4: no entity rows", rows: [[1n, "01", "01", 1]], asks: [], rates: [] },
  {
    title: "2.2: no entity rows, rows known",
    rows: [[1n, "01", "01", 1]],
    asks: [],
    options: { asKnownAt: true },
    rates: [],
  },
];

describe("cases of the point-in-time join", () => {
  for (const joinForm of FORMS) {
    it.each(CASES)(`${joinForm}: $title`, async ({ rows, asks, options, rates }) => {
      const { table } = await join(historyOf(rows), asksOf(asks), { ...options, joinForm });
      expect(columnValues(table, "conv_rate", NUMBER)).toStrictEqual(rates);
    });
  }

  it("2.2: rows that must be known of a view without created time: an error that names it, and the mend", async () => {
    const joining = join(historyOf(BACKFILLED), asksOf([[1001n, "03"]]), { asKnownAt: true, created: false });
    await expect(joining).rejects.toMatchObject({
      code: "missing_column",
      message: expect.stringContaining('"stats"'),
      hint: expect.stringContaining("createdTime"),
      details: { view: "stats", source: "driver_stats" },
    });
  });

  it("2.2: a column of known times that is not there is named, with the nearest name", async () => {
    const joining = join(historyOf(BACKFILLED), asksOf([[1001n, "03"]]), { asKnownAt: "decidedat" });
    await expect(joining).rejects.toMatchObject({
      code: "missing_column",
      hint: expect.stringContaining("decided_at"),
    });
  });

  it("1.2: nanoseconds are rounded up for features, down for entity rows and known times, and counted", async () => {
    const ns = (...values: bigint[]) =>
      makeVector(makeData({ type: new TimestampNanosecond(), data: BigInt64Array.from(values) }));
    const history = tableOf([
      ["driver_id", column(INT, [1n, 2n])],
      ["event_timestamp", ns(1_000n, 1_001n)],
      ["created", ns(1_000n, 1_000n)],
      ["conv_rate", column(NUMBER, [1, 2])],
    ]);
    const entities = tableOf([
      ["driver_id", column(INT, [1n, 2n, 2n])],
      ["event_timestamp", ns(1_999n, 1_999n, 2_000n)],
      ["decided_at", ns(1_999n, 1_999n, 999n)],
    ]);
    for (const joinForm of FORMS) {
      const { table, report } = await join(history, entities, { joinForm });
      expect(columnValues(table, "conv_rate", NUMBER)).toStrictEqual([1, null, 2]);
      expect(report.roundedEntityTimes).toBe(2);
      expect(report.roundedEventTimes).toStrictEqual({ driver_stats: 1 });
    }
    const known = await join(history, entities, { asKnownAt: "decided_at" });
    expect(columnValues(known.table, "conv_rate", NUMBER)).toStrictEqual([1, null, null]);
  });

  it("2.3: counts groups of rows that time can't tell apart, in every form", async () => {
    const rows: Row[] = [
      [1n, "01", "01", 1],
      [1n, "01", "01", 2],
      [1n, "02", "02", 3],
      [1n, "02", "02", 3],
      [2n, "01", null, 1],
      [2n, "01", "01", 2],
    ];
    for (const joinForm of FORMS) {
      const { report } = await join(
        historyOf(rows),
        asksOf([
          [1n, "03"],
          [2n, "03"],
        ]),
        { joinForm },
      );
      expect(report.views[0]).toMatchObject({ ambiguousTies: 1, candidates: 6, matched: 2 });
    }
  });

  it("2.9: states the event time of the row used: null where there was none, a time where its value is null", async () => {
    const rows: Row[] = [
      [1n, "01", "01", 1],
      [1n, "02", "02", null],
    ];
    for (const joinForm of FORMS) {
      const asks = asksOf([
        [1n, "01T12:00:00"],
        [1n, "03"],
        [2n, "03"],
        [1n, "05"],
      ]);
      const { table } = await join(historyOf(rows), asks, { joinForm, provenance: true, ttl: "2d" });
      expect(columnValues(table, "conv_rate__event_time", TIME)).toStrictEqual([at("01"), at("02"), null, null]);
    }
  });
});
