// POST /materialize and /materialize-incremental, as Feast has them: jobs for a runner, because no Worker can run DuckDB;
// refused in Feast's own form where none is there.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { located } from "../../sdk/shape.ts";
import { parseTime, type Us } from "../../sdk/time.ts";
import { judged } from "../auth/index.ts";
import { intervalOf, viewsToQueue } from "../jobs/submit.ts";
import { readShape } from "../middleware/body.ts";
import { feastErrorResponse } from "../middleware/feast-error.ts";
import { answerJson, type Call, type Route, type Services } from "./route.ts";

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
    const body = await readShape(feastMaterializeBody, call.request, services.config.maxBodyBytes);
    const all = body.disable_event_timestamp;
    const [startUs, endUs] = all ? [null, null] : [timeOf(body.start_ts, "start_ts"), timeOf(body.end_ts, "end_ts")];
    if (startUs !== null && startUs >= endUs) {
      throw new EdgefeatError("bad_request", "start_ts is not before end_ts", { pointer: "/start_ts" });
    }
    const asked = { incremental: false, startUs, endUs, names: body.feature_views ?? null };
    return queue(call, services, asked, "edgefeat materialize START END");
  },
};

export const postMaterializeIncremental: Route = {
  method: "POST",
  path: "/materialize-incremental",
  access: "write",
  scope: "handler",
  errorResponse: feastErrorResponse,
  async handle(call, services) {
    const body = await readShape(feastMaterializeIncrementalBody, call.request, services.config.maxBodyBytes);
    const endUs = timeOf(body.end_ts, "end_ts");
    const asked = { incremental: true, startUs: null, endUs, names: body.feature_views ?? null };
    return queue(call, services, asked, "edgefeat materialize-incremental END");
  },
};

function timeOf(text: string | null | undefined, member: string): Us {
  if (typeof text === "string") return located([member], () => parseTime(text, { zoneless: "utc" }));
  throw new EdgefeatError("bad_request", `${member} is missing`, {
    hint: "give both ends, or disable_event_timestamp for all there is",
    pointer: `/${member}`,
  });
}

interface Asked {
  readonly incremental: boolean;
  readonly startUs: Us | null;
  readonly endUs: Us | null;
  /** null: all views. */
  readonly names: readonly string[] | null;
}

/** Queues what a runner is there for. @throws needs_runner, and before that what is wrong with the request, if anything is */
async function queue(
  { caller, request, act }: Call,
  { registry, jobs, clock, config }: Services,
  { incremental, startUs, endUs, names }: Asked,
  command: string,
): Promise<Response> {
  const principal = judged(caller);
  const { snapshot } = await registry.load();
  const asked = viewsToQueue(snapshot, names, principal);
  const without = await jobs.unattended(asked);
  if (without !== null) {
    throw new EdgefeatError("needs_runner", "a Worker can't read sources: materialization takes DuckDB", {
      hint: `run ${command} where the sources are, or "edgefeat runner", which takes such requests; nothing was written`,
    });
  }
  const moment = { nowUs: clock.nowUs(), maxSkewUs: config.maxSkewUs, pointer: "/end_ts" };
  const common = { incremental, ...intervalOf(startUs, endUs, moment), origin: "feast", due: null } as const;
  const queued = await jobs.submit(
    asked.map((view) => ({ view, ...common })),
    principal.id,
  );
  act.counts = { jobs: queued.length };
  // Feast's server answers when all is done, or at once what it is told to do by itself.
  const status = new URL(request.url).searchParams.get("async") === "true" ? 202 : 200;
  const body = { status: "accepted", feature_views: asked, jobs: queued.map(({ id }) => id) };
  return answerJson(body, status);
}
