// The definitions DSL.
export { scaler, vocabulary, type Artifact, type ScalerOptions, type VocabularyOptions } from "./artifact.ts";
export { definitionKind } from "./brand.ts";
export { defineConfig, env, type Config, type ConfigInput, type EnvReference } from "./config.ts";
export { entity, type Entity, type EntityOptions, type JoinKey } from "./entity.ts";
export {
  bool,
  bytes,
  decimal,
  float32,
  float64,
  int32,
  int64,
  list,
  string,
  timestamp,
  vector,
  type Field,
  type FieldOptions,
} from "./fields.ts";
export { type PartitionRole, type Partitions, type S3Options } from "./place.ts";
export {
  arrow,
  csv,
  jsonl,
  parquet,
  requestSource,
  type RequestSource,
  type Schema,
  type Source,
  stream,
  type StreamOptions,
} from "./source.ts";
export {
  approxPercentile,
  avg,
  count,
  countDistinct,
  daysSinceLast,
  first,
  lag,
  last,
  lastK,
  max,
  min,
  secondsSinceLast,
  stddevPop,
  stddevSample,
  sum,
  varPop,
  varSample,
  type Aggregation,
  type AggregationOptions,
} from "./aggregation.ts";
export { lastN, lifetime, tumbling, type Window } from "./window.ts";
export { parseSchedule, type Schedule } from "./schedule.ts";
export { checkSelect, type Select } from "./select.ts";
export { featureView, type FeatureView, type Projection, type SelectOption, type Values } from "./view.ts";
export {
  onDemandView,
  type OnDemandView,
  type OnDemandProjection,
  type Transform,
  type TransformRow,
} from "./on-demand.ts";
export { featureService, type FeatureService, type ServiceValues } from "./service.ts";
