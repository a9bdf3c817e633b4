// An event as it comes in, read for one version of a view: its id and times, its key, the values that the version takes.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { hash53 } from "../../sdk/hash53.ts";
import { didYouMean } from "../../sdk/nearest.ts";
import { type EventColumn, eventColumns, type Snapshot } from "../../sdk/registry/index.ts";
import { checkId } from "../../sdk/rows/index.ts";
import { located } from "../../sdk/shape.ts";
import { parseTime, type ParseTimeOptions, type Us } from "../../sdk/time.ts";
import { checkValue, parseTypeName, show, type Value, type ValueType, valueToJson } from "../../sdk/types/index.ts";
import {
  faultAt,
  keyMaker,
  missingColumn,
  missingKey,
  objectOf,
  onlyMembers,
  pathText,
  valueAt,
  type WritableView,
} from "../write/row-shape.ts";
import { refuseFuture } from "../write/future.ts";
import type { PushedEvent } from "./tile-push.ts";

export interface ReadEvent extends PushedEvent {
  /** Where it stood in the request. */
  readonly index: number;
  /** Of its row. */
  readonly key: string;
  /** A JSON object of what it carries, in the order of the source's columns. */
  readonly valuesJson: string;
}

/** When events come in, and how late they may claim to be. */
export interface ArrivalMoment {
  readonly nowUs: Us;
  readonly maxSkewUs: Us;
  readonly time?: ParseTimeOptions;
}

interface Column {
  readonly name: string;
  readonly type: ValueType;
  /** True where an event must carry it, if only as null. */
  readonly required: boolean;
  /** Where it stands among the join keys, −1 where it is none. */
  readonly key: number;
  /** Where it stands among what the version stores, −1 where it does not. */
  readonly slot: number;
  /** The member of the event that holds it, where that is not among its values. */
  readonly member: EventColumn["member"];
}

const MEMBERS = ["id", "time", "created", "values"];
/** A row's id is kept twice: with its key and in the log. */
const MAX_EVENT_ID_CHARS = 512;

/**
 * Returns what reads the events of a version.
 * @throws (what it returns) bad_request, bad_time, null_time, missing_value, missing_entity_key, type_mismatch,
 *   value_out_of_range, event_time_in_future, each with a pointer
 */
