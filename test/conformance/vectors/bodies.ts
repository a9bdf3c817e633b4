// A conformance case as requests to the Worker, and its answers' texts.
import type { StoredViewSpec } from "../../../sdk/registry/index.ts";
import type { Us } from "../../../sdk/time.ts";
import { parseTypeName, valueToJson } from "../../../sdk/types/index.ts";
import { SERVICE } from "./definitions.ts";
import { type Cell, nanosecondsOf, valueOf, valueTypeOf, type VectorCase, type VectorSource } from "./format.ts";

/** Returns a source's rows as POST /v1/rows takes them; those without a key belong to nobody, those after `now` are not known yet. */
export function rowBodies(
  { joinKeys, features }: Pick<StoredViewSpec, "joinKeys" | "features">,
  { columns, rows, eventTime, createdTime }: VectorSource,
  now: Us,
): string[] {
  const names = Object.keys(columns);
  const cell = (row: readonly Cell[], name: string) => row[names.indexOf(name)] as Cell;
  const member = (row: readonly Cell[], { name, type }: { name: string; type: string }) => {
    const value = valueOf(valueTypeOf(columns[name] as string), cell(row, name));
    return `${JSON.stringify(name)}:${valueToJson(parseTypeName(type), value)}`;
  };
  const members = (row: readonly Cell[], of: StoredViewSpec["joinKeys"]) =>
    of.map((each) => member(row, each)).join(",");
  const time = (row: readonly Cell[], name: string | undefined) => {
    const text = name === undefined ? null : cell(row, name);
    return text === null ? "null" : JSON.stringify(String(text).replace(/Z?$/, "Z"));
  };
  const isKnown = (row: readonly Cell[]) =>
    eventTime === undefined || nanosecondsOf(cell(row, eventTime) as string) <= BigInt(now) * 1000n;
  return rows
    .filter((row) => isKnown(row) && joinKeys.every(({ name }) => cell(row, name) !== null))
    .map((row) => {
      const times = `"eventTime":${time(row, eventTime)},"createdTime":${time(row, createdTime)}`;
      return `{"entities":{${members(row, joinKeys)}},${times},"values":{${members(row, features)}}}`;
    });
}

/** Returns the body that asks POST /v1/features for what a case asks, of some of its entity rows. */
export function readBody(vector: VectorCase, rows: readonly (readonly Cell[])[]): string {
  const { columns, time } = vector.entityRows;
  const member = (name: string, i: number) => {
    const type = valueTypeOf(columns[name] as string);
    const values = rows.map((row) => valueToJson(type, valueOf(type, row[i] as Cell)));
    return `${JSON.stringify(name)}:[${values.join(",")}]`;
  };
  const members = (of: ReadonlySet<string>) =>
    Object.keys(columns).flatMap((name, i) => (name !== time && of.has(name) ? [member(name, i)] : []));
  const request = members(requestOf(vector));
  const data = request.length === 0 ? "" : `"request":{${request.join(",")}},`;
  return `{"service":"${SERVICE}","entities":{${members(joinKeysOf(vector)).join(",")}},${data}"include":["statuses"]}`;
}

function requestOf({ views }: VectorCase): ReadonlySet<string> {
  return new Set(
    Object.values(views).flatMap((view) => (view.kind === "onDemand" ? Object.keys(view.request ?? {}) : [])),
  );
}

/** The columns of the entity rows that some view's key is read from. */
function joinKeysOf({ views, ask }: VectorCase): ReadonlySet<string> {
  const uses = [...ask, ...Object.values(views).flatMap((view) => (view.kind === "onDemand" ? view.inputs : []))];
  return new Set(
    uses.flatMap(({ view, joinKeys }) => {
      const used = views[view];
      return used === undefined || used.kind === "onDemand"
        ? []
        : Object.keys(used.keys).map((key) => joinKeys?.[key] ?? key);
    }),
  );
}

/** Returns the JSON text of each of an answer's rows; brackets within texts are none. */
export function rowTextsOf(answer: string): string[] {
  const start = answer.indexOf('"rows":[') + '"rows":['.length;
  const rows: string[] = [];
  let depth = 0;
  let from = start;
  for (let i = start; ; i++) {
    const c = answer[i];
    if (c === '"') for (i++; answer[i] !== '"'; i++) if (answer[i] === "\\") i++;
    if (c === "[" && depth++ === 0) from = i;
    if (c === "]" && depth-- === 0) return rows;
    if (c === "]" && depth === 0) rows.push(answer.slice(from, i + 1));
  }
}
