// The flights of the example as plain columns, in the order they left, from the three million of vega-datasets.
import { fileURLToPath } from "node:url";
import { columnOf, columnReader } from "../../../offline/datasets/index.ts";
import { readTableFile } from "../../../offline/datasets/files.ts";
import { US_PER_MINUTE, type Us } from "../../../sdk/time.ts";
import type { ValueType } from "../../../sdk/types/index.ts";

export interface Flight {
  readonly origin: string;
  readonly destination: string;
  readonly departureUs: Us;
  /** When its delay was known. The data doesn't say: the schedule is taken as half an hour and 420 miles an hour. */
  readonly landedUs: Us;
  /** On arrival, in minutes. */
  readonly delay: number;
}

export const LATE_MINUTES = 15;

const FILE = fileURLToPath(new URL("../../../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url));

/** Returns the flights that left in [from, to), by departure; times are local ones, taken for UTC. */
export async function readFlights(from: Us, to: Us): Promise<Flight[]> {
  const table = await readTableFile(FILE, { columns: ["date", "delay", "distance", "origin", "destination"] });
  const reader = (name: string, kind: "string" | "int64" | "timestamp") =>
    columnReader(columnOf(table, name), { kind } satisfies ValueType, { column: name });
  const [date, delay, distance] = [reader("date", "timestamp"), reader("delay", "int64"), reader("distance", "int64")];
  const [origin, destination] = [reader("origin", "string"), reader("destination", "string")];
  const flights: Flight[] = [];
  for (let row = 0; row < table.numRows; row++) {
    const departureUs = Number(date(row));
    if (departureUs < from || departureUs >= to) continue;
    const minutes = Math.round(30 + Number(distance(row)) / 7);
    const late = Number(delay(row));
    flights.push({
      origin: origin(row) as string,
      destination: destination(row) as string,
      departureUs,
      landedUs: departureUs + (minutes + late) * US_PER_MINUTE,
      delay: late,
    });
  }
  return flights.sort((a, b) => a.departureUs - b.departureUs);
}
