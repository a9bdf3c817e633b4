// What the form's texts stand for: durations, moments of knowledge, the columns that a view is made of.
import { parseDuration, type Us } from "../../sdk/time.ts";
import { problemOf } from "./problem.ts";
import type { OwnView } from "./session/own-view.ts";
import type { FileColumn } from "./session/protocol.ts";
import type { DataFile, Options } from "./state.ts";

/** A column of another name can be no feature: references could not carry it. */
const isName = (column: string) => /^[A-Za-z_]\w*$/.test(column);

/** Returns a form for a file, with what its columns' names and types suggest. */
export function formFor({ name }: DataFile, columns: readonly FileColumn[]): OwnView {
  const typed = columns.flatMap(({ name: column, type }) => (type === null ? [] : [{ name: column, type }]));
  const times = typed.filter(({ type }) => type === "timestamp").map((column) => column.name);
  const eventTime = times.find((time) => /event|^(ts|time|timestamp|date|at)$/i.test(time)) ?? times[0] ?? null;
  const createdTime = times.find((time) => time !== eventTime && /creat|written|ingest/i.test(time)) ?? null;
  const isKey = ({ name: column, type }: { name: string; type: string }) =>
    /(^|_)id$/i.test(column) && /^(string|int32|int64)$/.test(type);
  const key = typed.find(isKey) ?? typed.find(({ type }) => /^(string|int32|int64)$/.test(type));
  const features = typed
    .filter(({ name: column }) => isName(column))
    .filter((column) => column !== key && column.name !== eventTime && column.name !== createdTime);
  const view = name
    .replace(/\.[^.]*$/, "")
    .replace(/\W+/g, "_")
    .replace(/^(\d)/, "_$1");
  return { view, file: name, keys: key === undefined ? [] : [key], eventTime, createdTime, ttl: "", features };
}

/** Returns the embargo of the options; 0 where what is typed is no duration. */
export function embargoUs({ embargo }: Options): Us {
  return embargoProblem(embargo) === null && embargo.trim() !== "" ? parseDuration(embargo) : 0;
}

/** Returns why a text is no duration; null when it is one, or nothing. */
export function embargoProblem(text: string): string | null {
  if (text.trim() === "") return null;
  try {
    parseDuration(text);
    return null;
  } catch (fault) {
    return problemOf(fault).hint ?? problemOf(fault).message;
  }
}

/** Returns the join's `asKnownAt`; null for off. */
export function knownAt({ asKnownAt }: Options): string | true | null {
  if (asKnownAt === "off") return null;
  return asKnownAt === "row" ? true : asKnownAt.slice("column:".length);
}
