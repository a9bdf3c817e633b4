// Events by their id: the same id counts once a key, and must say the same (SEMANTICS 4.6).
import { EdgefeatError } from "../../sdk/errors.ts";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { packValue, parseTypeName, type ValueType } from "../../sdk/types/index.ts";
import { valueTypeOfArrow } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import { emitSameKey } from "../join/emit.ts";
import type { SourceRows } from "../join/source-rows.ts";
import { int32Result } from "../join/tables.ts";

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
 * Checks the ids of `ef_source`'s events with one of `ef_keys`.
 * @throws missing_value for events without an id, event_conflict for one id of a key with two contents
 */
export async function checkEventIds(
  engine: Engine,
  spec: AggregatedViewSpec,
  source: SourceRows,
  keyTypes: readonly ValueType[],
  options?: QueryOptions,
): Promise<void> {
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
  const repeated = await engine.query(
    `SELECT s.rn AS rn, min(s.rn) OVER same AS representative FROM ef_source s JOIN ef_keys k ON ${emitSameKey("s", keyTypes)}
     WINDOW same AS (PARTITION BY k.kid, s.id) QUALIFY count(*) OVER same > 1 ORDER BY representative`,
    [],
    options,
  );
  const rows = int32Result(repeated, "rn");
  const firsts = int32Result(repeated, "representative");
  const contentOf = eventContent(spec, source);
  const read = eventIdReader(source, eventId as string);
  for (const [i, row] of rows.entries()) {
    const first = firsts[i] as number;
    if (contentOf(row) === contentOf(first)) continue;
    throw new EdgefeatError(
      "event_conflict",
      `source "${name}": the event id "${read(row)}" stands for two different events`,
      {
        hint: `rows ${first} and ${row} of the file differ; an id must name one event of its key`,
        details: { eventId: read(row), rows: [first, row] },
      },
    );
  }
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
