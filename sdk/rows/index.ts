// Packed rows and the keys they live under.
export {
  controlKey,
  keyId,
  keyPrefix,
  keySuffix,
  materializationKey,
  MAX_ID_CHARACTERS,
  snapshotKey,
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
