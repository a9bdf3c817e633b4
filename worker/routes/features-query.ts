// GET /v1/features: one row, asked for by the query string; saves the cost of reading a body.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { InputColumn } from "../../sdk/plan/index.ts";
import { parseJson, type ValueType } from "../../sdk/types/index.ts";
import { type GivenInputs, INCLUDES, type Include } from "../serve/index.ts";
import { planRequest, wantsNoCache } from "./features.ts";
import { answerOf } from "./answer.ts";
import type { Route } from "./route.ts";

/** Parameters that are not join keys or request fields. */
const RESERVED = new Set(["service", "features", "include", "maxStalenessMs"]);

export const getFeatures: Route = {
  method: "GET",
  path: "/v1/features",
  access: "read",
  scope: "handler",
  judgesCaller: true,
  async handle(call, { server, clock }) {
    const { request, trace } = call;
    const query = parseQuery(request.url);
    const features = query.has("features") ? listOf(query, "features") : undefined;
    const asked = {
      request: planRequest(single(query, "service"), features),
      given: (plan: { keys: readonly InputColumn[]; request: readonly InputColumn[] }) => givenByQuery(query, plan),
      noCache: wantsNoCache(request),
      maxStalenessMs: staleness(single(query, "maxStalenessMs")),
    };
    const include = listOf(query, "include").map(checkInclude);
    return answerOf(await server.serve(asked, call), { request, include, trace, clock });
  },
};

/** Returns the values of each parameter. @throws bad_request for escapes that are no UTF-8, which URLSearchParams would replace */
function parseQuery(url: string): Map<string, string[]> {
  const { search, searchParams } = new URL(url);
  try {
    decodeURIComponent(search.replaceAll("+", " "));
  } catch {
    throw new EdgefeatError("bad_request", "the query string is not valid percent-encoded UTF-8", {
      hint: "escape a literal % as %25",
    });
  }
  const query = new Map<string, string[]>();
  for (const [name, value] of searchParams) {
    const values = query.get(name);
    if (values === undefined) query.set(name, [value]);
    else values.push(value);
  }
  return query;
}

function single(query: ReadonlyMap<string, string[]>, name: string): string | undefined {
  const values = query.get(name);
  if (values !== undefined && values.length > 1) {
    throw new EdgefeatError("bad_request", `the parameter "${name.slice(0, 200)}" is given ${values.length} times`, {
      hint: "a GET serves one row; POST the request to ask for several",
    });
  }
  return values?.[0];
}

/** A list is comma-separated, repeated, or both. */
function listOf(query: ReadonlyMap<string, string[]>, name: string): string[] {
  return (query.get(name) ?? []).flatMap((value) => value.split(",")).filter((part) => part !== "");
}

function checkInclude(name: string): Include {
  if ((INCLUDES as readonly string[]).includes(name)) return name as Include;
  throw new EdgefeatError("bad_request", `"${name.slice(0, 200)}" can't be included`, {
    hint: `one of ${INCLUDES.join(", ")}`,
  });
}

function staleness(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,15}(?:\.\d+)?$/.test(text)) return Number(text);
  throw new EdgefeatError("bad_request", "maxStalenessMs is not a number of milliseconds", {
    hint: "write maxStalenessMs=1000",
  });
}

function givenByQuery(
  query: ReadonlyMap<string, string[]>,
  plan: { keys: readonly InputColumn[]; request: readonly InputColumn[] },
): GivenInputs {
  const entities: [string, unknown][] = [];
  const request: [string, unknown][] = [];
  for (const name of query.keys()) {
    if (RESERVED.has(name)) continue;
    const text = single(query, name) as string;
    const field = plan.request.find((column) => column.name === name);
    const key = plan.keys.find((column) => column.name === name);
    if (field !== undefined) request.push([name, jsonOf(field.type, text)]);
    // A name that the plan does not know is told by bindInputs.
    if (key !== undefined || field === undefined)
      entities.push([name, key === undefined ? text : jsonOf(key.type, text)]);
  }
  return { entities: Object.fromEntries(entities), request: Object.fromEntries(request) };
}

/** Returns the JSON that a parameter's text stands for as `type`; text of another type stays text, to be refused with its name. */
function jsonOf(type: ValueType, text: string): unknown {
  switch (type.kind) {
    case "bool":
      return text === "true" ? true : text === "false" ? false : text;
    case "int32":
    case "int64":
      return /^-?\d{1,20}$/.test(text) ? BigInt(text) : text;
    case "float32":
    case "float64":
      return /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
    case "list":
    case "vector":
      return parsedOr(text);
    default:
      return text;
  }
}

function parsedOr(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
