// `edgefeat/offline`: leakage-free training sets, materialization, datasets.
export { openEngine, type Engine } from "./engine/index.ts";
export {
  getHistoricalFeatures,
  type HistoricalOptions,
  type HistoricalReport,
  type Progress,
  type ViewReport,
} from "./join/historical.ts";
export type { ReadSource } from "./join/source-rows.ts";
export {
  materializeView,
  type Checkpoint,
  type MaterializeOptions,
  type MaterializeReport,
} from "./materialize/materialize.ts";
export type { OnlineSink, RowWrite, TileWrite, WriteCounts } from "./materialize/sink.ts";
