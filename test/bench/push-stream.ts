// The flights as a stream: events in the order of time, in batches, for a view of windows by airport.
import { columnOf, columnReader } from "../../offline/datasets/index.ts";
import { formatTime } from "../../sdk/time.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { readFlights } from "./flights.ts";

export const BATCH = 1_000;
export interface StreamEvent {
  readonly id: number;
  readonly time: string;
  readonly values: { readonly origin: string; readonly delay: number; readonly distance: number };
}

/** Returns `events` flights in the order of their times, from the first one that is at `share` of all. */
export async function flightStream(events: number, share = 0.5): Promise<StreamEvent[]> {
  const table = await readFlights();
  const read = (name: string, type: ValueType) => {
    const reader = columnReader(columnOf(table, name), type, { column: name });
    return (row: number) => reader(row) as Value;
  };
  const [date, origin] = [read("date", { kind: "timestamp" }), read("origin", { kind: "string" })];
  const [delay, distance] = [read("delay", { kind: "int64" }), read("distance", { kind: "int64" })];
  const times = BigInt64Array.from({ length: table.numRows }, (_, row) => date(row) as bigint);
  const rows = Uint32Array.from(times.keys()).sort(
    (a, b) => Number((times[a] as bigint) - (times[b] as bigint)) || a - b,
  );
  const from = Math.floor(rows.length * share);
  return Array.from(rows.subarray(from, from + events), (row) => ({
    id: row,
    time: formatTime(times[row] as bigint),
    values: { origin: origin(row) as string, delay: Number(delay(row)), distance: Number(distance(row)) },
  }));
}

/** Returns the bodies of the pushes that send events in batches. */
export function batchBodies(events: readonly StreamEvent[]): string[] {
  const bodies: string[] = [];
  for (let from = 0; from < events.length; from += BATCH) bodies.push(JSON.stringify(events.slice(from, from + BATCH)));
  return bodies;
}
