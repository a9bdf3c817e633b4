// A project's tokens as the store keeps them: one JSON record, changed as a whole by compare-and-set.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { KeySpace } from "../../sdk/rows/index.ts";
import { checkShape } from "../../sdk/shape.ts";
import { parseTime } from "../../sdk/time.ts";
import { ACCESS_LEVELS, type Limits, type Principal } from "./principal.ts";
import { TOKEN_ID } from "./token.ts";

const time = z.string().check(z.refine(isTime, "expected an RFC 3339 time"));
const names = z.nullable(z.array(z.string()).check(z.minLength(1)));

// Strict: a limit that a later version adds must not be read past by this one.
const tokenRecord = z.strictObject({
  id: z.string().check(z.regex(TOKEN_ID)),
  name: z.string(),
  access: z.enum(ACCESS_LEVELS),
  /** Both null: the whole project. */
  views: names,
  services: names,
  hash: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  createdAt: time,
  /** The id of the token that made it, or "root". */
  createdBy: z.string(),
  expiresAt: z.nullable(time),
  revokedAt: z.nullable(time),
  /** The id of the token that was made in its place. */
  replacedBy: z.nullable(z.string()),
});

const tokenSet = z.strictObject({
  format: z.literal(1),
  project: z.string(),
  environment: z.string(),
  /** New with each change, and never the same twice; the control record names the one that counts. */
  revision: z.string(),
  tokens: z.array(tokenRecord),
});

export type TokenRecord = z.output<typeof tokenRecord>;
export type TokenSet = z.output<typeof tokenSet>;

/** Returns the token set that a text holds; null for none. @throws row_corrupt, also for the set of another project */
export function parseTokenSet(text: string | null, { project, environment }: KeySpace): TokenSet | null {
  if (text === null) return null;
  let set: TokenSet;
  try {
    set = checkShape(tokenSet, JSON.parse(text), "token set", "row_corrupt");
  } catch (cause) {
    throw unreadable(cause instanceof EdgefeatError ? cause.message : "it is not JSON");
  }
  if (set.project === project && set.environment === environment) return set;
  throw unreadable("it is another project's");
}

/** Returns the rights of a token, whether or not they have ended. */
export function principalOf({ id, name, access, views, services, expiresAt }: TokenRecord): Principal {
  const limits: Limits | null =
    views === null && services === null ? null : { views: new Set(views), services: new Set(services) };
  const expiresAtUs = expiresAt === null ? null : parseTime(expiresAt);
  return { id, name, access, limits, expiresAtUs, revocable: true, isAnybody: false };
}

function isTime(text: string): boolean {
  try {
    return Number.isSafeInteger(parseTime(text));
  } catch {
    return false;
  }
}

function unreadable(why: string): EdgefeatError {
  return new EdgefeatError("row_corrupt", `the project's token set in the store is not readable: ${why}`, {
    hint: "was its key written by another program, or by a later version of Edgefeat? EDGEFEAT_TOKEN still works",
  });
}
