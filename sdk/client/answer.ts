// The server's answer decoded: rows as objects, values in the types that the definitions gave them.
import { EdgefeatError } from "../errors.ts";
import { memberNames as ownNames } from "../plan/reference.ts";
import { fitsInt64, valueFromJson } from "../types/index.ts";
import type { ColumnType, ServiceColumn } from "./service-columns.ts";

/** Why a value is what it is (SEMANTICS 3.1). */
export type FeatureStatus = "PRESENT" | "NULL_VALUE" | "NOT_FOUND" | "OUTSIDE_MAX_AGE" | "STALE" | "TRANSFORM_ERROR";

/** An answer; times are RFC 3339 text as the server sent them, rows are in the order of the entities asked for. */
export interface FeaturesAnswer<Row> {
  /** The moment that everything was evaluated at. */
  now: string;
  /** The oldest moment whose state of the store the answer shows. */
  knownAsOf: string;
  /** The hash of the registry snapshot it was answered from. */
  registry: string;
  /** `view:feature`, in the order asked for: the order of a row's members. */
  features: string[];
  rows: Row[];
  /** Views without a usable row: index into `rows`, the view, why. */
  absent: [row: number, view: string, status: FeatureStatus][];
  /** On-demand features that failed: index into `rows`, the feature, the code. */
  errors: [row: number, feature: string, code: string][];
  /** With include "statuses". */
  statuses?: { [K in keyof Row]: FeatureStatus }[];
  /** With include "eventTimes"; null where there is none. */
  eventTimes?: { [K in keyof Row]: string | null }[];
  /** With include "versions": by view. */
  versions?: Record<string, number>;
}

interface WireAnswer extends Omit<FeaturesAnswer<unknown>, "rows" | "statuses" | "eventTimes"> {
  rows: unknown[][];
  statuses?: unknown[][];
  eventTimes?: unknown[][];
}

/**
 * Returns the decoded answer. `columns` are the service's, where the definition is at hand; without them a value is
 * what its JSON says: an integer beyond 2^53 a bigint, other numbers numbers, the rest as text, lists or booleans.
 * @throws server_failed when the server's registry has other features or types than the definition
 */
export function decodeAnswer(
  json: unknown,
  columns?: readonly ServiceColumn[],
): FeaturesAnswer<Record<string, unknown>> {
  const { rows, statuses, eventTimes, ...rest } = checkAnswer(json);
  const names = memberNames(rest.features, columns);
  const decode =
    columns === undefined ? names.map(() => untyped) : columns.map(({ name, type }) => decoder(name, type));
  const byName = (row: readonly unknown[], each: (value: unknown, i: number) => unknown) =>
    Object.fromEntries(names.map((name, i) => [name, each(row[i], i)]));
  return {
    ...rest,
    rows: rows.map((row) => byName(row, (value, i) => (value === null ? null : (decode[i] as Decode)(value)))),
    ...(statuses === undefined ? {} : { statuses: statuses.map((row) => byName(row, (status) => status) as never) }),
    ...(eventTimes === undefined ? {} : { eventTimes: eventTimes.map((row) => byName(row, (time) => time) as never) }),
  };
}

function checkAnswer(json: unknown): WireAnswer {
  const answer = json as Partial<WireAnswer> | null;
  if (!Array.isArray(answer?.rows) || !Array.isArray(answer.features)) {
    throw new EdgefeatError("server_failed", "the server's answer is not one of features", {
      hint: "check that the URL is Edgefeat's",
    });
  }
  return answer as WireAnswer;
}

/**
 * Returns the names of a row's members: the definition's; without one the feature's own, and `view__feature` where two
 * views share it.
 * @throws server_failed when the answer has other features than the definition
 */
export function memberNames(references: readonly string[], columns?: readonly ServiceColumn[]): string[] {
  return columns === undefined ? ownNames(references) : matchingNames(references, columns);
}

function matchingNames(references: readonly string[], columns: readonly ServiceColumn[]): string[] {
  // A pinned version, `view@2:feature`, is the server's to choose.
  const same =
    columns.length === references.length &&
    columns.every((c, i) => c.reference === withoutVersion(references[i] as string));
  if (same) return columns.map((c) => c.name);
  throw new EdgefeatError("server_failed", "the service on the server has other features than its definition here", {
    hint: OUTDATED,
    details: { here: columns.map((c) => c.reference), there: references },
  });
}

function withoutVersion(reference: string): string {
  return reference.replace(/@\d+:/, ":");
}

type Decode = (json: unknown) => unknown;

function decoder(name: string, type: ColumnType): Decode {
  if (type === undefined) return untyped;
  if (type === "ordered") return ordered;
  return (json) => {
    try {
      return valueFromJson(type, json, name);
    } catch (cause) {
      throw otherType(name, { reason: (cause as Error).message }, cause);
    }
  };
}

const OUTDATED = 'run "edgefeat apply", or build this program from the definitions that were applied';

/** Returns the error of a feature whose values are of another type than the definition's. */
export function otherType(name: string, details: Record<string, unknown>, cause?: unknown): EdgefeatError {
  return new EdgefeatError("server_failed", `the server's value of "${name}" is not what its definition here says`, {
    hint: OUTDATED,
    details,
    cause,
  });
}

/** An integer literal beyond 2^53 is a bigint when it fits int64; a longer one can only be a float's. */
function untyped(json: unknown): unknown {
  if (typeof json === "bigint") return fitsInt64(json) ? json : Number(json);
  return Array.isArray(json) ? json.map(untyped) : json;
}

/** Of numbers, the three names of floats are numbers too; timestamps stay text. */
function ordered(json: unknown): unknown {
  return json === "NaN" || json === "Infinity" || json === "-Infinity" ? Number(json) : untyped(json);
}
