// Every route, the busiest first: the router tries them in this order.
import { getFeatures } from "./features-query.ts";
import { postFeatures } from "./features.ts";
import { postGetOnlineFeatures } from "./feast-online-features.ts";
import { createHealthRoute } from "./health.ts";
import { getMaterializations, postMaterialization } from "./materializations.ts";
import { getRegistry, putRegistry } from "./registry.ts";
import type { Route } from "./route.ts";
import { postRows } from "./rows.ts";

/** Returns the routes of one app. */
export function createRoutes(): readonly Route[] {
  return [
    postFeatures,
    getFeatures,
    postGetOnlineFeatures,
    postRows,
    createHealthRoute(),
    getRegistry,
    putRegistry,
    postMaterialization,
    getMaterializations,
  ];
}
