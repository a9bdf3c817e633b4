// Strings and bytes of an Arrow chunk, in any of their layouts.
import { BinaryView, type Data, DataType, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ChunkContext } from "./column-reading.ts";

// Texts are decoded one chunk at once where they are ASCII, which is many times faster; longer chunks would make
// strings of their whole length.
const WHOLE_CHUNK_BYTES = 64 * 1024 * 1024;

export function readText(data: Data, context: ChunkContext): (row: number) => string {
  // The chunk is looked through when its first row is asked for: many readers are made to check a column's type only.
  let read: ((row: number) => string) | undefined;
  return (row) => (read ??= textReader(data, context))(row);
}

function textReader(data: Data, { at }: ChunkContext): (row: number) => string {
  // apache-arrow's own decoder drops a leading byte order mark and replaces invalid bytes.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const bytes = viewBytes(data);
  const ascii = asciiOf(data);
  if (ascii !== undefined) return ascii;
  return (row) => {
    try {
      return decoder.decode(bytes(row));
    } catch (cause) {
      throw new EdgefeatError("type_mismatch", `${at(row)}: the text is not valid UTF-8`, {
        hint: "re-encode the data as UTF-8 at its source",
        cause,
      });
    }
  };
}

export function readBinary(data: Data): (row: number) => Uint8Array {
  const bytes = viewBytes(data);
  return (row) => bytes(row).slice();
}

function asciiOf(data: Data): ((row: number) => string) | undefined {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array | undefined;
  if (offsets === undefined || data.length === 0) return undefined;
  const begin = Number(offsets[0]);
  const end = Number(offsets[data.length]);
  if (end - begin > WHOLE_CHUNK_BYTES) return undefined;
  const bytes = (data.values as Uint8Array).subarray(begin, end);
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) > 0x7f) return undefined;
  const text = new TextDecoder().decode(bytes);
  if (offsets instanceof Int32Array) {
    return (row) => text.substring((offsets[row] as number) - begin, (offsets[row + 1] as number) - begin);
  }
  return (row) => text.substring(Number(offsets[row]) - begin, Number(offsets[row + 1]) - begin);
}

/** Returns the bytes of a row, as a view of the chunk's memory. */
function viewBytes(data: Data): (row: number) => Uint8Array {
  const arrow: DataType = data.type;
  const values = data.values as Uint8Array;
  if (DataType.isFixedSizeBinary(arrow)) {
    const width = arrow.byteWidth;
    return (row) => values.subarray(row * width, (row + 1) * width);
  }
  if (DataType.isBinaryView(arrow) || DataType.isUtf8View(arrow)) {
    const vector = new Vector([data.clone(new BinaryView())]);
    return (row) => vector.get(row) as Uint8Array;
  }
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  return (row) => values.subarray(Number(offsets[row]), Number(offsets[row + 1]));
}
