// Plans: what a request or a training set needs.
export { planFeatures } from "./feature-plan.ts";
export {
  eventTimesThatMatter,
  type JoinColumn,
  type JoinOptions,
  type JoinPlan,
  type JoinWindow,
  type KnownRule,
  planJoin,
  type ViewJoin,
} from "./join.ts";
export { type ComputeStep, ownCopy, type Row, type Transforms, transformsOf } from "./on-demand.ts";
export type { FeaturePlan, InputColumn, Output, PlanRequest, ViewRead } from "./plan.ts";
export { memberNames, parseReference, type FeatureReference } from "./reference.ts";
export { factsOf, metadataOf, type TrainingFacts } from "./training-metadata.ts";
