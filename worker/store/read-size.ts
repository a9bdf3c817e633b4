// How many keys one read may ask for: Upstash takes and gives 10 MB a request, and how large rows are shows only in answers.
import { SEEN_PREFIX } from "../../sdk/rows/index.ts";
import { jsonBytes } from "./batches.ts";

/** Upstash's limit on the free and pay-as-you-go plans, less what a wrong estimate takes. */
const MAX_BYTES = 8_000_000;
/** Smaller answers teach nothing that matters, and need not be looked at row by row. */
const LEARN_FROM_CHARS = 250_000;
const MAX_KINDS = 1_000;

/** Row sizes by kind of key, which is what follows its last colon (of a feature row, the view and its version), or of companions. */
export class ReadSize {
  readonly #charsOfRow = new Map<string, number>();
  #largest = 0;

  /** Takes note of an answer of so many characters; of one row it teaches nothing, which is never cut. */
  learn(keys: readonly string[], values: readonly (string | null)[], chars: number): void {
    if (chars < LEARN_FROM_CHARS || keys.length === 1) return;
    const rows = new Map<string, { count: number; chars: number }>();
    let total = 1;
    for (const [i, key] of keys.entries()) {
      const kind = kindOf(key);
      const known = rows.get(kind) ?? { count: 0, chars: 0 };
      const length = values[i]?.length ?? 0;
      rows.set(kind, { count: known.count + 1, chars: known.chars + length });
      total += length;
    }
    if (this.#charsOfRow.size + rows.size > MAX_KINDS) this.#charsOfRow.clear();
    for (const [kind, seen] of rows) {
      // JSON escapes make an answer longer than its rows.
      const mean = ((seen.chars / total) * chars) / seen.count;
      const before = this.#charsOfRow.get(kind);
      this.#charsOfRow.set(kind, before === undefined ? mean : (before + mean) / 2);
    }
    this.#largest = Math.max(...this.#charsOfRow.values());
  }

  /** True when one request surely holds so many keys and, by what is known, its answer too. `chars` is the request's length. */
  fits(keys: number, chars: number): boolean {
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    return chars * 3 <= MAX_BYTES && keys * this.#largest <= MAX_BYTES;
  }

  /** Returns the ends, exclusive, of the parts to ask for one by one; each holds a key at least. */
  ends(keys: readonly string[]): number[] {
    const ends: number[] = [];
    let from = 0;
    let asked = 0;
    let answered = 0;
    for (const [i, key] of keys.entries()) {
      const bytes = jsonBytes(key) + '"",'.length;
      const chars = this.#charsOfRow.get(kindOf(key)) ?? 0;
      if (i > from && (asked + bytes > MAX_BYTES || answered + chars > MAX_BYTES)) {
        ends.push(i);
        from = i;
        asked = 0;
        answered = 0;
      }
      asked += bytes;
      answered += chars;
    }
    ends.push(keys.length);
    return ends;
  }
}

function kindOf(key: string): string {
  const kind = key.slice(key.lastIndexOf(":") + 1);
  return key.startsWith(SEEN_PREFIX) ? SEEN_PREFIX + kind : kind;
}
