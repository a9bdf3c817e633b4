// Values computed anew from the definitions, compared with a training set's, and what differs explained.
import type { Table } from "apache-arrow";
import { columnOf, columnReader } from "../datasets/index.ts";
import type { TimeColumn } from "../join/times.ts";
import type { AuditColumn, AuditTable } from "./audit-columns.ts";
import { eventTimesOf, joinAgain } from "./audit-join.ts";
import type { AuditDefinitions, AuditFinding, AuditOptions } from "./audit-report.ts";
import { type Difference, explainDifference } from "./explain.ts";
import { readToCompare, sameValue, toleranceOf } from "./same-value.ts";
import { trySuspects } from "./suspects.ts";

export interface ComparedColumn {
  /** The event times that the definitions' values have. */
  readonly eventTimes: TimeColumn;
  readonly findings: readonly AuditFinding[];
  /** How many rows were compared. */
  readonly compared: number;
}

/** Computes the features anew, compares them with the columns, and explains what differs. Returns what was found by column. */
export async function compareValues(
  set: AuditTable,
  definitions: AuditDefinitions,
  options: AuditOptions,
): Promise<Map<AuditColumn, ComparedColumn>> {
  const { embargoUs = 0, asKnownAt, asServed } = options;
  const known = asServed === undefined ? (asKnownAt === undefined ? {} : { asKnownAt }) : { asServed };
  const how = { what: "compute anew", times: set.times, embargoUs, ...known };
  const anew = await joinAgain(set, definitions, how, options);
  options.onProgress?.({ stage: "compare", done: 0, total: 0 });
  const found = new Map<AuditColumn, ComparedColumn>();
  const differences = new Map<AuditColumn, Difference>();
  for (const column of set.columns) {
    if (column.output === null) continue;
    const difference = differenceOf(column, anew, set, options);
    const eventTimes = eventTimesOf(anew, fullName(column.output));
    if (difference === null) {
      const message = `"${column.name}" holds ${String(column.vector.type)}, which can't be compared with ${column.output.reference}`;
      found.set(column, { eventTimes, compared: 0, findings: [notChecked(column.name, set.rows, message)] });
      continue;
    }
    found.set(column, { eventTimes, compared: set.rows, findings: [] });
    if (difference.rows.length > 0) differences.set(column, difference);
  }
  if (differences.size === 0) return found;
  const suspects = await trySuspects([...differences.values()], set, definitions, options);
  for (const [column, difference] of differences) {
    const findings = explainDifference(difference, suspects.get(difference) ?? [], set);
    found.set(column, { ...(found.get(column) as ComparedColumn), findings });
  }
  return found;
}

function fullName({ label, feature }: NonNullable<AuditColumn["output"]>): string {
  return `${label}__${feature}`;
}

/** Returns the rows in which a column's values are others than `anew` has; null where they can't be compared. */
function differenceOf(column: AuditColumn, anew: Table, set: AuditTable, options: AuditOptions): Difference | null {
  const { name, vector } = column;
  const output = column.output as NonNullable<AuditColumn["output"]>;
  const found = readToCompare(vector, output.type, name);
  if (found === null) return null;
  const expected = columnReader(columnOf(anew, fullName(output)), output.type, { column: name });
  const tolerance = options.tolerance ?? toleranceOf(output.type);
  const embargo = BigInt(options.embargoUs ?? 0);
  const rows: number[] = [];
  for (let row = 0; row < set.rows; row++) if (!sameValue(found.read(row), expected(row), tolerance)) rows.push(row);
  return {
    name,
    fullName: fullName(output),
    type: found.type,
    declared: output.type,
    actual: found.read,
    expected,
    tolerance,
    until: output.read < 0 ? null : (row) => (set.times[row] as bigint) - embargo,
    rows,
  };
}

/** Returns the warning that nothing is known of a feature. */
export function notChecked(column: string | null, rows: number, message: string): AuditFinding {
  const hint = "check what the training set was made from";
  return { severity: "warning", code: "not_checked", column, rows, of: rows, message, hint, first: [] };
}
