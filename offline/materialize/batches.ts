// What is sent to the online store, cut into batches that its server takes.
import type { AggregatedViewSpec, StoredViewSpec } from "../../sdk/registry/index.ts";
import { packStoredRows } from "../../sdk/rows/index.ts";
import { parseTypeName } from "../../sdk/types/index.ts";
import { jsonText, type LogEvent } from "../log/events.ts";
import type { RowWrite, TileWrite } from "./sink.ts";

/**
 * The most items and characters of one batch; the server takes 1,000 events, and 4 MB, of which a character (of UTF-16) takes
 * three bytes at most.
 */
const BATCH_ITEMS = 1000;
const BATCH_CHARS = 1_000_000;

/** What a row or an event takes beside its values: its times and the names of its members. */
const MEMBER_CHARS = 200;
/** What a column takes beside its name and value. */
const COLUMN_CHARS = 8;

/** Yields the places of each batch, from `from` on; an item that is larger than a batch may be is one of its own. */
export function* batches<T>(
  items: readonly T[],
  from: number,
  charsOf: (item: T) => number,
): Generator<{ from: number; to: number }> {
  for (let start = from; start < items.length;) {
    let chars = charsOf(items[start] as T);
    let end = start + 1;
    for (; end < items.length && end - start < BATCH_ITEMS; end++) {
      chars += charsOf(items[end] as T);
      if (chars > BATCH_CHARS) break;
    }
    yield { from: start, to: end };
    start = end;
  }
}

/** Returns about how many characters a view's row, or a key's tiles, take. */
export function writeChars(spec: StoredViewSpec | AggregatedViewSpec): (write: RowWrite | TileWrite) => number {
  const features = spec.kind === "stored" ? spec.features : [];
  const types = features.map(({ type }) => parseTypeName(type));
  const columns = [...spec.joinKeys, ...features];
  const named = columns.reduce((sum, { name }) => sum + name.length + COLUMN_CHARS, MEMBER_CHARS);
  return (write) => {
    const keys = write.keys.reduce<number>((sum, key) => sum + JSON.stringify(String(key)).length, named);
    // Packed, times and vectors are shorter.
    return keys + ("packed" in write ? write.packed.length : 2 * packStoredRows(types, [write.row]).length);
  };
}

/** Returns about how many characters an event takes. */
export function eventChars({ id, values }: LogEvent): number {
  return MEMBER_CHARS + jsonText(id).length + jsonText(values).length;
}
