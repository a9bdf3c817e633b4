// Rows of stored views on their way in: parsed whole, merged by who wins, packed.
import { EdgefeatError } from "../../sdk/errors.ts";
import { didYouMean } from "../../sdk/nearest.ts";
import type { Snapshot, StoredViewSpec } from "../../sdk/registry/index.ts";
import {
  compareRows,
  mergeStoredRows,
  packStoredRows,
  type StoredRow,
  type StoredRows,
  unpackStoredRows,
} from "../../sdk/rows/index.ts";
import { located } from "../../sdk/shape.ts";
import { type Ms, parseTime, US_PER_DAY, US_PER_MS, type Us } from "../../sdk/time.ts";
import { parseTypeName, type Value, type ValueType } from "../../sdk/types/index.ts";
import { compressText, plainText } from "../store/compressed-text.ts";
import { refuseFuture } from "./future.ts";
import type { Merged, Outcome } from "./merge.ts";
import {
  faultAt,
  keyReader,
  missingColumn,
  objectOf,
  onlyMembers,
  pathText,
  valueAt,
  WHOLE_ROW,
  type WritableView,
} from "./row-shape.ts";
import { refuseLargeRow } from "./row-size.ts";

/** The moment of a write: what may be pending, and what expires (SEMANTICS 3.6, 3.7). */
export interface WriteMoment {
  readonly nowUs: Us;
  readonly maxSkewUs: Us;
  /** Under a frozen clock nothing expires. */
  readonly frozen: boolean;
}

/**
 * Returns the rows of a request by store key. All are checked before any is written.
 * @throws bad_request, missing_entity_key, unknown_entity_key, missing_value, unknown_feature, null_time, bad_time,
 *   event_time_in_future, type_mismatch, value_out_of_range, each with a pointer to the row
 */
export function parseStoredRows(
  snapshot: Snapshot,
  target: WritableView & { spec: StoredViewSpec },
  rows: readonly unknown[],
  moment: WriteMoment,
): Map<string, StoredRow[]> {
  const key = keyReader(snapshot, target);
  const features = target.spec.features.map(({ name, type }) => ({ name, type: parseTypeName(type) }));
  const types = features.map(({ type }) => type);
  const byKey = new Map<string, StoredRow[]>();
  for (const [i, json] of rows.entries()) {
    const path = ["rows", i];
    const members = objectOf(json, path);
    onlyMembers(members, ["entities", "eventTime", "createdTime", "values"], path);
    const row: StoredRow = {
      ...times(target.spec, members, path, moment),
      writtenAtUs: moment.nowUs,
      values: values(target.view, features, members["values"], [...path, "values"]),
    };
    const at = key(members["entities"], [...path, "entities"]);
    refuseLargeRow(types, at, row, path);
    const others = byKey.get(at);
    if (others === undefined) byKey.set(at, [row]);
    else others.push(row);
  }
  return byKey;
}

function times(
  { source }: StoredViewSpec,
  members: Readonly<Record<string, unknown>>,
  path: PropertyKey[],
  moment: WriteMoment,
) {
  const eventTimeUs = time(members["eventTime"], [...path, "eventTime"]);
  const createdTimeUs = time(members["createdTime"], [...path, "createdTime"]);
  if (source.eventTime === null && eventTimeUs !== null) throw unexpectedTime("eventTime", path);
  if (source.createdTime === null && createdTimeUs !== null) throw unexpectedTime("createdTime", path);
  if (source.eventTime !== null && eventTimeUs === null) {
    throw faultAt("null_time", path, "the event time is missing or null", { member: "eventTime" });
  }
  if (eventTimeUs !== null) located([...path, "eventTime"], () => refuseFuture(eventTimeUs, moment, pathText(path)));
  return { eventTimeUs, createdTimeUs };
}

function time(json: unknown, path: PropertyKey[]): Us | null {
  if (json === null || json === undefined) return null;
  if (typeof json !== "string") {
    throw faultAt("bad_time", path, "expected a time as text");
  }
  return located(path, () => parseTime(json, { round: "up" }));
}

function unexpectedTime(name: string, path: PropertyKey[]): EdgefeatError {
  return faultAt("bad_request", path, `the view's source has no ${name}`, {
    hint: "send null, or declare the time's column in the source",
    member: name,
  });
}

function values(
  view: string,
  features: readonly { readonly name: string; readonly type: ValueType }[],
  json: unknown,
  path: PropertyKey[],
): (Value | null)[] {
  const given = objectOf(json, path);
  const parsed = features.map(({ name, type }) => {
    if (!Object.hasOwn(given, name)) throw missingColumn(name, path, WHOLE_ROW);
    const value = given[name];
    return value === null ? null : valueAt(type, value, name, path);
  });
  for (const name of Object.keys(given)) {
    if (features.some((feature) => feature.name === name)) continue;
    const names = features.map((feature) => feature.name);
    throw faultAt("unknown_feature", path, `view "${view}" has no feature "${name.slice(0, 200)}"`, {
      hint: didYouMean(name, names),
      member: name,
    });
  }
  return parsed;
}

/** Returns how rows of a stored view merge into what the store holds; `form` makes the text to write of a packed row. */
export function storedMerge(spec: StoredViewSpec, { nowUs, frozen }: WriteMoment, form = compressText) {
  const types = spec.features.map(({ type }) => parseTypeName(type));
  return (text: string | null, incoming: readonly StoredRow[]): Merged => {
    const stored = readable(text, (packed) => unpackStoredRows(types, packed));
    const alive = new Set(incoming.filter((row) => frozen || !hasExpired(spec, row, nowUs)));
    const kept = mergeStoredRows(types, stored, [...alive], nowUs);
    const seen: StoredRow[] = [...(stored ?? [])];
    const outcomes = incoming.map((row): Outcome => {
      if (!alive.has(row)) return "expired";
      if (!(kept as StoredRows).some((other) => compareRows(types, other, row) === 0)) return "superseded";
      if (seen.some((other) => compareRows(types, other, row) === 0)) return "unchanged";
      seen.push(row);
      return "written";
    });
    if (kept === null || !outcomes.includes("written")) return { outcomes };
    return {
      write: {
        value: form(packStoredRows(types, kept)),
        expireInMs: frozen ? null : expiry(spec, kept[0], nowUs),
      },
      outcomes,
    };
  };
}

/** Returns what a stored text, compressed or not, holds; null also for one that can't be read, which is then replaced. */
export function readable<R>(text: string | null, unpack: (packed: string) => R): R | null {
  if (text === null) return null;
  try {
    return unpack(plainText(text));
  } catch (fault) {
    if (fault instanceof EdgefeatError && fault.code === "row_corrupt") return null;
    throw fault;
  }
}

function hasExpired(spec: StoredViewSpec, row: StoredRow, nowUs: Us): boolean {
  const inMs = expiry(spec, row, nowUs);
  return inMs !== null && inMs <= 0;
}

/** A row is kept for its view's TTL and a day of grace, counted by the injected *now*. */
function expiry({ ttlUs }: StoredViewSpec, { eventTimeUs }: StoredRow, nowUs: Us): Ms | null {
  return ttlUs === 0 || eventTimeUs === null ? null : (eventTimeUs + ttlUs + US_PER_DAY - nowUs) / US_PER_MS;
}
