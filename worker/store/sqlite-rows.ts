// The rows of an online store in SQLite, as a Durable Object has it.
import type { Ms } from "../../sdk/time.ts";
import { expiryMs } from "./batches.ts";
import type { ScanPage, StoreWrite } from "./port.ts";

const SCAN_PAGE = 1_000;
const SWEEP_PAGE = 1_000;
/** SQLite's longest text here is 2 MB; this much key text is read by one statement. */
const MAX_KEYS_CHARS = 500_000;
/** A call's answer may have 32 MiB, in which a character takes up to two bytes. */
const MAX_ANSWER_CHARS = 12_000_000;

// Without a rowid a row is one B-tree entry, so one row read or written is billed, not two; the expiry comes before the value so
// that a sweep does not follow a long value's overflow pages. Expiry has no index: sweeping reads rows, which costs a
// thousandth of writing an index entry with every row.
const SCHEMA = `CREATE TABLE IF NOT EXISTS rows (
  key TEXT PRIMARY KEY, expires_at_ms INTEGER, value TEXT NOT NULL
) WITHOUT ROWID`;

const LIVE = "(expires_at_ms IS NULL OR expires_at_ms > ?2)";

export class SqliteRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  /**
   * Returns the live values of `keys` in their order, by one statement for up to 500,000 characters of keys. Where they are
   * more than one answer may hold, those of the first keys only: one at least.
   */
  read(keys: readonly string[], nowMs: Ms): (string | null)[] {
    const values = keys.map((): string | null => null);
    let chars = 0;
    for (let from = 0; from < keys.length;) {
      const to = endOfChunk(keys, from);
      // CROSS JOIN keeps SQLite from scanning all rows and probing the list, whose order is that of the answer.
      const found = this.#sql
        .exec(
          `SELECT k.key, rows.value FROM json_each(?1) AS k CROSS JOIN rows ON rows.key = k.value WHERE ${LIVE}`,
          JSON.stringify(keys.slice(from, to)),
          nowMs,
        )
        .raw<[number, string]>();
      for (const [i, value] of found) {
        chars += value.length;
        if (chars > MAX_ANSWER_CHARS && from + i > 0) return values.slice(0, from + i);
        values[from + i] = value;
      }
      from = to;
    }
    return values;
  }

  /** Writes one row, and its companion, when its expected value still stands; returns whether it did. */
  compareAndSet({ key, expected, value, expireInMs, beside }: StoreWrite, nowMs: Ms): boolean {
    const expiresAtMs = expireInMs === null ? null : nowMs + expiryMs(expireInMs);
    const cursor =
      expected === null
        ? this.#sql.exec(
            `INSERT INTO rows (key, expires_at_ms, value) VALUES (?1, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET expires_at_ms = ?3, value = ?4 WHERE NOT ${LIVE}`,
            key,
            nowMs,
            expiresAtMs,
            value,
          )
        : this.#sql.exec(
            `UPDATE rows SET expires_at_ms = ?3, value = ?4 WHERE key = ?1 AND value = ?5 AND ${LIVE}`,
            key,
            nowMs,
            expiresAtMs,
            value,
            expected,
          );
    if (cursor.rowsWritten === 0) return false;
    if (beside !== undefined) {
      this.#sql.exec(
        `INSERT INTO rows (key, expires_at_ms, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (key) DO UPDATE SET expires_at_ms = ?2, value = ?3`,
        beside.key,
        expiresAtMs,
        beside.value,
      );
    }
    return true;
  }

  /** Pages through the live keys that start with `prefix`, in the order of their UTF-8 bytes; the cursor is the last key. */
  scan(prefix: string, cursor: string | null, nowMs: Ms): ScanPage {
    const end = prefixEnd(prefix);
    // Both bounds stand alone in the statement, or SQLite would not seek to them.
    const keys = this.#sql
      .exec(
        `SELECT key FROM rows
         WHERE key ${cursor === null ? ">=" : ">"} ?1 AND ${end === null ? "?3 IS NULL" : "key < ?3"} AND ${LIVE}
         ORDER BY key LIMIT ${SCAN_PAGE}`,
        cursor ?? prefix,
        nowMs,
        end,
      )
      .raw<[string]>();
    const page = [...keys].map(([key]) => key);
    return { keys: page, cursor: page.length < SCAN_PAGE ? null : (page.at(-1) ?? null) };
  }

  /** True where no row is, expired ones included. */
  isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM rows LIMIT 1").toArray().length === 0;
  }

  /** Deletes the expired rows among the next 1,000 of a sweep; its cursor is null once the last row is passed. */
  sweep({ cursor, expiring }: Sweep, nowMs: Ms): Sweep {
    const seen = this.#sql
      .exec(
        `SELECT key, expires_at_ms, ${LIVE} FROM rows
         WHERE key ${cursor === null ? ">=" : ">"} ?1 ORDER BY key LIMIT ${SWEEP_PAGE}`,
        cursor ?? "",
        nowMs,
      )
      .raw<[string, number | null, number]>();
    // Read whole before the first deletion moves the tree under the cursor.
    const page = Array.from(seen);
    for (const [key, expiresAtMs, live] of page) {
      if (live === 0) this.#sql.exec("DELETE FROM rows WHERE key = ?", key);
      else if (expiresAtMs !== null) expiring = true;
    }
    return { cursor: page.length < SWEEP_PAGE ? null : (page.at(-1)?.[0] ?? null), expiring };
  }
}

/** How far a sweep has come: the last key seen (null: not begun, or done), and whether rows were left that will expire. */
export interface Sweep {
  cursor: string | null;
  expiring: boolean;
}

/** Returns where a chunk that starts at `from` ends, exclusive; it holds at least one key. */
function endOfChunk(keys: readonly string[], from: number): number {
  let chars = 0;
  let to = from;
  while (to < keys.length && (to === from || chars + (keys[to] as string).length <= MAX_KEYS_CHARS)) {
    chars += (keys[to] as string).length;
    to++;
  }
  return to;
}

/** Returns the least text, by UTF-8 bytes, that is greater than every text with this prefix; null when there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = Array.from(prefix, (c) => c.codePointAt(0) as number);
  while (points.length > 0) {
    const last = points.pop() as number;
    if (last === 0x10ffff) continue;
    // U+D800 to U+DFFF are no code points of their own.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}
