// Every route, the busiest first: the router tries them in this order.
import { getAudit } from "./audit.ts";
import { getFeatures } from "./features-query.ts";
import { postFeatures } from "./features.ts";
import { postMaterialize, postMaterializeIncremental } from "./feast-materialize.ts";
import { postGetOnlineFeatures } from "./feast-online-features.ts";
import { postPush, postWriteToOnlineStore } from "./feast-writes.ts";
import { createHealthRoute } from "./health.ts";
import { deleteJob, deleteRunner, getJob, getJobs, postJob, postJobs, postRunner } from "./jobs.ts";
import { getMaterializations, postMaterialization } from "./materializations.ts";
import { createMetricsRoute } from "./metrics.ts";
import { postEvents } from "./push.ts";
import { getDocs, getOpenApi } from "./reference.ts";
import { getRegistry, putRegistry } from "./registry.ts";
import type { Route } from "./route.ts";
import { getRows } from "./row-list.ts";
import { putRows } from "./row-replace.ts";
import { postRows } from "./rows.ts";
import { postFill } from "./secondary.ts";
import { deleteToken, getTokens, postToken, rotateTokenRoute } from "./tokens.ts";
import { deleteTransform, getTransform, getTransforms, putTransform } from "./transforms.ts";

/** Returns the routes of one app. */
export function createRoutes(): readonly Route[] {
  return [
    postFeatures,
    getFeatures,
    postGetOnlineFeatures,
    postRows,
    postEvents,
    postWriteToOnlineStore,
    postPush,
    postMaterialize,
    postMaterializeIncremental,
    createHealthRoute(),
    createMetricsRoute(),
    getRegistry,
    putRegistry,
    postMaterialization,
    getMaterializations,
    getRows,
    putRows,
    postJobs,
    getJobs,
    getJob,
    deleteJob,
    postJob,
    postRunner,
    deleteRunner,
    getTransforms,
    getTransform,
    putTransform,
    deleteTransform,
    postToken,
    getTokens,
    deleteToken,
    rotateTokenRoute,
    getAudit,
    postFill,
    getOpenApi,
    getDocs,
  ];
}
