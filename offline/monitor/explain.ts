// What explains values that differ: the other join that gives most of them, then the one that gives most of the rest.
import { formatTime } from "../../sdk/time.ts";
import { type Value, valueToJson, type ValueType } from "../../sdk/types/index.ts";
import type { ColumnReader } from "../datasets/index.ts";
import type { AuditTable } from "./audit-columns.ts";
import type { AuditedRow, AuditFinding } from "./audit-report.ts";
import { share } from "./audit-times.ts";
import { type FindingText, RowsFound } from "./finding.ts";
import type { OtherJoin } from "./other-joins.ts";
import { isMissing, sameValue } from "./same-value.ts";

/** One feature column beside what the definitions give. */
export interface Difference {
  /** The column's name in the training set, and the feature's full name. */
  readonly name: string;
  readonly fullName: string;
  /** What the column holds, and what the definitions say: an int64 feature may be in a column of doubles. */
  readonly type: ValueType;
  readonly declared: ValueType;
  readonly actual: ColumnReader;
  readonly expected: ColumnReader;
  readonly tolerance: number;
  /** What an event time must be later than to have leaked; null for an on-demand feature, which may be of a later time by itself. */
  readonly until: ((row: number) => bigint) | null;
  /** The rows that differ. */
  readonly rows: readonly number[];
}

/** A feature's values, by one of the other joins. */
export interface Suspect {
  readonly join: OtherJoin;
  /** Returns what it gives for a row; undefined for a row that was not tried. */
  readonly read: (row: number) => Value | null | undefined;
  readonly eventTime: (row: number) => bigint | null;
}

export interface Explanation {
  readonly suspect: Suspect;
  readonly rows: readonly number[];
}

/** Returns which suspects explain how many of `rows`, the best first, and the rows that none does. */
export function explanationsOf(
  { actual, tolerance, until }: Difference,
  suspects: readonly Suspect[],
  rows: readonly number[],
): { found: Explanation[]; left: readonly number[] } {
  const isTimed = suspects.some(({ eventTime }) => rows.some((row) => eventTime(row) !== null));
  /** A leak needs an event from later: a default, a count of none, or a window with an early edge elsewhere has none. */
  const isLater = ({ join, eventTime }: Suspect, row: number) => {
    const e = eventTime(row);
    if (e === null) return !isTimed;
    return join.byCreated || until === null || e > until(row);
  };
  const explains = (suspect: Suspect, row: number) => {
    const value = actual(row);
    const other = suspect.read(row);
    if (other === undefined || !sameValue(value, other, tolerance)) return false;
    // A value that is missing holds nothing that could have leaked.
    return !suspect.join.leaks || (!isMissing(value) && isLater(suspect, row));
  };
  const found: Explanation[] = [];
  let left = rows;
  while (left.length > 0) {
    let best: Explanation | undefined;
    for (const suspect of suspects) {
      const explained = left.filter((row) => explains(suspect, row));
      if (explained.length > (best?.rows.length ?? 0)) best = { suspect, rows: explained };
    }
    if (best === undefined) break;
    found.push(best);
    const taken = new Set(best.rows);
    left = left.filter((row) => !taken.has(row));
  }
  return { found, left };
}

/** Returns the findings of one feature: one of each explanation, and one of the rows that have none. */
export function explainDifference(
  difference: Difference,
  suspects: readonly Suspect[],
  set: AuditTable,
): AuditFinding[] {
  const { name, actual, expected, type, declared } = difference;
  const finding = (
    rows: readonly number[],
    eventTime: (row: number) => bigint | null,
    text: (values: string) => Pick<FindingText, "severity" | "code" | "message" | "hint">,
  ) => {
    const found = new RowsFound();
    for (const row of rows) {
      found.add((): AuditedRow => {
        const e = eventTime(row);
        return {
          row,
          entityTime: formatTime(set.times[row] as bigint),
          ...(e === null ? {} : { eventTime: formatTime(e) }),
          value: shownValue(type, actual(row)),
          expected: shownValue(declared, expected(row)),
        };
      });
    }
    return found.finding(set.rows, (count) => ({
      ...text(`${share(count, set.rows)} of the values of "${name}"`),
      column: name,
    }));
  };
  const { found, left } = explanationsOf(difference, suspects, difference.rows);
  const explained = found.flatMap(({ suspect: { join, eventTime }, rows }) =>
    finding(rows, eventTime, (values) => ({
      severity: join.leaks ? "leak" : "mismatch",
      code: join.leaks ? "value_from_later" : "value_differs",
      message: `${values} are not those known at the row's time, but those ${join.what}`,
      hint: join.leaks
        ? "make the training set anew with a point-in-time join (edgefeat historical)"
        : "decide which is meant: the definitions are what will be served",
    })),
  );
  const others = finding(
    left,
    () => null,
    (values) => ({
      severity: "mismatch",
      code: "value_differs",
      message: `${values} are others than the definitions give, for a reason not found`,
      hint: "see whether the definitions or the data have changed since, or other code computed the feature",
    }),
  );
  return [...explained, ...others];
}

function shownValue(type: ValueType, value: Value | null): string {
  const text = value === null ? "null" : valueToJson(type, value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
