// Zod's verdict on an input, told as an Edgefeat error: which field, what was expected, the mend.
import * as z from "zod/mini";
import { EdgefeatError, type ErrorCode } from "./errors.ts";
import { didYouMean } from "./nearest.ts";
import { messageOf } from "./shape-message.ts";

z.config({ localeError: messageOf });

/** Zod tells of every element that is wrong: of lists beyond this it is not asked. */
const MAX_ELEMENTS = 10_000;
const MAX_ISSUES = 20;
/** Longer than any name may be. */
const MAX_SHOWN = 200;

/**
 * Returns `input` as the schema's output.
 * @throws `code`, naming the first field at fault within `what`, with an RFC 6901 pointer and 20 issues at most in details;
 *   request_too_large in the place of bad_request, for a list of more than 10,000 elements
 */
export function checkShape<T extends z.ZodMiniType>(
  schema: T,
  input: unknown,
  what: string,
  code: ErrorCode,
): z.output<T> {
  refuseLong(schema, input, what, code);
  const result = safeParse(schema, input, what, code);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, MAX_ISSUES).map(flatten);
  const first = issues[0] as FlatIssue;
  const where = placeIn(what, first.path);
  throw new EdgefeatError(code, `${where}: ${first.message}`, {
    pointer: pointerOf(first.path),
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { issues: issues.map(({ path, message }) => ({ pointer: pointerOf(path), message })) },
  });
}

function placeIn(what: string, path: readonly PropertyKey[]): string {
  return path.length === 0 ? what : `${what}: ${path.map((part) => String(part).slice(0, MAX_SHOWN)).join(".")}`;
}

function safeParse<T extends z.ZodMiniType>(schema: T, input: unknown, what: string, code: ErrorCode) {
  try {
    return schema.safeParse(input);
  } catch (fault) {
    // Zod passes issues on as arguments, and a call can't have any number of them.
    if (!(fault instanceof RangeError)) throw fault;
    throw new EdgefeatError(code, `${what}: more of it is wrong than can be told`);
  }
}

/** Refuses a list or an object that has too many parts, whatever they are; one whose parts may be anything is let through. */
function refuseLong(
  schema: z.core.$ZodType,
  input: unknown,
  what: string,
  code: ErrorCode,
  path: readonly PropertyKey[] = [],
): void {
  if (typeof input !== "object" || input === null) return;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === "optional" || def.type === "nullable" || def.type === "default")
    return refuseLong(def.innerType, input, what, code, path);
  if (def.type === "union") {
    for (const option of def.options) refuseLong(option, input, what, code, path);
    return;
  }
  const part = def.type === "array" ? def.element : def.type === "record" ? def.valueType : undefined;
  if (part === undefined && def.type !== "object") return;
  if (part?._zod.def.type === "unknown") return;
  const { length } = Array.isArray(input) ? input : Object.keys(input);
  if (length > MAX_ELEMENTS) {
    throw new EdgefeatError(
      code === "bad_request" ? "request_too_large" : code,
      `${placeIn(what, path)}: it has ${length} elements, and may have ${MAX_ELEMENTS}`,
      { pointer: pointerOf(path) },
    );
  }
  const shape: Readonly<Record<string, z.core.$ZodType>> = def.type === "object" ? def.shape : {};
  for (const key of Object.keys(input)) {
    const inner = part ?? (Object.hasOwn(shape, key) ? shape[key] : undefined);
    if (inner !== undefined)
      refuseLong(inner, (input as Readonly<Record<string, unknown>>)[key], what, code, [...path, key]);
  }
}

interface FlatIssue {
  path: PropertyKey[];
  message: string;
  hint?: string;
}

/** Picks, of a union's branches, the one that got furthest: its message is the one a reader can act on. */
function flatten(issue: z.core.$ZodIssue): FlatIssue {
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const deepest = issue.errors
      .filter((branch) => branch.length > 0)
      .map((branch) => flatten(branch[0] as z.core.$ZodIssue))
      .reduce((a, b) => (b.path.length > a.path.length ? b : a));
    return { ...deepest, path: [...issue.path, ...deepest.path] };
  }
  if (issue.code === "unrecognized_keys") {
    return { path: issue.path, message: issue.message, hint: "remove it, or check its spelling" };
  }
  return { path: issue.path, message: issue.message };
}

/** Returns the RFC 6901 pointer of a path; where a name in it is too long to be one, to what holds that name. */
export function pointerOf(path: readonly PropertyKey[]): string {
  const parts = path.map(String);
  const long = parts.findIndex((part) => part.length > MAX_SHOWN);
  const shown = long === -1 ? parts : parts.slice(0, long);
  return shown.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Returns what `work` returns. @throws its fault, with the pointer of `path` where it points nowhere */
export function located<T>(path: readonly PropertyKey[], work: () => T): T {
  try {
    return work();
  } catch (fault) {
    throw locatedAt(fault, path);
  }
}

/** Returns the fault with the pointer of `path`, where it is an Edgefeat error that points nowhere; else itself. */
export function locatedAt(fault: unknown, path: readonly PropertyKey[]): unknown {
  if (!(fault instanceof EdgefeatError) || fault.pointer !== undefined) return fault;
  const { code, message, hint, position, details, cause } = fault;
  return new EdgefeatError(code, message, {
    pointer: pointerOf(path),
    cause,
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position }),
    ...(details === undefined ? {} : { details }),
  });
}

/** Deeper than any part of what is checked: what nests further is refused by its shape. */
const MAX_DEPTH = 16;

/** Refuses a member called __proto__, which zod's records would drop without a word. @throws `code` */
export function refuseProto(json: unknown, what: string, code: ErrorCode, path: readonly string[] = []): void {
  if (typeof json !== "object" || json === null || path.length > MAX_DEPTH) return;
  if (Object.hasOwn(json, "__proto__")) {
    const inner = [...path, "__proto__"];
    throw new EdgefeatError(code, `${what}: ${inner.join(".")}: not a name`, { pointer: pointerOf(inner) });
  }
  for (const [key, value] of Object.entries(json)) {
    if (typeof value === "object") refuseProto(value, what, code, [...path, key]);
  }
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns `record[name]`. @throws `code` with the nearest known name as the hint. */
export function lookUp<T>(record: Readonly<Record<string, T>>, name: string, what: string, code: ErrorCode): T {
  if (Object.hasOwn(record, name)) return record[name] as T;
  throw new EdgefeatError(code, `there is no ${what} "${name}"`, { hint: didYouMean(name, Object.keys(record)) });
}
