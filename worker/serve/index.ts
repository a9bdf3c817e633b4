// Serving: from a request's names and ids to its answer.
export { encodeAnswer, INCLUDES, type Include } from "./encode.ts";
export { type Asked, FeatureServer, type Later, type Served } from "./feature-server.ts";
export { located } from "./input-column.ts";
export { type GivenInputs, MAX_LOOKUPS, MAX_ROWS } from "./inputs.ts";
export type { KnownRegistry } from "./known-registry.ts";
export { type Control, parseControl, Registry } from "./registry.ts";
export { RowCache } from "./row-cache.ts";
export type { Status } from "./status.ts";
