// Packed rows and the keys they live under.
export {
  auditKey,
  checkId,
  controlKey,
  isControlKey,
  keyId,
  keyPrefix,
  keySuffix,
  materializationKey,
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
export { mergeTileRows, packTileRow, unpackTileRow, type TileRow } from "./tile-row.ts";
