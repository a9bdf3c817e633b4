// What a store takes in one call: rows are checked before any is written, then cut into batches.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { StoreWrite } from "./port.ts";

/** A row's limit in bytes of UTF-8, key and value together: what a Durable Object holds, kept by every store so that they can be exchanged. */
export const MAX_ROW_BYTES = 2_000_000;
/** Stays clear of 10 MB a request (Upstash) and of 32 MiB a call (Durable Objects). */
const MAX_BATCH_BYTES = 7_000_000;
const MAX_BATCH_ROWS = 1_000;

/**
 * Cuts writes into batches of at most 1,000 rows and 7 MB of JSON, order kept.
 * @throws value_out_of_range, before anything is written, naming the first row whose text is not valid Unicode, that is
 * too large, or whose expiry is no number.
 */
export function batches(writes: readonly StoreWrite[]): StoreWrite[][] {
  const all: StoreWrite[][] = [];
  let batch: StoreWrite[] = [];
  let batchBytes = 0;
  for (const write of writes) {
    check(write);
    let bytes = jsonBytes(write.key) + jsonBytes(write.value) + jsonBytes(write.expected ?? "");
    if (write.beside !== undefined) {
      check({ ...write, ...write.beside });
      bytes += jsonBytes(write.beside.key) + jsonBytes(write.beside.value);
    }
    if (batch.length > 0 && (batch.length === MAX_BATCH_ROWS || batchBytes + bytes > MAX_BATCH_BYTES)) {
      all.push(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(write);
    batchBytes += bytes;
  }
  if (batch.length > 0) all.push(batch);
  return all;
}

function check({ key, value, expireInMs }: StoreWrite): void {
  if (!key.isWellFormed() || !value.isWellFormed()) {
    throw refused(key, "holds half of a surrogate pair", "a stored text must be valid Unicode");
  }
  const bytes = excessBytes(key, value);
  if (bytes !== null) {
    throw refused(
      key,
      `is too large: ${bytes} bytes`,
      `a row holds at most ${MAX_ROW_BYTES} bytes: use fewer or shorter features in a view`,
    );
  }
  if (expireInMs !== null && !Number.isFinite(expireInMs)) {
    throw refused(
      key,
      `has the expiry ${expireInMs}`,
      "an expiry is a number of milliseconds, or null to keep the row",
    );
  }
}

/** Returns how many bytes a row has that is too large for any store; null for one that is not. */
export function excessBytes(key: string, value: string): number | null {
  // No character takes more than three bytes, nor more than six in JSON.
  if (3 * (key.length + value.length) <= MAX_ROW_BYTES && 6 * value.length <= MAX_BATCH_BYTES) return null;
  const bytes = utf8Bytes(key) + utf8Bytes(value);
  return bytes > MAX_ROW_BYTES || jsonBytes(value) > MAX_BATCH_BYTES ? bytes : null;
}

function refused(key: string, what: string, hint: string): EdgefeatError {
  return new EdgefeatError("value_out_of_range", `the row "${key.slice(0, 200)}" ${what}`, { hint });
}

/** The least whole number of milliseconds that a store takes for an expiry: one that has passed means "at once". */
export function expiryMs(expireInMs: number): number {
  return Math.min(Math.max(1, Math.ceil(expireInMs)), Number.MAX_SAFE_INTEGER / 2);
}

function utf8Bytes(text: string): number {
  return count(text, 1, 1);
}

/** The size of a text inside JSON.stringify's answer, without its quotes. */
export function jsonBytes(text: string): number {
  return count(text, 6, 2);
}

function count(text: string, control: number, quoted: number): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += unit < 0x20 ? control : unit === 0x22 || unit === 0x5c ? quoted : 1;
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}
