// What is sent to the online store, cut into batches that its server takes.

/** The most items and bytes of one batch; the server takes 4 MB, and 1,000 events. */
const BATCH_ITEMS = 1000;
const BATCH_BYTES = 1_000_000;

/** Yields the places of each batch, from `from` on. */
export function* batches<T>(
  items: readonly T[],
  from: number,
  bytesOf: (item: T) => number,
): Generator<{ from: number; to: number }> {
  for (let start = from; start < items.length;) {
    let bytes = 0;
    let end = start;
    while (end < items.length && end - start < BATCH_ITEMS && (end === start || bytes < BATCH_BYTES)) {
      bytes += bytesOf(items[end] as T);
      end++;
    }
    yield { from: start, to: end };
    start = end;
  }
}
