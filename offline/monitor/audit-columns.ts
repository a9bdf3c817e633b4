// Which columns of a training set are features, and where the event times of their values are.
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { type FeaturePlan, type Output, planFeatures } from "../../sdk/plan/index.ts";
import { columnOf, namesOf } from "../datasets/index.ts";
import { readTimes, type TimeColumn } from "../join/times.ts";
import type { AuditOptions } from "./audit-report.ts";

/** What the join calls the column of a feature's event times. */
const EVENT_TIME_ENDING = "__event_time";

export interface AuditColumn {
  readonly name: string;
  readonly vector: Vector;
  /** What the definitions say of it; null without them. */
  readonly output: Output | null;
  readonly eventTimes: { readonly name: string; readonly times: TimeColumn } | null;
}

export interface AuditTable {
  readonly table: Table;
  readonly rows: number;
  /** The entity time t by row, µs. */
  readonly times: BigInt64Array;
  /** The features, in the order of the table. */
  readonly columns: readonly AuditColumn[];
  /** Features of the request that the table lacks. */
  readonly lacking: readonly Output[];
  /** null without definitions. */
  readonly plan: FeaturePlan | null;
  readonly labelTimes: TimeColumn | null;
}

/** Returns a training set's features. @throws missing_column, null_time, type_mismatch, and as planFeatures */
export function auditTable(options: AuditOptions): AuditTable {
  const { table, entityTime = "event_timestamp", label, definitions, eventTimes = {} } = options;
  const names = namesOf(table.schema);
  const plan =
    definitions === undefined
      ? null
      : planFeatures(definitions.snapshot, definitions.request, definitions.transforms ?? new Map());
  const outputs = new Map<string, Output>();
  const lacking: Output[] = [];
  for (const output of plan?.outputs ?? []) {
    const name = columnOfOutput(output, plan as FeaturePlan, names);
    if (name === undefined) lacking.push(output);
    else outputs.set(name, output);
  }
  const timesOf = timeColumns(names, eventTimes);
  if (label !== undefined) columnOf(table, label.column);
  const times = (name: string, nulls: "refuse" | "keep", round: "up" | "down") =>
    readTimes(columnOf(table, name), { column: name, of: "the training set", round, nulls });
  const columns = names
    .filter((name) => outputs.has(name) || timesOf.has(name))
    .map((name): AuditColumn => {
      const time = timesOf.get(name);
      return {
        name,
        vector: columnOf(table, name),
        output: outputs.get(name) ?? null,
        eventTimes: time === undefined ? null : { name: time, times: times(time, "keep", "up") },
      };
    });
  if (columns.length === 0) throw nothingToCheck(plan);
  return {
    table,
    rows: table.numRows,
    times: times(entityTime, "refuse", "down").us,
    columns,
    lacking,
    plan,
    labelTimes: label?.time === undefined ? null : times(label.time, "keep", "down"),
  };
}

/** Returns the column that holds a feature: by its full name, or by its own where no other feature has that. */
function columnOfOutput({ label, feature }: Output, plan: FeaturePlan, names: readonly string[]): string | undefined {
  const full = `${label}__${feature}`;
  if (names.includes(full)) return full;
  const shared = plan.outputs.filter((other) => other.feature === feature).length > 1;
  return !shared && names.includes(feature) ? feature : undefined;
}

/** Returns the column of event times by feature column. @throws missing_column */
function timeColumns(names: readonly string[], given: Readonly<Record<string, string>>): Map<string, string> {
  const found = names
    .filter((name) => names.includes(`${name}${EVENT_TIME_ENDING}`))
    .map((name) => [name, `${name}${EVENT_TIME_ENDING}`] as const);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    throw new EdgefeatError("missing_column", `event times are given for "${name}", which the training set lacks`, {
      details: { column: name },
    });
  }
  return new Map([...found, ...Object.entries(given)]);
}

function nothingToCheck(plan: FeaturePlan | null): EdgefeatError {
  if (plan === null) {
    return new EdgefeatError("missing_column", "the training set has no column of event times to check", {
      hint: "name the features to compute anew (--service, --features), or the columns of event times (--event-time feature=column)",
    });
  }
  const wanted = plan.outputs.map(({ label, feature }) => `${label}__${feature} or ${feature}`);
  return new EdgefeatError("missing_column", "the training set has none of the features asked for", {
    hint: `a feature's column is called ${wanted.slice(0, 3).join(", ")}${wanted.length > 3 ? ", …" : ""}`,
  });
}
