// `edgefeat/client`: feature vectors over HTTP, typed by the definitions.
export { createClient, type Client, type EntityId, type FeaturesQuery, type UntypedRow } from "./client.ts";
export {
  createAdminClient,
  type AdminClient,
  type HealthAnswer,
  type MaterializationRecord,
  type RegistryAnswer,
  type WriteCounts,
} from "./admin.ts";
export type { FeaturesAnswer, FeatureStatus } from "./answer.ts";
export type { Encodable } from "./encode.ts";
export type { ClientOptions } from "./transport.ts";
export { EdgefeatError, type ErrorCode } from "../errors.ts";
