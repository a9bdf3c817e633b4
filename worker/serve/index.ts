// Serving: from a request's names and ids to its answer.
export { encodeArrow } from "./encode-arrow.ts";
export { encodeValues, type ValuesAnswer } from "./encode-values.ts";
export { encodeMatrix } from "./encode-matrix.ts";
export { encodeAnswer, INCLUDES, type Include } from "./encode.ts";
export { type Asked, FeatureServer, type Later, type Served, type Serving } from "./feature-server.ts";
export type { GivenInputs } from "./inputs.ts";
export type { KnownPart, KnownRegistry } from "./known-registry.ts";
export { type Control, parseControl, Registry } from "./registry.ts";
export { RowCache } from "./row-cache.ts";
export type { Status } from "./status.ts";
export { AGE_BOUNDS_S, type Stage, STAGES, Trace, type ViewTally } from "./trace.ts";
