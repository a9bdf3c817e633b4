// `edgefeat`: define entities, views and services.
export * from "./definitions/index.ts";
export { EdgefeatError, errorCodes, type ErrorCode } from "./errors.ts";
