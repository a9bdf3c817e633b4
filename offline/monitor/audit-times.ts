// What the event times of a feature's values tell: later than the row, older than the TTL, those of the label (SEMANTICS 2.9).
import { formatTime, type Us } from "../../sdk/time.ts";
import type { TimeColumn } from "../join/times.ts";
import type { AuditColumn, AuditTable } from "./audit-columns.ts";
import type { AuditedRow, AuditFinding } from "./audit-report.ts";
import { RowsFound } from "./finding.ts";

/** From this share of the rows on, an event time that equals another time is no chance. */
const NEARLY_ALL = 0.95;

/** Returns the findings on one column's event times as the file has them. */
export function judgeTimes(column: AuditColumn, set: AuditTable, embargoUs: Us): AuditFinding[] {
  if (column.eventTimes === null) return [];
  const { times, name: timesName } = column.eventTimes;
  const { name } = column;
  const embargo = BigInt(embargoUs);
  const ttlUs = ttlOf(column, set);
  const later = new RowsFound();
  const older = new RowsFound();
  let known = 0;
  for (let row = 0; row < set.rows; row++) {
    if (times.isNull?.[row] === 1) continue;
    known++;
    const e = times.us[row] as bigint;
    const until = (set.times[row] as bigint) - embargo;
    if (e > until) later.add(() => shown(row, set, e));
    else if (ttlUs > 0n && e < until - ttlUs) older.add(() => shown(row, set, e));
  }
  const before = embargoUs === 0 ? "its row's time" : "its row's time less the embargo";
  return [
    ...later.finding(known, (rows) => ({
      severity: "leak",
      code: "later_event_time",
      column: name,
      message: `${share(rows, known)} of the values of "${name}" have an event time ("${timesName}") later than ${before}`,
      hint: "join again with only what was known: event time at or before the entity time",
    })),
    ...older.finding(known, (rows) => ({
      severity: "mismatch",
      code: "older_than_ttl",
      column: name,
      message: `${share(rows, known)} of the values of "${name}" are older than the view's TTL: online they would be null`,
      hint: "join with the TTL, or lengthen it in the definition",
    })),
  ];
}

/** Returns the warnings of event times that equal those of the label or of the row, whoever tells them. */
export function judgeLabelTimes(name: string, eventTimes: TimeColumn, set: AuditTable): AuditFinding[] {
  const { labelTimes } = set;
  const ofLabel = labelTimes === null ? [] : equalTimes(name, eventTimes, labelTimes, set, "label");
  return ofLabel.length > 0 ? ofLabel : equalTimes(name, eventTimes, { us: set.times, isNull: null }, set, "row");
}

function equalTimes(
  name: string,
  eventTimes: Pick<TimeColumn, "us" | "isNull">,
  others: Pick<TimeColumn, "us" | "isNull">,
  set: AuditTable,
  of: "label" | "row",
): AuditFinding[] {
  const equal = new RowsFound();
  let known = 0;
  for (let row = 0; row < set.rows; row++) {
    if (eventTimes.isNull?.[row] === 1 || others.isNull?.[row] === 1) continue;
    known++;
    const e = eventTimes.us[row] as bigint;
    if (e === others.us[row]) equal.add(() => shown(row, set, e));
  }
  if (known < 2 || equal.rows < NEARLY_ALL * known) return [];
  return equal.finding(known, (rows) => ({
    severity: "warning",
    code: of === "label" ? "event_time_of_label" : "event_time_of_row",
    column: name,
    message:
      of === "label"
        ? `the event time of "${name}" is the time of the label in ${share(rows, known)} of the rows: it may hold the label`
        : `the event time of "${name}" is the row's own time in ${share(rows, known)} of the rows: it may come from the event to be predicted`,
    hint: "see whether the value is known before the label is; an embargo (--embargo 1us) leaves out what happens at the very time",
  }));
}

/** Returns the TTL of the view that a column is of; 0 where it has none, or is not known. */
function ttlOf({ output }: AuditColumn, { plan }: AuditTable): bigint {
  const spec = output === null ? undefined : plan?.reads[output.read]?.spec;
  return spec?.kind === "stored" ? BigInt(spec.ttlUs) : 0n;
}

function shown(row: number, { times }: AuditTable, eventTime: bigint): AuditedRow {
  return { row, entityTime: formatTime(times[row] as bigint), eventTime: formatTime(eventTime) };
}

/** Returns "12 (3.4%)"; "100%" only for all. */
export function share(rows: number, of: number): string {
  const percent = (rows / of) * 100;
  const text = percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toPrecision(2);
  return `${rows.toLocaleString("en-US")} (${text === "100" && rows < of ? "more than 99" : text}%)`;
}
