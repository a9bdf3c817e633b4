// The entity rows of a training set: checked, with their times as integers.
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { FeaturePlan, InputColumn } from "../../sdk/plan/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import type { Us } from "../../sdk/time.ts";
import { columnReader, type ColumnReader } from "../datasets/index.ts";
import { Reasons, type SetAside, type UnreadCell } from "./bad-rows.ts";
import { addBadTimes, firstNulls, readTimes, type TimeColumn } from "./times.ts";

export interface EntityRows {
  readonly table: Table;
  readonly rows: number;
  /** t′ = entity time − embargo, µs, by row. */
  readonly times: BigInt64Array;
  /** Entity times that were finer than a microsecond and were rounded down (SEMANTICS 1.2). */
  readonly roundedTimes: number;
  /** Returns the Arrow column of a join key, type-checked. */
  key(column: InputColumn): Vector;
  /** By field of request data: reads row i. */
  readonly request: ReadonlyMap<string, ColumnReader>;
}

const OF = "the entity rows";

/**
 * Returns the entity rows without those that lack a usable time in one of `timeColumns`, or a cell that could not be read in a column
 * that `plan` needs: they are set aside (SEMANTICS 1.3). @throws missing_column, type_mismatch
 */
export function usableEntityRows(
  table: Table,
  plan: FeaturePlan,
  timeColumns: readonly string[],
  unreadCells: readonly UnreadCell[],
  aside: SetAside,
): Table {
  const reasons = new Reasons();
  const needed = new Set([
    ...timeColumns,
    ...plan.keys.map(({ name }) => name),
    ...plan.request.map(({ name }) => name),
  ]);
  for (const { row, column, reason } of unreadCells) if (needed.has(column)) reasons.add(row, reason);
  for (const column of timeColumns) addBadTimes(reasons, table.getChild(column), { column, of: OF, round: "down" });
  return aside.take(OF, table, reasons);
}

/**
 * Returns the entity rows of `table`, checked against what the plan needs.
 * @throws missing_column, type_mismatch, null_time, missing_value
 */
export function checkEntityRows(table: Table, plan: FeaturePlan, entityTime: string, embargoUs: Us): EntityRows {
  const columns = Object.fromEntries(table.schema.fields.map((field, i) => [field.name, i]));
  const column = (name: string, what: string): Vector => {
    const index = lookUp(columns, name, `${what} column in the entity rows called`, "missing_column");
    return table.getChildAt(index) as Vector;
  };
  const times: TimeColumn = readTimes(column(entityTime, "time"), {
    column: entityTime,
    of: OF,
    round: "down",
  });
  if (embargoUs > 0) {
    const embargo = BigInt(embargoUs);
    times.us.forEach((t, i) => (times.us[i] = t - embargo));
  }
  const key = (input: InputColumn): Vector => {
    const vector = column(input.name, "join key");
    columnReader(vector, input.type, { column: input.name });
    return vector;
  };
  const request = new Map<string, ColumnReader>();
  for (const field of plan.request) {
    const vector = column(field.name, "request data");
    if (vector.nullCount > 0) throw nullRequestData(field.name, vector);
    request.set(field.name, columnReader(vector, field.type, { column: field.name }));
  }
  for (const input of plan.keys) key(input);
  return { table, rows: table.numRows, times: times.us, roundedTimes: times.rounded, key, request };
}

function nullRequestData(name: string, vector: Vector): EdgefeatError {
  const rows = firstNulls(vector);
  return new EdgefeatError(
    "missing_value",
    `request data "${name}" is null in ${vector.nullCount} entity rows, first ${rows.join(", ")}`,
    {
      hint: "a request must bring it online, so training rows must have it too: fill the column or leave those rows out",
      details: { column: name, count: vector.nullCount, rows },
    },
  );
}
