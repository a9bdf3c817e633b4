// POST /v1/features: feature vectors of up to 1,000 entities.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { PlanRequest } from "../../sdk/plan/index.ts";
import { checkShape } from "../../sdk/shape.ts";
import { readQuery } from "../middleware/body.ts";
import { encodeAnswer, INCLUDES } from "../serve/index.ts";
import { jsonResponse, type Route } from "./route.ts";

/** The most features that one request may name. */
export const MAX_FEATURES = 1_000;

// Its members are checked by the plan; zod would drop one called __proto__ without a word.
const byName = z.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "expected an object with a value, or a list of one value a row, for each name",
);

const featuresBody = z.strictObject({
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
  async handle({ request, later }, { server, config }) {
    const body = checkShape(featuresBody, await readQuery(request, config.maxBodyBytes), "request", "bad_request");
    const { entities = {}, request: requestData = {}, include = [], maxStalenessMs = null } = body;
    const given = { entities, request: requestData };
    const asked = {
      request: planRequest(body.service, body.features),
      given: () => given,
      noCache: wantsNoCache(request),
      maxStalenessMs,
    };
    return jsonResponse(encodeAnswer(await server.serve(asked, later), include));
  },
};

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
