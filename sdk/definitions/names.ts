// Which names definitions may carry.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import { KEYWORDS, RESERVED_WORDS } from "../expressions/reserved-words.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** Words that an expression could not tell from a column. */
const RESERVED: ReadonlySet<string> = new Set([...RESERVED_WORDS, ...KEYWORDS]);

/** A name in a snapshot or a request body. */
export const nameShape = z.string().check(
  z.regex(NAME, "expected a name"),
  z.refine((text) => !(text in {}), "expected a name that JavaScript objects don't have"),
);

/** Returns `name`. @throws definition_invalid for a name that keys, references or expressions could not carry. */
export function checkName(what: string, name: unknown): string {
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new EdgefeatError("definition_invalid", `${what}: ${JSON.stringify(name)} can't be a name`, {
      hint: "letters, digits and underscores, not starting with a digit, at most 128",
    });
  }
  if (name in {}) {
    throw new EdgefeatError("definition_invalid", `${what}: "${name}" is a name that JavaScript objects already have`);
  }
  if (RESERVED.has(name)) {
    throw new EdgefeatError("definition_invalid", `${what}: "${name}" is a reserved word of expressions`, {
      hint: `call it "${name}_" or something longer`,
    });
  }
  return name;
}

/** Checks every name of a record of fields. */
export function checkNames(what: string, record: object): void {
  for (const name of Object.keys(record)) checkName(what, name);
}

/** Checks what a pick(…) names. @throws definition_invalid for nothing, or a feature twice */
export function checkPicked(what: string, names: readonly string[]): void {
  if (names.length === 0) throw new EdgefeatError("definition_invalid", `${what}: pick(…) names no feature`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new EdgefeatError("definition_invalid", `${what}: pick(…) names "${twice}" twice`);
}
