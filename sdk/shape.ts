// Zod's verdict on an input, told as an Edgefeat error: which field, what was expected, the mend.
import * as z from "zod/mini";
import { EdgefeatError, type ErrorCode } from "./errors.ts";
import { didYouMean } from "./nearest.ts";
import { messageOf } from "./shape-message.ts";

z.config({ localeError: messageOf });

/**
 * Returns `input` as the schema's output.
 * @throws `code`, naming the first field at fault within `what`, with an RFC 6901 pointer and all issues in details.
 */
export function checkShape<T extends z.ZodMiniType>(
  schema: T,
  input: unknown,
  what: string,
  code: ErrorCode,
): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map(flatten);
  const first = issues[0] as FlatIssue;
  const where = first.path.length === 0 ? what : `${what}: ${first.path.join(".")}`;
  throw new EdgefeatError(code, `${where}: ${first.message}`, {
    pointer: pointerOf(first.path),
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { issues: issues.map(({ path, message }) => ({ pointer: pointerOf(path), message })) },
  });
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

/** Returns the RFC 6901 pointer of a path. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
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

/** Returns `record[name]`. @throws `code` with the nearest known name as the hint. */
export function lookUp<T>(record: Readonly<Record<string, T>>, name: string, what: string, code: ErrorCode): T {
  if (Object.hasOwn(record, name)) return record[name] as T;
  throw new EdgefeatError(code, `there is no ${what} "${name}"`, { hint: didYouMean(name, Object.keys(record)) });
}
