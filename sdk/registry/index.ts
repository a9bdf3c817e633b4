// The registry model: definitions compiled to specs, snapshots, versions, plans.
export { planApply, markMaterialized, snapshotOf, type Change, type Plan } from "./apply.ts";
export { canonicalJson, hashOf } from "./canonical.ts";
export { collectDefinitions, type Definitions } from "./collect.ts";
export { isStream } from "../definitions/place.ts";
export { DEFAULT_LATENESS_US, eventColumns, type EventColumn, takesPushes } from "./push.ts";
export {
  compileDefinitions,
  sourceSpec,
  transformHash,
  type Compiled,
  type CompiledView,
  type CompileOptions,
} from "./compile.ts";
export { checkConsistency } from "./consistency.ts";
export { fingerprint } from "./fingerprint.ts";
export type { RegisteredView } from "./registered.ts";
export { onDemandEntries, onDemandScope, type ScopeEntry } from "./scope.ts";
export {
  checkSnapshot,
  defaultValue,
  emptySnapshot,
  snapshotHash,
  snapshotShape,
  viewVersion,
  type AggregatedViewSpec,
  type AggregateFeature,
  type EntitySpec,
  type FeatureSpec,
  type OnDemandViewSpec,
  type ProjectionSpec,
  type ServiceSpec,
  type Snapshot,
  type SourceSpec,
  type StoredViewSpec,
  type ViewEntry,
  type ViewSpec,
} from "./snapshot.ts";
export { type ColumnTypes, typesInDefinitions, typesInSnapshot } from "./source-types.ts";
export { checkTransform, transformShape, type ShownTransform, type TransformDefinition } from "./transform.ts";
export {
  describeTransform,
  listTransforms,
  registerTransform,
  removeTransform,
  type ExpectedTransform,
  type TransformChange,
  type TransformDescription,
} from "./transform-change.ts";
