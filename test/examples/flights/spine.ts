// Entity rows of the example: a sample of real flights to train on, and every airport and route to compare.
import type { Table } from "apache-arrow";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { readTableFile } from "../../../offline/datasets/files.ts";
import { parseTimeExact } from "../../../sdk/time.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { airports, departures } from "./features.ts";
import { NOW, repo } from "./commands.ts";

const TEXT: ValueType = { kind: "string" };
const TIME: ValueType = { kind: "timestamp" };
const NUMBER: ValueType = { kind: "float64" };
const INTEGER: ValueType = { kind: "int64" };

/** The trip that every compared vector is asked for. */
export const TRIP = { departure: parseTimeExact("2001-07-01T05:30:00Z"), scheduled_minutes: 95.5 };

export const readFlights = (): Promise<Table> => readTableFile(`${repo}${departures.path}`);

/**
 * Returns `rows` flights, evenly spread, as training examples: who, when, what a request would bring, and the label.
 * The minutes scheduled are not in the data: they are the distance at 420 miles an hour and half an hour on the ground.
 */
export function trainingSpine(flights: Table, rows: number): Table {
  const step = Math.floor(flights.numRows / rows);
  const column = (name: string, type: ValueType) => {
    const read = columnReader(columnOf(flights, name), type, { column: name });
    return Array.from({ length: rows }, (_, i) => read(i * step));
  };
  const dates = column("date", TIME);
  const delays = column("delay", INTEGER);
  return tableOf([
    ["origin", vectorFromValues(TEXT, column("origin", TEXT))],
    ["destination", vectorFromValues(TEXT, column("destination", TEXT))],
    ["event_timestamp", vectorFromValues(TIME, dates)],
    ["departure", vectorFromValues(TIME, dates)],
    [
      "scheduled_minutes",
      vectorFromValues(
        NUMBER,
        column("distance", INTEGER).map((miles) => Number(miles) / 7 + 30),
      ),
    ],
    [
      "label_late",
      vectorFromValues(
        { kind: "bool" },
        delays.map((delay) => (delay as bigint) > 15n),
      ),
    ],
  ]);
}

/** Returns every route that was ever flown, by origin and destination. */
export function everyRoute(flights: Table): [string, string][] {
  const origin = columnReader(columnOf(flights, "origin"), TEXT, { column: "origin" });
  const destination = columnReader(columnOf(flights, "destination"), TEXT, { column: "destination" });
  const routes = new Map<string, [string, string]>();
  for (let row = 0; row < flights.numRows; row++) {
    const [from, to] = [origin(row) as string, destination(row) as string];
    routes.set(`${from} ${to}`, [from, to]);
  }
  return [...routes.values()].toSorted(([a, b], [c, d]) => (a + b < c + d ? -1 : 1));
}

/** Returns every airport of the package, flown from or not, and one that does not exist. */
export async function everyAirport(): Promise<string[]> {
  const table = await readTableFile(`${repo}${airports.path}`, { columns: ["iata"], types: { iata: TEXT } });
  const read = columnReader(columnOf(table, "iata"), TEXT, { column: "iata" });
  return [...Array.from({ length: table.numRows }, (_, row) => read(row) as string), "ZZZZ"];
}

/** Returns entity rows at NOW with these columns, and the trip. */
export function spineAtNow(columns: Readonly<Record<string, readonly string[]>>): Table {
  const rows = Object.values(columns)[0]?.length ?? 0;
  const same = (type: ValueType, value: Value) =>
    vectorFromValues(
      type,
      Array.from({ length: rows }, () => value),
    );
  return tableOf([
    ...Object.entries(columns).map(([name, values]) => [name, vectorFromValues(TEXT, values)] as const),
    ["event_timestamp", same(TIME, parseTimeExact(NOW))],
    ["departure", same(TIME, TRIP.departure)],
    ["scheduled_minutes", same(NUMBER, TRIP.scheduled_minutes)],
  ]);
}
