// Plans: what a request or a training set needs.
export {
  planFeatures,
  type FeaturePlan,
  type InputColumn,
  type Output,
  type PlanRequest,
  type ViewRead,
} from "./feature-plan.ts";
export { type ComputeStep, type Row, type Transforms } from "./on-demand.ts";
export { parseReference, type FeatureReference } from "./reference.ts";
