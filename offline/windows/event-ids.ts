// Events by their id: the same id counts once a key, and must say the same (SEMANTICS 4.6).
import { EdgefeatError } from "../../sdk/errors.ts";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { isInteger, packValue, parseTypeName, type ValueType } from "../../sdk/types/index.ts";
import { valueTypeOfArrow } from "../datasets/index.ts";
import { KeyNumbers, WordNumbers } from "../join/key-numbers.ts";
import type { SourceRows } from "../join/source-rows.ts";

/** Returns a reader of event ids as text; an integer id is its digits. */
export function eventIdReader(source: SourceRows, name: string): (row: number) => string | null {
  const type = valueTypeOfArrow(source.column(name).type) as ValueType;
  const read = source.reader(name, type);
  return (row) => {
    const id = read(row);
    return id === null ? null : String(id);
  };
}

/**
 * Returns the rows that repeat another, by their ids, with the row that each repeats: of one key, by row in `kids`; negative
 * ones take no part.
 * @throws missing_value for events without an id, event_conflict for one id of a key with two contents
 */
export function repeatedEvents(spec: AggregatedViewSpec, source: SourceRows, kids: Int32Array): Map<number, number> {
  const { eventId, name } = spec.source;
  const column = source.column(eventId as string);
  if (column.nullCount > 0) {
    throw new EdgefeatError(
      "missing_value",
      `source "${name}": ${column.nullCount} events have no id in "${eventId}"`,
      {
        hint: "give every event an id, or take eventId out of the source if they have none",
        details: { column: eventId, count: column.nullCount },
      },
    );
  }
  const read = eventIdReader(source, eventId as string);
  const ids = idNumbers(source, eventId as string, read);
  const events = new WordNumbers();
  /** By event: the row that it is met in first. */
  const firsts: number[] = [];
  const repeats = new Map<number, number>();
  const contentOf = eventContent(spec, source);
  for (const [row, kid] of kids.entries()) {
    if (kid < 0) continue;
    const event = events.number(kid, ids[row] as number, true);
    if (event === firsts.length) {
      firsts.push(row);
      continue;
    }
    const first = firsts[event] as number;
    if (contentOf(row) === contentOf(first)) {
      repeats.set(row, first);
      continue;
    }
    throw new EdgefeatError(
      "event_conflict",
      `source "${name}": the event id "${read(row)}" stands for two different events`,
      {
        hint: `rows ${first} and ${row} of the file differ; an id must name one event of its key`,
        details: { eventId: read(row), rows: [first, row] },
      },
    );
  }
  return repeats;
}

/** Returns a number by row, the same for equal ids. */
function idNumbers(source: SourceRows, name: string, read: (row: number) => string | null): Int32Array {
  const column = source.column(name);
  const type = valueTypeOfArrow(column.type) as ValueType;
  if (type.kind === "string" || isInteger(type)) return new KeyNumbers([type]).number([column], source.rows, true);
  const known = new Map<string | null, number>();
  return Int32Array.from({ length: source.rows }, (_, row) => {
    const id = read(row);
    if (!known.has(id)) known.set(id, known.size);
    return known.get(id) as number;
  });
}

/** Returns all that the view reads of an event, as one text that differs where they do. */
function eventContent(spec: AggregatedViewSpec, source: SourceRows): (row: number) => string {
  const readers = spec.columns.map(({ name, type: text }) => {
    const type = parseTypeName(text);
    const read = source.reader(name, type);
    return (row: number) => packValue(type, read(row));
  });
  const { eventTimes, createdTimes } = source;
  const created = (row: number) => (createdTimes?.isNull?.[row] === 1 ? "null" : String(createdTimes?.us[row]));
  return (row) => [String(eventTimes?.us[row]), created(row), ...readers.map((read) => read(row))].join();
}
