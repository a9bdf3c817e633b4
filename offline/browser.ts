// `edgefeat/offline` in a browser, and the part of it that any host has: no files, no processes.
export {
  type BrowserDatasets,
  type BrowserDatasetsOptions,
  type BrowserReadOptions,
  openBrowserDatasets,
} from "./datasets/parquet-browser.ts";
export { blobFiles, type DatasetFile, type DatasetInput, type DownloadProgress } from "./datasets/index.ts";
export { type BrowserEngineOptions, type Engine, openBrowserEngine } from "./engine/index.ts";
export {
  getHistoricalFeatures,
  type HistoricalOptions,
  type HistoricalReport,
  type JoinParts,
  type Progress,
  type TrainingSet,
  type ViewReport,
} from "./join/historical.ts";
export type { OnBadRows, Quarantine, UnreadCell } from "./join/bad-rows.ts";
export type { JoinForm } from "./join/stored-join.ts";
export { entitySpine, MAX_SPINE_ROWS, type SpineOptions, timesBetween } from "./join/spine.ts";
export type { ReadSource, ReadStats, ServedTimes, SourceTable, TimeRange } from "./join/source-rows.ts";
export {
  materializeView,
  type Checkpoint,
  type MaterializeOptions,
  type MaterializeReport,
} from "./materialize/materialize.ts";
export type { OnlineSink, PushedCounts, RowWrite, TileWrite, WriteCounts } from "./materialize/sink.ts";
export { auditTrainingSet } from "./monitor/audit.ts";
export type {
  AuditCode,
  AuditDefinitions,
  AuditedFeature,
  AuditedRow,
  AuditFinding,
  AuditOptions,
  AuditReport,
  AuditSeverity,
} from "./monitor/audit-report.ts";
export { reconcile } from "./monitor/reconcile.ts";
export type {
  Covered,
  Difference,
  OnlineAnswer,
  OnlineSide,
  ReconciledFeature,
  ReconciledKeys,
  ReconciledView,
  ReconcileOptions,
  ReconcileReport,
  Replacement,
  RowMark,
  Sample,
} from "./monitor/reconcile-report.ts";
export {
  createOfflineStore,
  type HistoricalRequest,
  type OfflineStore,
  type OfflineStoreOptions,
  type SourceData,
} from "./offline-store.ts";
