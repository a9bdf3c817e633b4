// Metrics, logs and Server-Timing: what is told about the requests that were answered.
export type { AnalyticsDataset, DataPoint } from "./analytics.ts";
export { acceptedFormat, CONTENT_TYPES } from "./exposition.ts";
export { faultFields, jsonLog, type Log, type LogEntry, LogLimiter, type LogSink, plainWords } from "./log.ts";
export { Metrics } from "./metrics.ts";
export { Observer } from "./observer.ts";
export { metricsPage } from "./page.ts";
export { ProjectProbe } from "./project-state.ts";
export { serverTiming } from "./server-timing.ts";
