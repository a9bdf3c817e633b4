// The leakage audit of a training set, ours or not: no value may come from after its row's time (SEMANTICS 2.9).
import { typeName, valueToJson } from "../../sdk/types/index.ts";
import { columnOf, columnReader, namesOf, valueTypeOfArrow } from "../datasets/index.ts";
import type { TimeColumn } from "../join/times.ts";
import { formatTime } from "../../sdk/time.ts";
import { type AuditColumn, type AuditTable, auditTable } from "./audit-columns.ts";
import type { AuditedFeature, AuditFinding, AuditOptions, AuditReport, AuditSeverity } from "./audit-report.ts";
import { judgeLabelTimes, judgeTimes, share } from "./audit-times.ts";
import { type ComparedColumn, compareValues, notChecked } from "./audit-values.ts";
import { RowsFound } from "./finding.ts";

const SEVERITIES: readonly AuditSeverity[] = ["leak", "mismatch", "warning"];

/**
 * Returns what is wrong with a training set: values whose event times are later than their rows, values that differ from
 * the definitions' (and whether a join that looks ahead explains them), event times that are the label's.
 * @throws missing_column, null_time, type_mismatch, cancelled, and as getHistoricalFeatures
 */
export async function auditTrainingSet(options: AuditOptions): Promise<AuditReport> {
  const set = auditTable(options);
  const { definitions } = options;
  const compared =
    definitions === undefined ? new Map<AuditColumn, ComparedColumn>() : await compareValues(set, definitions, options);
  const findings = [
    ...set.columns.flatMap((column) => findingsOf(column, set, compared, options)),
    ...set.lacking.map(({ reference, type }) =>
      notChecked(null, set.rows, `the training set has no column for ${reference} (${typeName(type)})`),
    ),
    ...duplicateRows(set, options),
  ].toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.rows - a.rows);
  return {
    rows: set.rows,
    features: set.columns.map((column) => featureOf(column, findings, compared)),
    findings,
    verdict: verdictOf(findings),
  };
}

function findingsOf(
  column: AuditColumn,
  set: AuditTable,
  compared: ReadonlyMap<AuditColumn, ComparedColumn>,
  { embargoUs = 0 }: AuditOptions,
): AuditFinding[] {
  const values = compared.get(column);
  const times: TimeColumn | undefined = column.eventTimes?.times ?? values?.eventTimes;
  return [
    ...judgeTimes(column, set, embargoUs),
    ...(values?.findings ?? []),
    ...(times === undefined ? [] : judgeLabelTimes(column.name, times, set)),
    ...allNull(column, set),
  ];
}

function allNull({ name, vector }: AuditColumn, { rows }: AuditTable): AuditFinding[] {
  if (rows === 0 || vector.nullCount < rows) return [];
  return [
    {
      severity: "warning",
      code: "all_null",
      column: name,
      rows,
      of: rows,
      message: `"${name}" is null in every row`,
      hint: "check that its source reaches back to the rows' times, and that the join keys are of the same form",
      first: [],
    },
  ];
}

/** Rows of equal join keys and time; without definitions, rows that are equal in all but the features. */
function duplicateRows(set: AuditTable, { label }: AuditOptions): AuditFinding[] {
  const { table, times, plan, columns } = set;
  const features = new Set(columns.flatMap(({ name, eventTimes }) => [name, eventTimes?.name]));
  const names = plan?.keys.map((key) => key.name) ?? namesOf(table.schema).filter((name) => !features.has(name));
  const cells = names
    .filter((name) => name !== label?.column && name !== label?.time)
    .flatMap((name) => {
      const vector = columnOf(table, name);
      const type = valueTypeOfArrow(vector.type);
      if (type === null) return [];
      const read = columnReader(vector, type, { column: name });
      return [
        (row: number) => {
          const value = read(row);
          return value === null ? "null" : valueToJson(type, value);
        },
      ];
    });
  const seen = new Set<string>();
  const found = new RowsFound();
  for (let row = 0; row < set.rows; row++) {
    const text = `${times[row]} ${cells.map((cell) => cell(row)).join()}`;
    if (seen.has(text)) found.add(() => ({ row, entityTime: formatTime(times[row] as bigint) }));
    else seen.add(text);
  }
  return found.finding(set.rows, (rows) => ({
    severity: "warning",
    code: "duplicate_rows",
    column: null,
    message: `${share(rows, set.rows)} of the rows repeat the keys and time of an earlier one`,
    hint: "if they fall on both sides of a train and test split, the test has been seen",
  }));
}

function featureOf(
  column: AuditColumn,
  findings: readonly AuditFinding[],
  compared: ReadonlyMap<AuditColumn, ComparedColumn>,
): AuditedFeature {
  const { name, vector, output, eventTimes } = column;
  // Values and event times find the same rows, each by itself; explanations of values share none.
  const rows = (severity: AuditSeverity) => {
    const mine = findings.filter((finding) => finding.column === name && finding.severity === severity);
    const [byValue, byTime] = [true, false].map((wanted) =>
      mine.reduce((sum, { code, rows: n }) => sum + (code.startsWith("value_") === wanted ? n : 0), 0),
    );
    return Math.max(byValue as number, byTime as number);
  };
  return {
    column: name,
    reference: output?.reference ?? null,
    nulls: vector.nullCount,
    eventTimes: eventTimes?.name ?? null,
    compared: compared.get(column)?.compared ?? 0,
    leaks: rows("leak"),
    mismatches: rows("mismatch"),
    warnings: rows("warning"),
  };
}

function verdictOf(findings: readonly AuditFinding[]): AuditReport["verdict"] {
  switch (findings[0]?.severity) {
    case "leak":
      return "leaks";
    case "mismatch":
      return "mismatches";
    case "warning":
      return "warnings";
    default:
      return "clean";
  }
}
