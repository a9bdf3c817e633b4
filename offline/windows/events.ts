// The events of an aggregated view in the engine: keys, times, the values and filters that its windows read.
import type { Vector } from "apache-arrow";
import { compileExpression, evaluationContext } from "../../sdk/expressions/index.ts";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { isNumeric, parseTypeName, type Value, type ValueType } from "../../sdk/types/index.ts";
import type { StateSlot } from "../../sdk/windows/index.ts";
import type { ColumnReader } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import { emitInRange, emitSameKey } from "../join/emit.ts";
import { loadSource, numberSourceKeys } from "../join/keys.ts";
import type { SourceRows, TimeRange } from "../join/source-rows.ts";
import { boolColumn, int64Column, run } from "../join/tables.ts";
import { checkEventIds } from "./event-ids.ts";
import type { SlotColumns } from "./lowering.ts";
import { orderedInteger } from "./ordered-double.ts";

/** Which events matter: those in a range of times, with a key in `ef_keys` or, where that is yet to be made, any key. */
export interface EventSelection {
  readonly range: TimeRange;
  /** "entity": `ef_keys` holds the entity rows' keys; "source": it is made here, from the source's. */
  readonly keys: "entity" | "source";
  /** Whether windows ask what was known: then events without a created time are left out, and `ef_events` has a column c. */
  readonly known?: boolean;
}

/** Makes `ef_events(kid, e, rn, x0, …, q0, …)` and returns the columns of each slot. */
export async function loadEvents(
  engine: Engine,
  spec: AggregatedViewSpec,
  slots: readonly StateSlot[],
  source: SourceRows,
  { range, keys, known = false }: EventSelection,
  options?: QueryOptions,
): Promise<SlotColumns[]> {
  const valueColumns = [...new Set(slots.map((s) => s.column).filter((c) => c !== null))];
  const filters = [...new Set(slots.map((s) => s.where).filter((w) => w !== null))];
  const types = new Map(spec.columns.map((c) => [c.name, parseTypeName(c.type)]));
  const isOrdered = (name: string | null) =>
    name !== null &&
    isFloat(types.get(name) as ValueType) &&
    slots.some(({ column, kind }) => column === name && (kind === "min" || kind === "max"));
  const extra: Record<string, Vector> = {};
  const select: string[] = [];
  for (const [i, name] of valueColumns.entries()) {
    const type = types.get(name) as ValueType;
    extra[`x${i}`] = valueColumn(source, name, type);
    select.push(`${castValue(`s.x${i}`, type)} AS x${i}`);
    if (!isOrdered(name)) continue;
    extra[`m${i}`] = orderedColumn(source, name, type);
    select.push(`s.m${i} AS m${i}`);
  }
  for (const [i, filter] of filters.entries()) {
    extra[`q${i}`] = boolColumn(filterRows(source, filter, spec));
    select.push(`s.q${i} AS q${i}`);
  }
  const { eventId } = source.source;
  if (eventId !== null) extra["id"] = source.column(eventId);
  await loadSource(engine, source, extra, options);
  const keyTypes = spec.joinKeys.map((key) => parseTypeName(key.type));
  if (keys === "source") await numberSourceKeys(engine, keyTypes, options);
  if (eventId !== null) await checkEventIds(engine, spec, source, keyTypes, options);
  const once = eventId === null ? "" : "QUALIFY row_number() OVER (PARTITION BY k.kid, s.id ORDER BY s.rn) = 1";
  await run(
    engine,
    [
      `CREATE OR REPLACE TABLE ef_events AS SELECT ${["k.kid", "s.e", ...(known ? ["s.c"] : []), "s.rn", ...select].join(", ")}
       FROM ef_source s JOIN ef_keys k ON ${emitSameKey("s", keyTypes)} WHERE ${emitInRange("s.e", range)}${known ? " AND s.c IS NOT NULL" : ""} ${once}`,
      "DROP TABLE ef_source",
    ],
    options,
  );
  return slots.map(({ column, where }) => ({
    x: column === null ? null : `x${valueColumns.indexOf(column)}`,
    ordered: column === null ? null : `${isOrdered(column) ? "m" : "x"}${valueColumns.indexOf(column)}`,
    q: where === null ? "true" : `q${filters.indexOf(where)}`,
    nullable: column !== null && source.column(column).nullCount > 0,
  }));
}

/** Numbers pass as they are, timestamps as µs; of other types only whether there is a value matters to SQL. */
function valueColumn(source: SourceRows, name: string, type: ValueType): Vector {
  const read = source.reader(name, type);
  const column = source.column(name);
  if (isNumeric(type)) return column;
  const values = new BigInt64Array(source.rows);
  if (type.kind === "timestamp")
    for (let row = 0; row < values.length; row++) values[row] = (read(row) ?? 0n) as bigint;
  if (column.nullCount === 0) return int64Column(values);
  return int64Column(
    values,
    Uint8Array.from(values, (_, row) => (column.isValid(row) ? 0 : 1)),
  );
}

/** Returns a float column as min and max compare it. */
function orderedColumn(source: SourceRows, name: string, type: ValueType): Vector {
  const read = source.reader(name, type);
  const isNull = new Uint8Array(source.rows);
  const values = new BigInt64Array(source.rows);
  for (let row = 0; row < values.length; row++) {
    const value = read(row) as number | null;
    if (value === null || Number.isNaN(value)) isNull[row] = 1;
    else values[row] = orderedInteger(value);
  }
  return int64Column(values, isNull);
}

function isFloat(type: ValueType): boolean {
  return type.kind === "float32" || type.kind === "float64";
}

function castValue(sql: string, type: ValueType): string {
  return isFloat(type) ? `CAST(${sql} AS DOUBLE)` : `CAST(${sql} AS BIGINT)`;
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
