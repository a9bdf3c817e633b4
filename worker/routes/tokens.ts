// /v1/tokens: making, listing, replacing and ending tokens. Only the answer that makes one shows its secret.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { parseDuration, US_PER_DAY, type Us } from "../../sdk/time.ts";
import { ACCESS_LEVELS, judged, TOKEN_ID } from "../auth/index.ts";
import { readShape } from "../middleware/body.ts";
import { createToken, listTokens, revokeToken, rotateToken, type TokenWriter } from "../write/token-change.ts";
import { answerJson, type Route, type Services } from "./route.ts";

const MAX_BODY_BYTES = 64_000;
const DEFAULT_OVERLAP_US = US_PER_DAY;
const MAX_LIFE_US = 3_650 * US_PER_DAY;

const name = z.string().check(
  z.regex(/^[^\p{C}]{1,100}$/u, "expected 1 to 100 printable characters"),
  z.refine((text) => !text.includes("ef_"), "expected a name that could not be taken for a token"),
);
const viewName = z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "expected a name"));
const nameList = z.optional(z.nullable(z.array(viewName).check(z.minLength(1), z.maxLength(500))));

export const tokenBody = z.strictObject({
  name,
  access: z.enum(ACCESS_LEVELS),
  views: nameList,
  services: nameList,
  /** A duration such as "90d"; without it the token holds until it is revoked. */
  expiresIn: z.optional(z.string()),
});

export const rotateBody = z.strictObject({
  /** How long the old token goes on working; default "1d". */
  overlap: z.optional(z.string()),
});

export const postToken: Route = {
  method: "POST",
  path: "/v1/tokens",
  access: "admin",
  async handle({ request, caller, act }, services) {
    const body = await readShape(tokenBody, request, MAX_BODY_BYTES);
    const { views = null, services: serviceNames = null, expiresIn } = body;
    const lifeUs = expiresIn === undefined ? null : duration("expiresIn", expiresIn);
    if (lifeUs === 0) throw notADuration("expiresIn", "it is nothing", 'write "90d"');
    const asked = { name: body.name, access: body.access, views, services: serviceNames, lifeUs };
    const made = await createToken(writerOf(services), asked, judged(caller));
    act.name = made.id;
    return answerJson(made, 201);
  },
};

export const getTokens: Route = {
  method: "GET",
  path: "/v1/tokens",
  access: "admin",
  async handle(_call, services) {
    return answerJson({ tokens: await listTokens(writerOf(services)) });
  },
};

export const deleteToken: Route = {
  method: "DELETE",
  path: "/v1/tokens/:id",
  access: "admin",
  async handle({ param, act }, services) {
    const id = idOf(param("id"));
    act.name = id;
    return answerJson(await revokeToken(writerOf(services), id));
  },
};

export const rotateTokenRoute: Route = {
  method: "POST",
  path: "/v1/tokens/:id/rotate",
  access: "admin",
  async handle({ request, param, caller, act }, services) {
    const id = idOf(param("id"));
    act.name = id;
    const { overlap } = await readShape(rotateBody, request, MAX_BODY_BYTES);
    const overlapUs = overlap === undefined ? DEFAULT_OVERLAP_US : duration("overlap", overlap);
    const { made, replaced } = await rotateToken(writerOf(services), id, overlapUs, judged(caller));
    return answerJson({ ...made, replaced }, 201);
  },
};

function writerOf({ store, clock, random, config, gate }: Services): TokenWriter {
  return { store, clock, random, config, gate };
}

/** Never repeats what was given: it may be a whole token. */
function idOf(text: string): string {
  if (TOKEN_ID.test(text)) return text;
  throw new EdgefeatError("bad_request", "this is not the id of a token", {
    hint: "16 hexadecimal digits, as GET /v1/tokens lists them; never a token itself",
  });
}

function duration(field: string, text: string): Us {
  let us: Us;
  try {
    us = parseDuration(text);
  } catch (cause) {
    if (!(cause instanceof EdgefeatError)) throw cause;
    throw notADuration(field, cause.message, cause.hint ?? "");
  }
  if (us <= MAX_LIFE_US) return us;
  throw notADuration(field, "it is more than ten years", 'write "365d"');
}

function notADuration(field: string, what: string, hint: string): EdgefeatError {
  return new EdgefeatError("bad_request", `request: ${field}: ${what}`, { hint, pointer: `/${field}` });
}
