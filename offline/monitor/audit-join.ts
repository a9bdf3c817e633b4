// The join as an audit uses it: a training set's own keys and request data, at times that the audit chooses.
import type { Table, Vector } from "apache-arrow";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../datasets/index.ts";
import { getHistoricalFeatures } from "../join/historical.ts";
import type { ServedTimes } from "../join/source-rows.ts";
import { readTimes, type TimeColumn } from "../join/times.ts";
import type { AuditTable } from "./audit-columns.ts";
import type { AuditDefinitions, AuditOptions } from "./audit-report.ts";

/** Not a name that a training set has. */
const TIME = "edgefeat_audit_time";

export interface JoinHow {
  /** What the join is for, for progress. */
  readonly what: string;
  /** The time to join at, µs, by row of the entity rows. */
  readonly times: BigInt64Array;
  /** The training set's rows, in an order of their own and as often as named. Default: all. */
  readonly rows?: readonly number[];
  readonly embargoUs?: number;
  readonly asKnownAt?: string | true;
  readonly asServed?: ServedTimes;
}

/** Returns the features, called by their full names, each with its event times. @throws as getHistoricalFeatures */
export async function joinAgain(
  set: AuditTable,
  { engine, snapshot, request, transforms, readSource }: AuditDefinitions,
  { what, times, rows, embargoUs = 0, asKnownAt, asServed }: JoinHow,
  { onBadRows, onProgress, signal }: Pick<AuditOptions, "onBadRows" | "onProgress" | "signal">,
): Promise<Table> {
  const { table } = await getHistoricalFeatures({
    engine,
    entities: tableOf([
      ...inputs(set, rows),
      [TIME, vectorFromValues({ kind: "timestamp" }, times)],
      ...(typeof asKnownAt === "string" ? [[asKnownAt, columnOf(set.table, asKnownAt)] as const] : []),
    ]),
    snapshot,
    request,
    ...(transforms === undefined ? {} : { transforms }),
    readSource,
    entityTime: TIME,
    embargoUs,
    ...(asKnownAt === undefined ? {} : { asKnownAt }),
    ...(asServed === undefined ? {} : { asServed }),
    fullNames: true,
    provenance: true,
    onProgress: ({ stage, done, total }) => onProgress?.({ stage: `${what}: ${stage}`, done, total }),
    ...(onBadRows === undefined ? {} : { onBadRows }),
    ...(signal === undefined ? {} : { signal }),
  });
  return table;
}

function inputs({ plan, table }: AuditTable, rows?: readonly number[]): [string, Vector][] {
  return [...(plan?.keys ?? []), ...(plan?.request ?? [])].map(({ name, type }) => {
    const vector = columnOf(table, name);
    if (rows === undefined) return [name, vector];
    const read = columnReader(vector, type, { column: name });
    return [name, vectorFromValues(type, rows.map(read))];
  });
}

/** Returns the event times of a feature that joinAgain joined. */
export function eventTimesOf(joined: Table, fullName: string): TimeColumn {
  const column = `${fullName}__event_time`;
  return readTimes(columnOf(joined, column), { column, of: "the join", round: "up", nulls: "keep" });
}
