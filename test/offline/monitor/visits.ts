// Visits of eight users, and training sets made of them in plain loops: by the right join, and by wrong ones.
import type { Table } from "apache-arrow";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import {
  type AuditOptions,
  type AuditReport,
  auditTrainingSet,
  type Engine,
  getHistoricalFeatures,
} from "../../../offline/index.ts";
import {
  count,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
} from "../../../sdk/index.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

export const HOUR = 3_600_000_000;
export const DAY = 24 * HOUR;
const user = entity("user", { joinKey: "user_id", type: int64() });
const visits = parquet("visits", { path: "visits.parquet", eventTime: "at", createdTime: "seen" });
const spend = featureView("spend", {
  entities: [user],
  source: visits,
  features: { amount: float64(), shop: string() },
});
const recent = featureView("recent", { entities: [user], source: visits, ttl: "2d", features: { amount: float64() } });
const stats = featureView("stats", {
  entities: [user],
  source: visits,
  aggregations: { amount_1d: sum("amount", "1d"), visits_1d: count("1d") },
});
const scaled = featureView("scaled", {
  entities: [user],
  source: visits,
  features: { cents: float64() },
  select: 'SELECT user_id, "at" + INTERVAL 1 HOUR AS "at", seen, amount * 100 AS cents FROM visits',
});
const trip = requestSource("trip", { budget: float64() });
const share = onDemandView("share", {
  inputs: [stats, trip],
  features: { share: float64() },
  expressions: { share: "amount_1d / budget" },
});
const model = featureService("model", { features: [spend, stats, share] });
export const { snapshot } = snapshotFrom(
  { spend, recent, stats, scaled, share, model },
  {
    visits: {
      user_id: { kind: "int64" },
      at: { kind: "timestamp" },
      seen: { kind: "timestamp" },
      amount: { kind: "float64" },
      shop: { kind: "string" },
    },
  },
);

export interface Visit {
  user: number;
  e: number;
  c: number;
  amount: number;
}
export interface Row {
  user: number;
  t: number;
}

/** Three visits a day of each of eight users, at odd moments; every amount is another. */
export const VISITS: Visit[] = Array.from({ length: 8 * 60 }, (_, i) => {
  const e = Math.floor(i / 24) * DAY + ((i * 7919) % 24) * HOUR + ((i * 104_729) % 3600) * 1_000_000 + 7;
  return { user: (i % 8) + 1, e, c: e + 30 * 60_000_000, amount: i + 0.25 };
});
export const ROWS: Row[] = Array.from({ length: 120 }, (_, i) => ({
  user: (i % 8) + 1,
  t: 4 * DAY + ((i * 31) % 300) * HOUR + 1_800_000_000,
}));

export const column = (type: ValueType["kind"], values: Iterable<Value | null>) =>
  vectorFromValues({ kind: type } as ValueType, values);

export const source = () =>
  tableOf([
    [
      "user_id",
      column(
        "int64",
        VISITS.map((v) => BigInt(v.user)),
      ),
    ],
    [
      "at",
      column(
        "timestamp",
        VISITS.map((v) => BigInt(v.e)),
      ),
    ],
    [
      "seen",
      column(
        "timestamp",
        VISITS.map((v) => BigInt(v.c)),
      ),
    ],
    [
      "amount",
      column(
        "float64",
        VISITS.map((v) => v.amount),
      ),
    ],
    [
      "shop",
      column(
        "string",
        VISITS.map((v) => `shop ${v.user}`),
      ),
    ],
  ]);

export const trainingSet = (
  columns: Record<string, readonly (Value | null)[]>,
  rows = ROWS,
  more: [string, unknown][] = [],
) =>
  tableOf([
    [
      "user_id",
      column(
        "int64",
        rows.map((r) => BigInt(r.user)),
      ),
    ],
    [
      "event_timestamp",
      column(
        "timestamp",
        rows.map((r) => BigInt(r.t)),
      ),
    ],
    ...Object.entries(columns).map(
      ([name, values]) => [name, column(name === "visits_1d" ? "int64" : "float64", values)] as const,
    ),
    ...(more as [string, never][]),
  ]);

/** The latest visit that `fits`, by event time; or the first. */
export function pick(row: Row, fits: (visit: Visit) => boolean, which: "last" | "first" = "last"): Visit | null {
  const found = VISITS.filter((v) => v.user === row.user && fits(v)).toSorted((a, b) => a.e - b.e);
  return found.at(which === "last" ? -1 : 0) ?? null;
}
export const amounts = (of: (row: Row) => Visit | null) => ROWS.map((row) => of(row)?.amount ?? null);
export const sums = (fits: (row: Row, visit: Visit) => boolean) =>
  ROWS.map((row) => {
    const found = VISITS.filter((v) => v.user === row.user && fits(row, v));
    return found.length === 0 ? null : found.reduce((total, v) => total + v.amount, 0);
  });
export const endOf = (t: number, unit: number) => Math.floor(t / unit) * unit + unit - 1;
export const upTo = (until: (row: Row) => number) => amounts((row) => pick(row, (v) => v.e <= until(row)));

/** Returns the audit of a training set against the definitions of some features. */
export const auditsOn =
  (engine: () => Engine) =>
  (table: Table, features: readonly string[], more: Partial<AuditOptions> = {}): Promise<AuditReport> =>
    auditTrainingSet({
      table,
      definitions: { engine: engine(), snapshot, request: { features }, readSource: async () => source() },
      ...more,
    });

/** Returns what our own join makes of these rows, with the event times. */
export const joinsOn =
  (engine: () => Engine) =>
  async (rows: readonly Row[], features: readonly string[], more: object = {}): Promise<Table> => {
    const entities = tableOf([
      [
        "user_id",
        column(
          "int64",
          rows.map((r) => BigInt(r.user)),
        ),
      ],
      [
        "event_timestamp",
        column(
          "timestamp",
          rows.map((r) => BigInt(r.t)),
        ),
      ],
      [
        "budget",
        column(
          "float64",
          rows.map(() => 100),
        ),
      ],
    ]);
    const request = { features };
    const readSource = async () => source();
    const { table } = await getHistoricalFeatures({
      engine: engine(),
      entities,
      snapshot,
      request,
      readSource,
      provenance: true,
      ...more,
    });
    return table;
  };
