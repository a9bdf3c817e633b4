// `edgefeat/client`: feature vectors over HTTP, typed by the definitions.
export { createClient, type ArrowClient, type Client, type ReadOptions, type UntypedRow } from "./client.ts";
export {
  createAdminClient,
  type AdminClient,
  type HealthAnswer,
  type MaterializationRecord,
  type RowInfo,
  type RowsPage,
  type RowsQuery,
  type RegistryAnswer,
  type TransformAnswer,
  type TransformChanged,
  type WriteCounts,
} from "./admin.ts";
export type { FeaturesAnswer, FeatureStatus } from "./answer.ts";
export type { ArrowAnswer } from "./arrow.ts";
export type { BatchOptions } from "./batch.ts";
export type { Timing } from "./clock.ts";
export type { Encodable } from "./encode.ts";
export type { Job, JobError, JobList, JobProgress, JobReport, JobRequest, JobState } from "./jobs.ts";
export type { FeatureMatrix } from "./matrix.ts";
export type { Asked, EntityId, FeaturesQuery } from "./query.ts";
export type { PushAnswer, PushEvent, PushOptions } from "./push.ts";
export type { NewToken, TokenInfo, TokenRequest } from "./tokens.ts";
export type { ClientOptions } from "./transport.ts";
export { EdgefeatError, type ErrorCode } from "../errors.ts";