export function eventReader(snapshot: Snapshot, target: WritableView) {
  const { view, spec } = target;
  const { source } = spec;
  const columns = columnsOf(target);
  const byName = new Map(columns.map((column) => [column.name, column]));
  const idType = columns.find(({ name }) => name === source.eventId)?.type ?? null;
  const key = keyMaker(snapshot, target);
  const width = spec.kind === "stored" ? spec.features.length : spec.columns.length;

  return (json: unknown, index: number, path: PropertyKey[], moment: ArrivalMoment): ReadEvent => {
    const event = objectOf(json, path);
    onlyMembers(event, MEMBERS, path);
    const id = idOf(event["id"], [...path, "id"]);
    const eventTimeUs = timeOf(event["time"], "time", source.eventTime, path, moment);
    const createdTimeUs = timeOf(event["created"], "created", source.createdTime, path, moment);
    const at = [...path, "values"];
    const given = objectOf(event["values"], at);
    for (const name of Object.keys(given)) {
      if (!byName.has(name) || byName.get(name)?.member !== null) throw unknownName(name, at);
    }
    const ids = new Array<Value>(spec.joinKeys.length);
    const values = new Array<Value | null>(width).fill(null);
    let valuesJson = "";
    // What the version reads: what else an event carries makes it no other (SEMANTICS 4.6).
    const content = new Array<string>(width).fill("");
    for (const column of columns) {
      const { name, type, member } = column;
      const has = member === null && Object.hasOwn(given, name);
      if (member === null && !has && column.required) throw missing(column, at);
      const value = has
        ? given[name] === null
          ? null
          : valueAt(type, given[name], name, at, moment.time)
        : ofMember(column, { id, eventTimeUs, createdTimeUs });
      if (column.key >= 0) {
        if (value === null) throw missing(column, at);
        ids[column.key] = located([...at, name], () => checkId(value, `${pathText(at)}.${name}`));
      }
      if (column.slot >= 0) values[column.slot] = value;
      if (!has) continue;
      const text = valueToJson(type, value);
      valuesJson += `${valuesJson === "" ? "" : ","}${JSON.stringify(name)}:${text}`;
      if (column.slot >= 0) content[column.slot] = text;
    }
    const hash = hash53(`${eventTimeUs};${createdTimeUs};${content.join()}`);
    return {
      index,
      id,
      eventTimeUs: eventTimeUs ?? moment.nowUs,
      createdTimeUs,
      key: located(path, () => key(ids)),
      values,
      valuesJson: `{${valuesJson}}`,
      hash,
    };
  };

  function idOf(json: unknown, path: PropertyKey[]): string {
    if (source.eventId === null) return "";
    const hint = `send what the source calls "${source.eventId}": by it an event counts once`;
    const fault = (what: string) => faultAt("bad_request", path, what, { hint });
    if (json === undefined || json === null || json === "")
      throw fault(`an event needs an id, its "${source.eventId}"`);
    const text = typeof json === "number" || typeof json === "bigint" ? String(json) : json;
    if (typeof text !== "string" || text.length > MAX_EVENT_ID_CHARS || !text.isWellFormed())
      throw fault(`expected a text of at most ${MAX_EVENT_ID_CHARS} characters, got ${show(json)}`);
    if (idType?.kind !== "int64" && idType?.kind !== "int32") return text;
    if (!/^-?\d{1,20}$/.test(text)) throw fault(`expected an integer, got ${show(json)}`);
    const value = BigInt(text);
    return String(
      located(path, () => checkValue(idType, idType.kind === "int32" ? Number(value) : value, "an event's id")),
    );
  }

  function timeOf(
    json: unknown,
    name: "time" | "created",
    column: string | null,
    path: PropertyKey[],
    moment: ArrivalMoment,
  ): Us | null {
    const at = [...path, name];
    const given = json !== undefined && json !== null;
    if (!given && (name === "created" || column === null)) return null;
    if (!given) throw faultAt("null_time", at, "the event time is missing or null");
    if (column === null)
      throw faultAt("bad_request", at, `the source of "${view}" declares no such time`, { hint: "leave it out" });
    if (typeof json !== "string") throw faultAt("bad_time", at, `expected a time as text, got ${show(json)}`);
    const us = located(at, () => parseTime(json, { ...moment.time, round: "up" }));
    if (name === "time") located(at, () => refuseFuture(us, moment, pathText(path)));
    return us;
  }

  function unknownName(name: string, path: PropertyKey[]): EdgefeatError {
    const { member = null } = byName.get(name) ?? {};
    const names = columns.filter((column) => column.member === null).map((column) => column.name);
    return faultAt("bad_request", path, `"${name.slice(0, 200)}" is none of the values of an event of "${view}"`, {
      hint: member === null ? didYouMean(name, names) : `it is sent as "${member}", beside the values`,
      member: name,
    });
  }
}

function ofMember(
  { member, type }: Column,
  { id, eventTimeUs, createdTimeUs }: { id: string; eventTimeUs: Us | null; createdTimeUs: Us | null },
): Value | null {
  if (member === "id") return type.kind === "int64" ? BigInt(id) : type.kind === "int32" ? Number(id) : id;
  const us = member === "time" ? eventTimeUs : member === "created" ? createdTimeUs : null;
  return us === null ? null : BigInt(us);
}

function missing({ name, key }: Column, path: PropertyKey[]): EdgefeatError {
  return key >= 0
    ? missingKey(name, path, "an event names its entity")
    : missingColumn(name, path, "send null for what is not known");
}

function columnsOf({ spec }: WritableView): Column[] {
  const used = spec.kind === "stored" ? spec.features : spec.columns;
  return eventColumns(spec).map(({ name, type, member }): Column => {
    const slot = used.findIndex((column) => column.name === name);
    const key = spec.joinKeys.findIndex((column) => column.name === name);
    return { name, type: parseTypeName(type), key, slot, member, required: slot >= 0 || key >= 0 };
  });
}
