// The data of the point-in-time benchmarks: real US flights as a history by route, and entity rows drawn from them.
import { fileURLToPath } from "node:url";
import type { Table } from "apache-arrow";
import { readTableFile } from "../../offline/datasets/files.ts";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { count, entity, featureView, int64, parquet, string, sum, timestamp } from "../../sdk/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { US_PER_MINUTE } from "../../sdk/time.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { snapshotFrom } from "../support/snapshots.ts";

const TEXT: ValueType = { kind: "string" };
const TIME: ValueType = { kind: "timestamp" };

/** 3 million rows of date, delay, distance, origin, destination; 3,399 routes, with times to the minute and so many ties. */
export const FLIGHTS_FILE = fileURLToPath(
  new URL("../../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url),
);

export const FEATURES = ["delay", "distance"] as const;

/** Returns the flights as one Arrow table. */
export async function readFlights(): Promise<Table> {
  return readTableFile(FLIGHTS_FILE, { columns: ["origin", "destination", "date", ...FEATURES] });
}

/** Returns a snapshot of one stored view, `last_flight`, of the latest flight of a route. */
export function flightsSnapshot(): Snapshot {
  const route = entity("route", { joinKeys: { origin: string(), destination: string() } });
  const source = parquet("departures", { path: FLIGHTS_FILE, eventTime: "date" });
  const lastFlight = featureView("last_flight", {
    entities: [route],
    source,
    features: { delay: int64(), distance: int64() },
  });
  return snapshotFrom({ lastFlight }).snapshot;
}

/** The windows of `airport_delays`, each with a sum and a count. */
export const WINDOWS = ["1h", "1d", "7d", "30d"] as const;

/** Returns a snapshot of one aggregated view, `airport_delays`: features `sum_1h`, `count_1h`, … by origin. */
export function windowsSnapshot(): Snapshot {
  const airport = entity("airport", { joinKeys: { origin: string() } });
  const schema = { date: timestamp(), delay: int64(), origin: string() };
  const source = parquet("departures", { path: FLIGHTS_FILE, eventTime: "date", schema });
  const sums = WINDOWS.map((window) => [`sum_${window}`, sum("delay", window)] as const);
  const counts = WINDOWS.map((window) => [`count_${window}`, count(window)] as const);
  const aggregations = Object.fromEntries([...sums, ...counts]);
  const airportDelays = featureView("airport_delays", { entities: [airport], source, aggregations });
  return snapshotFrom({ airportDelays }).snapshot;
}

/**
 * Returns `rows` entity rows `rid, origin, destination, event_timestamp`: flights evenly spread over the history, each
 * up to a day later than it was, by minutes, so that times meet ties and gaps alike. The same on every run.
 */
export function entityRows(flights: Table, rows: number): Table {
  const step = flights.numRows / rows;
  const at = Array.from({ length: rows }, (_, i) => Math.floor(i * step));
  const column = (name: string, type: ValueType) => {
    const read = columnReader(columnOf(flights, name), type, { column: name });
    return at.map(read) as Value[];
  };
  const minutes = pseudoRandom();
  const times = (column("date", TIME) as bigint[]).map((date) => date + BigInt(minutes(24 * 60) * US_PER_MINUTE));
  return tableOf([
    ["rid", vectorFromValues({ kind: "int32" }, at.keys())],
    ["origin", vectorFromValues(TEXT, column("origin", TEXT))],
    ["destination", vectorFromValues(TEXT, column("destination", TEXT))],
    ["event_timestamp", vectorFromValues(TIME, times)],
  ]);
}

/** Returns whole numbers below a bound, from a linear congruential sequence. */
function pseudoRandom(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
