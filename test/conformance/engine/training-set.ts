// One training set of every kind of view, large enough that an engine's threads share the work, as a hash of its bytes.
import { tableToIPC } from "apache-arrow";
import { tableOf, vectorFromTyped, vectorFromValues } from "../../../offline/datasets/index.ts";
import type { Engine } from "../../../offline/engine/index.ts";
import { getHistoricalFeatures } from "../../../offline/join/historical.ts";
import {
  avg,
  count,
  entity,
  featureView,
  first,
  float64,
  int64,
  last,
  max,
  min,
  onDemandView,
  parquet,
  string,
  sum,
} from "../../../sdk/index.ts";
import { hexOf } from "../../../sdk/sha256.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const SOURCE_ROWS = 160_000;
const ENTITY_ROWS = 130_000;
const KEYS = 3_000;
const DAY_US = 86_400_000_000;

const key = entity("airport", { joinKey: "origin", type: string() });
const source = parquet("departures", { path: "departures.parquet", eventTime: "at", createdTime: "known" });
const stored = featureView("stored", {
  entities: [key],
  source,
  ttl: "2d",
  features: { delay: int64(), ratio: float64(), carrier: string() },
});
const windows = featureView("windows", {
  entities: [key],
  source,
  aggregations: {
    events: count("6h"),
    total: sum("delay", "1d"),
    exact: sum("ratio", "1d"),
    mean: avg("ratio", "2d"),
    lowest: min("delay", "12h"),
    highest: max("ratio", "1d"),
    earliest: first("carrier", "1d"),
    latest: last("delay", "6h"),
  },
});
const derived = onDemandView("derived", {
  inputs: [stored, windows],
  features: { share: float64(), late: int64() },
  expressions: { share: "ratio / mean", late: "delay > highest ? 1 : 0" },
});

/** Small whole numbers that look random, the same everywhere. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function column<T>(rows: number, valueOf: () => T): T[] {
  return Array.from({ length: rows }, valueOf);
}

/** Returns the hash of the training set's Arrow bytes. */
export async function trainingSetHash(engine: Engine): Promise<string> {
  const random = numbers(42);
  const time = (rows: number) =>
    vectorFromTyped(
      { kind: "timestamp" },
      // On the minute, so that a key has many rows of one time.
      BigInt64Array.from({ length: rows }, () => BigInt(random(4 * 1_440) * 60_000_000 + 10 * DAY_US)),
    );
  const keyOf = () => (random(50) === 0 ? null : `airport number ${random(KEYS)}`);
  const history = tableOf([
    ["origin", vectorFromValues({ kind: "string" }, column(SOURCE_ROWS, keyOf))],
    ["at", time(SOURCE_ROWS)],
    ["known", time(SOURCE_ROWS)],
    [
      "delay",
      vectorFromValues(
        { kind: "int64" },
        column(SOURCE_ROWS, () => (random(9) === 0 ? null : BigInt(random(500) - 100))),
      ),
    ],
    [
      "ratio",
      vectorFromValues(
        { kind: "float64" },
        column(SOURCE_ROWS, () => (random(9) === 0 ? null : random(1_000_000) / 1_000)),
      ),
    ],
    [
      "carrier",
      vectorFromValues(
        { kind: "string" },
        column(SOURCE_ROWS, () => `carrier ${random(20)}`),
      ),
    ],
  ]);
  const entities = tableOf([
    ["origin", vectorFromValues({ kind: "string" }, column(ENTITY_ROWS, keyOf))],
    ["event_timestamp", time(ENTITY_ROWS)],
  ]);
  const types = {
    origin: { kind: "string" },
    at: { kind: "timestamp" },
    known: { kind: "timestamp" },
    delay: { kind: "int64" },
    ratio: { kind: "float64" },
    carrier: { kind: "string" },
  } as const;
  const { snapshot } = snapshotFrom({ stored, windows, derived }, { departures: types });
  const features = [
    ...["delay", "ratio", "carrier"].map((name) => `stored:${name}`),
    ...["events", "total", "exact", "mean", "lowest", "highest", "earliest", "latest"].map((name) => `windows:${name}`),
    "derived:share",
    "derived:late",
  ];
  const { table } = await getHistoricalFeatures({
    engine,
    entities,
    snapshot,
    request: { features },
    readSource: async (_, columns) => (columns === undefined ? history : history.select([...columns])),
  });
  const hash = await crypto.subtle.digest("SHA-256", tableToIPC(table, "stream") as Uint8Array<ArrayBuffer>);
  return hexOf(new Uint8Array(hash));
}
