// From a request and a snapshot to the plan that answers it. No SQL, no I/O.
import { EdgefeatError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import type { ServiceSpec, Snapshot } from "../registry/index.ts";
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
    const { service } = request;
    if (!Object.hasOwn(snapshot.services, service)) {
      throw new EdgefeatError("unknown_service", `there is no feature service called "${service}"`, {
        hint: didYouMean(service, Object.keys(snapshot.services)),
        pointer: "/service",
      });
    }
    const { features } = snapshot.services[service] as ServiceSpec;
    for (const projection of features) builder.addProjection(projection, "");
  } else {
    for (const [index, text] of request.features.entries()) {
      const { view, version, feature } = parseReference(text, index);
      const projection = { view, as: view, version, joinKeyMap: {}, features: [feature] };
      builder.addProjection(projection, `/features/${index}`);
    }
  }
  return builder.finish();
}
