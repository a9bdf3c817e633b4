// The events of an hour of event times as a table: what a Parquet file of the log holds, a row an event.
import type { Table } from "apache-arrow";
import { type Us, US_PER_HOUR } from "../../sdk/time.ts";
import { parseJson, type Value, type ValueType } from "../../sdk/types/index.ts";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../datasets/index.ts";
import { jsonText, type LogEvent } from "./events.ts";
import { parseViews, viewsText } from "./pushes.ts";

/**
 * The columns of a file: `values` is a JSON object of what the event was told, `pushes` a JSON object of when the online
 * store last took it (µs), by view; null where it did not, false where it refused it.
 */
const COLUMNS = {
  event_id: "string",
  event_time: "timestamp",
  created_time: "timestamp",
  written_at: "timestamp",
  pushes: "string",
  values: "string",
} as const satisfies Record<string, ValueType["kind"]>;

type Column = keyof typeof COLUMNS;

/** The column of ids. */
export const EVENT_ID = "event_id" satisfies Column;

/** Returns the hour that an event belongs to, as its first moment. */
export function hourOf({ eventTimeUs }: Pick<LogEvent, "eventTimeUs">): Us {
  return Math.floor(eventTimeUs / US_PER_HOUR) * US_PER_HOUR;
}

/** Returns the table of some events, in their order. */
export function tableOfEvents(events: readonly LogEvent[]): Table {
  const cells: Record<Column, (event: LogEvent) => Value | null> = {
    event_id: ({ id }) => id,
    event_time: ({ eventTimeUs }) => BigInt(eventTimeUs),
    created_time: ({ createdTimeUs }) => (createdTimeUs === null ? null : BigInt(createdTimeUs)),
    written_at: ({ writtenAtUs }) => BigInt(writtenAtUs),
    pushes: ({ pushes }) => viewsText(pushes),
    values: ({ values }) => jsonText(values),
  };
  return tableOf(
    (Object.keys(COLUMNS) as Column[]).map((name) => [
      name,
      vectorFromValues({ kind: COLUMNS[name] }, events.map(cells[name])),
    ]),
  );
}

/** Yields the events of a table. @throws missing_column, type_mismatch, malformed_json for a table that none was written as */
export function* eventsOfTable(table: Table): Generator<LogEvent> {
  const read = (name: Column) => columnReader(columnOf(table, name), { kind: COLUMNS[name] }, { column: name });
  const us = (name: Column) => {
    const time = read(name);
    return (row: number) => Number(time(row));
  };
  const [id, pushes, values] = [read("event_id"), read("pushes"), read("values")];
  const [eventTimeUs, writtenAtUs, createdTime] = [us("event_time"), us("written_at"), read("created_time")];
  for (let row = 0; row < table.numRows; row++) {
    const created = createdTime(row);
    yield {
      id: id(row) as string | null,
      eventTimeUs: eventTimeUs(row),
      createdTimeUs: created === null ? null : Number(created),
      writtenAtUs: writtenAtUs(row),
      values: parseJson(values(row) as string) as Record<string, unknown>,
      pushes: parseViews(pushes(row) as string),
    };
  }
}
