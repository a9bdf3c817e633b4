// POST /v1/features: feature vectors of up to 1,000 entities.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { PlanRequest } from "../../sdk/plan/index.ts";
import { checkShape, isObject } from "../../sdk/shape.ts";
import { readQuery } from "../middleware/body.ts";
import { INCLUDES } from "../serve/index.ts";
import { answerOf } from "./answer.ts";
import type { Route } from "./route.ts";

/** The most features that one request may name. */
export const MAX_FEATURES = 1_000;

// Its members are checked by the plan; zod would drop one called __proto__ without a word.
const byName = z.custom<Record<string, unknown>>(
  isObject,
  "expected an object with a value, or a list of one value a row, for each name",
);

export const featuresBody = z.strictObject({
  service: z.optional(z.string()),
  features: z.optional(z.array(z.string())),
  entities: z.optional(byName),
  request: z.optional(byName),
  include: z.optional(z.array(z.enum(INCLUDES))),
  maxStalenessMs: z.optional(z.number().check(z.gte(0))),
});

export const postFeatures: Route = {
  method: "POST",
  path: "/v1/features",
  access: "read",
  scope: "handler",
  judgesCaller: true,
  async handle(call, { server, config, clock }) {
    const { request, trace } = call;
    const json = await readQuery(request, config.maxBodyBytes);
    const body = isFeaturesBody(json) ? json : checkShape(featuresBody, json, "request", "bad_request");
    const { entities = {}, request: requestData = {}, include = [], maxStalenessMs = null } = body;
    const given = { entities, request: requestData };
    const asked = {
      request: planRequest(body.service, body.features),
      given: () => given,
      noCache: wantsNoCache(request),
      maxStalenessMs,
    };
    return answerOf(await server.serve(asked, call), { request, include, trace, clock });
  },
};

type FeaturesBody = z.output<typeof featuresBody>;

/** True for the usual bodies that the schema takes, which costs a tenth of asking the schema. False says nothing. */
export function isFeaturesBody(json: unknown): json is FeaturesBody {
  if (!isObject(json)) return false;
  for (const member of Object.keys(json)) {
    const value = json[member];
    if (
      member === "service"
        ? typeof value === "string"
        : member === "entities" || member === "request"
          ? isObject(value)
          : false
    )
      continue;
    if (member !== "features" || !Array.isArray(value) || !value.every((name) => typeof name === "string"))
      return false;
  }
  return true;
}

/** Returns what is asked for: a service or features, not both. @throws bad_request, request_too_large */
export function planRequest(service: string | undefined, features: readonly string[] | undefined): PlanRequest {
  if ((service === undefined) === (features === undefined)) {
    throw new EdgefeatError(
      "bad_request",
      `the request names ${service === undefined ? "neither a service nor" : "both a service and"} features`,
      {
        hint: 'give either "service" or "features"',
      },
    );
  }
  if (service !== undefined) return { service };
  const list = features as readonly string[];
  if (list.length === 0) {
    throw new EdgefeatError("bad_request", "the request asks for no features", {
      hint: 'name them as "view:feature"',
      pointer: "/features",
    });
  }
  if (list.length > MAX_FEATURES) {
    throw new EdgefeatError("request_too_large", `the request asks for ${list.length} features`, {
      hint: `at most ${MAX_FEATURES}: send it in parts`,
      pointer: "/features",
    });
  }
  return { features: list };
}

/** True when a request wants to read past every cache. */
export function wantsNoCache(request: Request): boolean {
  const header = request.headers.get("cache-control");
  return header !== null && /(?:^|[,\s])no-cache(?:$|[,\s])/i.test(header);
}
