// POST /get-online-features: Feast's own route and shape, for its remote online store and those who call it by HTTP.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { PlanRequest } from "../../sdk/plan/index.ts";
import { checkShape, pointerOf } from "../../sdk/shape.ts";
import { show } from "../../sdk/types/index.ts";
import { readQuery } from "../middleware/body.ts";
import { feastErrorResponse } from "../middleware/feast-error.ts";
import type { CompiledPlan } from "../serve/compiled-plan.ts";
import { encodeFeastAnswer } from "../serve/encode-feast.ts";
import type { GivenInputs, KnownPart } from "../serve/index.ts";
import { planRequest, wantsNoCache } from "./features.ts";
import { jsonResponse, type Route } from "./route.ts";

// Not strict: Feast's clients send members that come and go with their version.
export const feastReadBody = z.object({
  entities: z.optional(
    z.custom<Record<string, unknown[]>>(
      (value) => typeof value === "object" && value !== null && Object.values(value).every(Array.isArray),
      "expected a list of values for each join key",
    ),
  ),
  features: z.nullish(z.array(z.string())),
  feature_service: z.nullish(z.string()),
  full_feature_names: z._default(z.boolean(), false),
  include_feature_view_version_metadata: z._default(z.boolean(), false),
});

export const postGetOnlineFeatures: Route = {
  method: "POST",
  path: "/get-online-features",
  access: "read",
  scope: "handler",
  judgesCaller: true,
  errorResponse: feastErrorResponse,
  async handle(call, { server, config }) {
    const { request } = call;
    const body = checkShape(feastReadBody, await readQuery(request, config.maxBodyBytes), "request", "bad_request");
    const asked = {
      request: feastRequest(body.feature_service ?? undefined, body.features ?? undefined),
      given: (plan: CompiledPlan, known: KnownPart) => splitEntities(body.entities ?? {}, plan, known),
      time: { zoneless: "utc" } as const,
      noCache: wantsNoCache(request),
      maxStalenessMs: null,
    };
    const form = { fullNames: body.full_feature_names, versions: body.include_feature_view_version_metadata };
    return jsonResponse(encodeFeastAnswer(await server.serve(asked, call), form));
  },
};

/** Feast writes versions as `view@v2:feature`, and its own server sends no features as an empty list beside a service. */
function feastRequest(service: string | undefined, features: readonly string[] | undefined): PlanRequest {
  if (service !== undefined && features?.length === 0) return { service };
  return planRequest(
    service,
    features?.map((text) =>
      text.replace(/^(\w+)@(?:latest|[vV](\d+)):/, (_, view: string, version?: string) => {
        return version === undefined ? `${view}:` : `${view}@${version}:`;
      }),
    ),
  );
}

/** Feast sends request data among the entities, and takes an entity's name for its join key. @throws type_mismatch */
function splitEntities(all: Readonly<Record<string, unknown[]>>, plan: CompiledPlan, known: KnownPart): GivenInputs {
  const { entities: knownEntities } = known.snapshot;
  const entities: [string, unknown][] = [];
  const request: [string, unknown][] = [];
  for (const [name, values] of Object.entries(all)) {
    const isKey = plan.keys.some((key) => key.name === name);
    if (!isKey && (plan.request.some((field) => field.name === name) || isOthersRequest(name, known))) {
      request.push([name, values]);
      continue;
    }
    if (!isKey) checkScalars(name, values);
    const joinKeys = Object.hasOwn(knownEntities, name) ? (knownEntities[name]?.joinKeys ?? []) : [];
    const [only] = joinKeys;
    const renamed = !isKey && joinKeys.length === 1 && only !== undefined && !Object.hasOwn(all, only.name);
    entities.push([renamed ? only.name : name, values]);
  }
  return { entities: Object.fromEntries(entities), request: Object.fromEntries(request), placeholder: DUMMY_KEY };
}

/** What Feast's clients send as the join key of a view without entities, one "" a row; the answer repeats it like a key. */
const DUMMY_KEY = "__dummy_id";

/** Checks the ids of a join key that nobody reads, but that the answer repeats. @throws type_mismatch */
function checkScalars(name: string, ids: readonly unknown[]): void {
  const row = ids.findIndex((id) => typeof id === "object" && id !== null);
  if (row === -1) return;
  throw new EdgefeatError("type_mismatch", `${name.slice(0, 200)}[${row}]: expected an id, got ${show(ids[row])}`, {
    hint: "a join key has one value a row: a text, a number, true, false or null",
    pointer: pointerOf(["entities", name, row]),
  });
}

/** True for request data that this plan does not need, which may be given all the same. */
function isOthersRequest(name: string, { names, snapshot }: KnownPart): boolean {
  return names.requestFields.has(name) && !names.joinKeys.has(name) && !Object.hasOwn(snapshot.entities, name);
}
