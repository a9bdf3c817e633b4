// POST /write-to-online-store and /push: whole rows of stored views, and events, as Feast's remote online store and its users send them.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { type Snapshot, takesPushes } from "../../sdk/registry/index.ts";
import { isObject } from "../../sdk/shape.ts";
import { checkNamed, checkView, judged, type Principal } from "../auth/index.ts";
import { readShape } from "../middleware/body.ts";
import { feastErrorResponse } from "../middleware/feast-error.ts";
import { type FramePushed, pushFrame, pushServices } from "../push/index.ts";
import { parseFrame } from "../write/feast-frame.ts";
import { type FrameWritten, pushedViews, writeFrame } from "../write/feast-write.ts";
import { pushedView } from "../write/row-shape.ts";
import { type Act, answerJson, type Route, type Services } from "./route.ts";

const frame = z.custom<Record<string, unknown>>(isObject, "expected an object with a list of values for each column");

// Not strict: Feast's clients send members that come and go with their version. Its registry cache is not ours to allow.
export const feastWriteBody = z.object({ feature_view_name: z.string(), df: frame });

export const feastPushBody = z.object({
  /** The name of a source, which stands for all views over it, or of a view. */
  push_source_name: z.string(),
  df: frame,
  to: z._default(z.enum(["online", "offline", "online_and_offline"]), "online"),
});

export const postWriteToOnlineStore: Route = {
  method: "POST",
  path: "/write-to-online-store",
  access: "write",
  scope: "handler",
  errorResponse: feastErrorResponse,
  async handle({ request, caller, act }, services) {
    const { feature_view_name: view, df } = await readShape(feastWriteBody, request, services.config.maxBodyBytes);
    checkView(judged(caller), view);
    const { snapshot } = await services.registry.load();
    return write([view], df, { snapshot, act, services });
  },
};

export const postPush: Route = {
  method: "POST",
  path: "/push",
  access: "write",
  scope: "handler",
  errorResponse: feastErrorResponse,
  async handle({ request, caller, act }, services) {
    const { push_source_name: name, df, to } = await readShape(feastPushBody, request, services.config.maxBodyBytes);
    const registry = await services.registry.load();
    const { snapshot } = registry;
    const views = permitted(judged(caller), name, () => pushedViews(snapshot, name));
    act.name = name;
    if (to !== "online" && services.log === null) {
      throw new EdgefeatError("needs_log", `there is no log to push to, and "to" is "${to}"`, {
        hint: 'push "to": "online", or bind a log (worker/DEPLOY.md); nothing was written',
        pointer: "/to",
      });
    }
    const isEvents = views.some((view) => isPushedEvents(snapshot, view));
    if (to === "online" && !isEvents) return write(views, df, { snapshot, act, services });
    const destination = DESTINATIONS[to];
    const pushed = await pushFrame(views, parseFrame(df), { registry, to: destination }, pushServices(services));
    act.counts = pushedTotals(pushed);
    return answerJson(pushed);
  },
};

const DESTINATIONS = { online: "online", offline: "offline", online_and_offline: "both" } as const;

/** True for a view whose rows are made of events that are pushed. */
function isPushedEvents(snapshot: Snapshot, view: string): boolean {
  const { spec } = pushedView(snapshot, view);
  return spec.kind === "aggregated" && takesPushes(spec);
}

function pushedTotals({ rows, views }: FramePushed): Record<string, number> {
  const counts = { rows, accepted: 0, duplicate: 0, deferred: 0 };
  for (const { accepted, duplicate, deferred } of views) {
    counts.accepted += accepted;
    counts.duplicate += duplicate;
    counts.deferred += deferred;
  }
  return counts;
}

/** Returns the views a name stands for. A limited caller is not told apart what there isn't and what it may not use. */
function permitted(principal: Principal, name: string, find: () => readonly string[]): readonly string[] {
  let views: readonly string[];
  try {
    views = find();
  } catch (fault) {
    checkNamed(principal, name, []);
    throw fault;
  }
  checkNamed(principal, name, views);
  return views;
}

async function write(
  views: readonly string[],
  df: Readonly<Record<string, unknown>>,
  { snapshot, act, services }: { snapshot: Snapshot; act: Act; services: Services },
): Promise<Response> {
  const { config, clock, store, cache } = services;
  const moment = { nowUs: clock.nowUs(), maxSkewUs: config.maxSkewUs, frozen: clock.frozen };
  const [view] = views;
  if (views.length === 1 && view !== undefined && Object.hasOwn(snapshot.views, view)) act.view = view;
  const written = await writeFrame(views, parseFrame(df), { snapshot, moment, store, cache, clock });
  act.counts = totals(written);
  return answerJson(written);
}

function totals({ rows, views, ignoredColumns }: FrameWritten): Record<string, number> {
  const counts: Record<string, number> = { rows, ignoredColumns: ignoredColumns.length };
  for (const { view: _view, version: _version, ...outcomes } of views) {
    for (const [outcome, n] of Object.entries(outcomes)) counts[outcome] = (counts[outcome] ?? 0) + n;
  }
  return counts;
}
