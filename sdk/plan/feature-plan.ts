// From a request and a snapshot to the plan that answers it. No SQL, no I/O.
import type { Snapshot } from "../registry/index.ts";
import { lookUp } from "../shape.ts";
import type { Transforms } from "./on-demand.ts";
import type { FeaturePlan, PlanRequest } from "./plan.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { parseReference } from "./reference.ts";

/**
 * Returns the plan of a request against a snapshot.
 * @throws unknown_service, unknown_view, unknown_feature, unknown_version, view_not_materialized, transform_not_bundled,
 *   duplicate_feature, each naming what and, for a typo, the nearest name
 */
export function planFeatures(snapshot: Snapshot, request: PlanRequest, transforms: Transforms): FeaturePlan {
  const builder = new PlanBuilder(snapshot, transforms);
  if ("service" in request) {
    const service = lookUp(snapshot.services, request.service, "feature service called", "unknown_service");
    for (const projection of service.features) builder.addProjection(projection, "");
  } else {
    for (const [index, text] of request.features.entries()) {
      const { view, version, feature } = parseReference(text, index);
      const projection = { view, as: view, version, joinKeyMap: {}, features: [feature] };
      builder.addProjection(projection, `/features/${index}`);
    }
  }
  return builder.finish();
}
