// The events that one state is made of: those that pass its filter, with the values of its column.
import { compileExpression, evaluationContext } from "../../sdk/expressions/index.ts";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { parseTypeName, type Value, type ValueType } from "../../sdk/types/index.ts";
import type { StateSlot, WindowEvent } from "../../sdk/windows/index.ts";
import type { ColumnReader } from "../datasets/index.ts";
import type { SourceRows } from "../join/source-rows.ts";
import { eventIdReader } from "./event-ids.ts";
import type { OrderedEvents } from "./ordered-events.ts";

export interface SlotEvents {
  readonly events: OrderedEvents;
  /** By position: 1 where the event passes the filter and, but for states that keep nulls, has a value; null: all do. */
  readonly counts: Uint8Array | null;
  /** Returns the value at a position; true without a column. */
  value(position: number): Value | null;
  /** Returns the event at a position, all of it, for states that keep events. */
  event(position: number): WindowEvent;
}

/** Returns the events of each slot; slots of one column and filter share what can be shared. */
export function slotEventsOf(spec: AggregatedViewSpec, events: OrderedEvents): (slot: StateSlot) => SlotEvents {
  const { source, rows } = events;
  const passing = memo((where: string) => filterRows(source, where, spec));
  const readers = memo((column: string) =>
    source.reader(column, parseTypeName(spec.columns.find(({ name }) => name === column)?.type as string)),
  );
  const counting = memo((_key: string, { column, where, kind }: StateSlot): Uint8Array | null => {
    const vector = column === null || kind === "latest" ? null : source.column(column);
    const nullable = vector !== null && vector.nullCount > 0 ? vector : null;
    if (where === null && nullable === null) return null;
    const passes = where === null ? null : passing(where);
    return Uint8Array.from(rows, (row) =>
      (passes === null || passes[row] === 1) && (nullable === null || nullable.isValid(row)) ? 1 : 0,
    );
  });
  const { eventId } = source.source;
  const readId = eventId === null ? null : eventIdReader(source, eventId);
  const { eventTimes, createdTimes } = source;
  return (slot) => {
    const { column, where, kind } = slot;
    const read = column === null ? null : readers(column);
    const value = read === null ? () => true : (position: number) => read(rows[position] as number);
    return {
      events,
      counts: counting(JSON.stringify([column, where, kind === "latest"]), slot),
      value,
      event: (position) => {
        const row = rows[position] as number;
        return {
          value: value(position),
          eventTimeUs: Number(eventTimes?.us[row]),
          createdTimeUs:
            createdTimes === null || createdTimes.isNull?.[row] === 1 ? null : Number(createdTimes.us[row]),
          eventId: readId === null ? null : readId(row),
        };
      },
    };
  };
}

function memo<T, A extends unknown[]>(make: (key: string, ...rest: A) => T): (key: string, ...rest: A) => T {
  const made = new Map<string, T>();
  return (key, ...rest) => {
    if (!made.has(key)) made.set(key, make(key, ...rest));
    return made.get(key) as T;
  };
}

/** Returns 1 by row where the filter is true; null and faults are not true (SEMANTICS 5.1, 5.2). */
function filterRows(source: SourceRows, filter: string, spec: AggregatedViewSpec): Uint8Array {
  const scope = Object.fromEntries(spec.columns.map((c) => [c.name, parseTypeName(c.type)]));
  const expression = compileExpression(filter, scope, { result: { kind: "bool" }, requestTime: false });
  const readers = expression.inputs.map((name) => source.reader(name, scope[name] as ValueType));
  const inputs: (Value | null)[] = readers.map(() => null);
  const context = evaluationContext(0);
  return Uint8Array.from({ length: source.rows }, (_, row) => {
    for (let i = 0; i < readers.length; i++) inputs[i] = (readers[i] as ColumnReader)(row);
    return expression.evaluate(inputs, context) === true ? 1 : 0;
  });
}
