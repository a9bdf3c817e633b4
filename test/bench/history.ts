// Made histories for the joins: any rows of them by their numbers alone, so that a part can be made without the rest, the same on every run.
import type { Table } from "apache-arrow";
import { tableOf, vectorFromTyped, vectorFromValues } from "../../offline/datasets/index.ts";
import { entity, featureView, float64, int64, parquet, string, timestamp } from "../../sdk/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { parseDuration, parseTime, US_PER_DAY, US_PER_HOUR } from "../../sdk/time.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { snapshotFrom } from "../support/snapshots.ts";

export interface HistoryShape {
  readonly featureRows: number;
  readonly entityRows: number;
  readonly keys: number;
  /**
   * Text keys, some of them null; rows that tie, in event time, and in created time too; null values; equal entity rows, and
   * some of keys that have no history: what stores treat differently. Else int64 keys, and no two rows of a key at one time.
   */
  readonly awkward?: boolean;
}

export const TTL = "1d";
export const TTL_US = parseDuration(TTL);
/** By the entity rows' days; the history begins a day before them. */
export const DAYS = 30;
const START_US = parseTime("2026-01-01T00:00:00Z");
const SPAN_US = DAYS * US_PER_DAY;

const TEXT: ValueType = { kind: "string" };

/** Returns a whole number below 2^32 that looks random, from two. */
function hash(n: number, salt: number): number {
  let h = Math.imul(n ^ (salt * 0x9e3779b9), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Returns a whole number below `below`, which may be above 2^32. */
function below(n: number, salt: number, bound: number): number {
  return Math.floor((hash(n, salt) / 2 ** 32) * bound);
}

/** One row of a history. */
export interface FeatureRow {
  readonly key: number | null;
  readonly e: number;
  readonly c: number;
  readonly x: number | null;
  readonly n: number;
}

/** Returns row `i`: rows go round the keys, each time a step later. */
export function featureRow({ featureRows, keys, awkward = false }: HistoryShape, i: number): FeatureRow {
  const stepUs = Math.floor(SPAN_US / Math.ceil(featureRows / keys));
  const timed = (row: number) => START_US + Math.floor(row / keys) * stepUs + below(row, 1, stepUs);
  // The same event time as the key's row before it; of these half with its created time too.
  const tied = awkward && i >= keys && below(i, 2, 50) === 0;
  const e = timed(tied ? i - keys : i);
  const created = (row: number) => e + below(row, 3, US_PER_HOUR);
  return {
    key: awkward && i % 1_000 === 1 ? null : i % keys,
    e,
    c: tied && i % 2 === 0 ? created(i - keys) : created(i),
    x: awkward && below(i, 4, 100) === 0 ? null : hash(i, 5) / 64,
    n: i,
  };
}

/** One entity row. */
export interface EntityRowMade {
  readonly key: number | null;
  readonly t: number;
}

/** Returns entity row `r`. */
export function entityRow({ keys, awkward = false }: HistoryShape, r: number): EntityRowMade {
  const same = awkward && r % 100 === 2 ? r - 1 : r;
  const key = awkward && same % 1_000 === 1 ? null : awkward && same % 200 === 3 ? keys + same : below(same, 6, keys);
  return { key, t: START_US + below(same, 7, SPAN_US) };
}

/** Returns rows `from` to `to` (excluded): k, e, c, x, n. */
export function featureTable(shape: HistoryShape, from = 0, to = shape.featureRows): Table {
  const length = to - from;
  const [e, c, n] = [new BigInt64Array(length), new BigInt64Array(length), new BigInt64Array(length)];
  const x = new Float64Array(length);
  const valid = new Uint8Array((length + 7) >> 3).fill(255);
  const keys: (number | null)[] = new Array(length);
  for (let row = 0; row < length; row++) {
    const made = featureRow(shape, from + row);
    keys[row] = made.key;
    e[row] = BigInt(made.e);
    c[row] = BigInt(made.c);
    n[row] = BigInt(made.n);
    x[row] = made.x ?? 0;
    if (made.x === null) valid[row >> 3] = (valid[row >> 3] as number) & ~(1 << (row & 7));
  }
  return tableOf([
    ["k", keyColumn(shape, keys)],
    ["e", vectorFromTyped({ kind: "timestamp" }, e)],
    ["c", vectorFromTyped({ kind: "timestamp" }, c)],
    ["x", vectorFromTyped({ kind: "float64" }, x, shape.awkward === true ? valid : undefined)],
    ["n", vectorFromTyped({ kind: "int64" }, n)],
  ]);
}

/** Returns entity rows `from` to `to` (excluded): rid, their number; k; event_timestamp. */
export function entityTable(shape: HistoryShape, from = 0, to = shape.entityRows): Table {
  const length = to - from;
  const [rid, t] = [new BigInt64Array(length), new BigInt64Array(length)];
  const keys: (number | null)[] = new Array(length);
  for (let row = 0; row < length; row++) {
    const made = entityRow(shape, from + row);
    rid[row] = BigInt(from + row);
    keys[row] = made.key;
    t[row] = BigInt(made.t);
  }
  return tableOf([
    ["rid", vectorFromTyped({ kind: "int64" }, rid)],
    ["k", keyColumn(shape, keys)],
    ["event_timestamp", vectorFromTyped({ kind: "timestamp" }, t)],
  ]);
}

function keyColumn({ awkward }: HistoryShape, keys: readonly (number | null)[]) {
  if (awkward === true)
    return vectorFromValues(
      TEXT,
      keys.map((key): Value | null => (key === null ? null : `user_${key}`)),
    );
  return vectorFromTyped({ kind: "int64" }, BigInt64Array.from(keys as readonly number[], BigInt));
}

/** Returns a snapshot of stored views over one history each: `view_0`, …, with features x and n, and the TTL. */
export function historySnapshot({ awkward }: HistoryShape, views = 1): Snapshot {
  const key = awkward === true ? string() : int64();
  const user = entity("user", { joinKeys: { k: key } });
  const schema = { k: key, e: timestamp(), c: timestamp(), x: float64(), n: int64() };
  const all = Array.from({ length: views }, (_, i) =>
    featureView(`view_${i}`, {
      entities: [user],
      source: parquet(`history_${i}`, { path: `history_${i}.parquet`, eventTime: "e", createdTime: "c", schema }),
      ttl: TTL,
      features: { x: float64(), n: int64() },
    }),
  );
  return snapshotFrom(Object.fromEntries(all.map((view, i) => [`view${i}`, view]))).snapshot;
}

/** Returns a snapshot of `view_0` over the partitions of a folder `history`. */
export function largeSnapshot(): Snapshot {
  const user = entity("user", { joinKeys: { k: int64() } });
  const schema = { k: int64(), e: timestamp(), c: timestamp(), x: float64(), n: int64() };
  const times = { eventTime: "e", createdTime: "c", partitions: { batch: "value" } } as const;
  const source = parquet("history", { path: "history/", schema, ...times });
  const features = { x: float64(), n: int64() };
  return snapshotFrom({ view: featureView("view_0", { entities: [user], source, ttl: TTL, features }) }).snapshot;
}

/** The features of the first `views` views. */
export const historyFeatures = (views = 1): string[] =>
  Array.from({ length: views }, (_, i) => [`view_${i}:x`, `view_${i}:n`]).flat();
