// Packed rows and the keys they live under.
export {
  auditKey,
  checkId,
  controlKey,
  isControlKey,
  isJobsKey,
  keyId,
  keyPrefix,
  keySuffix,
  jobsKey,
  materializationKey,
  SEEN_PREFIX,
  seenKey,
  MAX_ID_BYTES,
  snapshotKey,
  splitRowKey,
  tokensKey,
  type KeySpace,
} from "./key.ts";
export {
  compareRows,
  mergeStoredRows,
  packStoredRows,
  rowAt,
  unpackStoredRows,
  type StoredRow,
  type StoredRows,
} from "./stored-row.ts";
export { isContended, mergeTileRows, settledRow } from "./merge-tiles.ts";
export {
  coarsestHopUs,
  type PendingEvent,
  type PushState,
  STAMPS_KEPT_US,
  stampStart,
  type TileStamp,
} from "./push-state.ts";
export { packTileRow, readTileRow, unpackTileRow, type TileRow } from "./tile-row.ts";
