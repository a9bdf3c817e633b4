// POST /materialize and /materialize-incremental: refused in Feast's own form, because no Worker can run DuckDB.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkShape, located, lookUp } from "../../sdk/shape.ts";
import { parseTime, type Us } from "../../sdk/time.ts";
import { checkUnlimited, checkView, judged } from "../auth/index.ts";
import { readJson } from "../middleware/body.ts";
import { feastErrorResponse } from "../middleware/feast-error.ts";
import type { Call, Route, Services } from "./route.ts";

const views = z.nullish(z.array(z.string()));

export const feastMaterializeBody = z.object({
  start_ts: z.nullish(z.string()),
  end_ts: z.nullish(z.string()),
  feature_views: views,
  /** True: all there is. */
  disable_event_timestamp: z._default(z.boolean(), false),
});

export const feastMaterializeIncrementalBody = z.object({ end_ts: z.string(), feature_views: views });

export const postMaterialize: Route = {
  method: "POST",
  path: "/materialize",
  access: "write",
  scope: "handler",
  errorResponse: feastErrorResponse,
  async handle(call, services) {
    const json = await readJson(call.request, services.config.maxBodyBytes);
    const body = checkShape(feastMaterializeBody, json, "request", "bad_request");
    if (!body.disable_event_timestamp) {
      const [start, end] = [timeOf(body.start_ts, "start_ts"), timeOf(body.end_ts, "end_ts")];
      if (start >= end) {
        throw new EdgefeatError("bad_request", "start_ts is not before end_ts", { pointer: "/start_ts" });
      }
    }
    return refuse(call, services, body.feature_views ?? null, "edgefeat materialize START END");
  },
};

export const postMaterializeIncremental: Route = {
  method: "POST",
  path: "/materialize-incremental",
  access: "write",
  scope: "handler",
  errorResponse: feastErrorResponse,
  async handle(call, services) {
    const json = await readJson(call.request, services.config.maxBodyBytes);
    const body = checkShape(feastMaterializeIncrementalBody, json, "request", "bad_request");
    timeOf(body.end_ts, "end_ts");
    return refuse(call, services, body.feature_views ?? null, "edgefeat materialize-incremental END");
  },
};

function timeOf(text: string | null | undefined, member: string): Us {
  if (typeof text === "string") return located([member], () => parseTime(text, { zoneless: "utc" }));
  throw new EdgefeatError("bad_request", `${member} is missing`, {
    hint: "give both ends, or disable_event_timestamp for all there is",
    pointer: `/${member}`,
  });
}

/** Says what is wrong with the request, if anything is, before that it can't be done here. */
async function refuse(
  { caller }: Call,
  { registry }: Services,
  names: readonly string[] | null,
  command: string,
): Promise<Response> {
  const principal = judged(caller);
  if (names === null) checkUnlimited(principal);
  for (const name of names ?? []) checkView(principal, name);
  const { snapshot } = await registry.load();
  for (const name of names ?? []) lookUp(snapshot.views, name, "view called", "unknown_view");
  throw new EdgefeatError("needs_runner", "a Worker can't read sources: materialization takes DuckDB", {
    hint: `run ${command} where the sources are; nothing was written`,
  });
}
