// What push tests push into: an aggregated and a stored view over one source of flights, and what their windows must say.
import {
  avg,
  count,
  entity,
  featureView,
  float64,
  int64,
  lag,
  last,
  lifetime,
  max,
  parquet,
  string,
  sum,
  timestamp,
} from "../../../sdk/index.ts";
import type { AggregatedViewSpec, Compiled } from "../../../sdk/registry/index.ts";
import { parseTime } from "../../../sdk/time.ts";
import type { EventLog, LogRecord } from "../../../worker/log/port.ts";
import { compiled } from "./definitions.ts";
import { TOKEN } from "./harness.ts";

export const airport = entity("airport", { joinKey: "origin", type: string() });
export const departures = parquet("departures", {
  path: "departures.parquet",
  eventTime: "date",
  createdTime: "created",
  eventId: "flight",
  schema: {
    flight: string(),
    date: timestamp(),
    created: timestamp(),
    origin: string(),
    delay: int64(),
    distance: float64(),
    carrier: string(),
    remarks: string(),
  },
});

export const pushed = featureView("pushed", {
  entities: [airport],
  source: departures,
  push: true,
  aggregations: {
    events_1h: count("1h"),
    delay_sum_1d: sum("delay", "1d"),
    late_max_1d: max("delay", "1d", { where: "delay > 0" }),
    distance_mean_1h: avg("distance", "1h"),
    carrier_last_1d: last("carrier", "1d"),
    events_ever: count(lifetime(), { hop: "1h" }),
    previous: lag("delay", 2, { hop: "1h" }),
  },
});

/** The same view with another window: its next version. */
export const pushedNext = featureView("pushed", {
  entities: [airport],
  source: departures,
  push: true,
  aggregations: { events_1h: count("1h"), events_2h: count("2h") },
});

/** Another view over the same source. */
export const counts = featureView("counts", {
  entities: [airport],
  source: departures,
  push: true,
  aggregations: { events_1h: count("1h") },
});

/** The same view as one that only batches fill. */
export const unpushedNext = featureView("pushed", {
  entities: [airport],
  source: departures,
  aggregations: { events_1h: count("1h"), events_2h: count("2h") },
});

export const latest = featureView("latest", {
  entities: [airport],
  source: departures,
  push: true,
  ttl: "6h",
  features: { delay: int64(), carrier: string() },
});

/** One row for all. */
export const overall = featureView("overall", {
  entities: [],
  source: departures,
  push: true,
  lateness: "10m",
  aggregations: { events_1h: count("1h"), delay_sum_1h: sum("delay", "1h") },
});

/** Only batches fill it. */
export const nightly = featureView("nightly", {
  entities: [airport],
  source: departures,
  aggregations: { events_30d: count("30d") },
});

export const FEATURES = Object.keys(pushed.aggregations as object).map((name) => `pushed:${name}`);

export function pushDefinitions(more: Record<string, unknown> = {}): Compiled {
  return compiled({ pushed, latest, overall, ...more });
}

export const pushedSpec = pushDefinitions().views["pushed"]?.spec as AggregatedViewSpec;

export interface FlightEvent {
  readonly id: string;
  readonly time: string;
  readonly origin: string;
  readonly delay: number | null;
  readonly distance: number | null;
  readonly carrier: string | null;
}

/** Returns an event as POST /v1/push takes it. */
export function eventOf({ id, time, ...values }: FlightEvent) {
  return { id, time, values };
}

/** Returns a flight of SEA; some of it as given. */
export function flightAt(id: string, time: string, more: Partial<FlightEvent> = {}): FlightEvent {
  return { id, time, origin: "SEA", delay: 10, distance: 100, carrier: "AS", ...more };
}

const HOUR_US = 3_600_000_000;
const us = (flight: FlightEvent) => parseTime(flight.time);

/** Returns what the view's features must be at `now`, by the plainest way, of the events of one airport that count. */
export function expectedAt(now: string, flights: readonly FlightEvent[]): unknown[] {
  const at = parseTime(now);
  const known = flights
    .filter((flight) => us(flight) <= at)
    .toSorted((a, b) => us(a) - us(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const from = (windowUs: number, hopUs: number) => Math.floor((at - windowUs) / hopUs) * hopUs;
  const hour = known.filter((flight) => us(flight) > from(HOUR_US, 60_000_000));
  const day = known.filter((flight) => us(flight) > from(24 * HOUR_US, HOUR_US));
  const some = <T>(values: readonly (T | null)[]) => values.filter((value) => value !== null);
  const delays = some(day.map(({ delay }) => delay));
  const late = delays.filter((delay) => delay > 0);
  const distances = some(hour.map(({ distance }) => distance));
  return [
    hour.length,
    delays.length === 0 ? null : delays.reduce((a, b) => a + b, 0),
    late.length === 0 ? null : Math.max(...late),
    distances.length === 0 ? null : distances.reduce((a, b) => a + b, 0) / distances.length,
    some(day.map(({ carrier }) => carrier)).at(-1) ?? null,
    known.length,
    known.at(-2)?.delay ?? null,
  ];
}

/** A log in memory, which fails when told to. */
export class MemoryLog implements EventLog {
  readonly records: LogRecord[] = [];
  /** Called before an append. */
  before: (() => Promise<void>) | undefined;

  async append(records: readonly LogRecord[]) {
    await this.before?.();
    this.records.push(...records);
  }
}

export const LINES = { "content-type": "application/x-ndjson" };
export const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
