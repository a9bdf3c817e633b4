// What DuckDB's vectors say of their rows: which are null, and the texts that lie outside of them.
import type { DuckDb, Vector } from "./native-bindings.ts";

/** A text of up to so many bytes lies in the vector itself, after its length. */
export const INLINE_BYTES = 12;
export const NEVER = () => false;

/** Returns which rows of a vector are null. */
export function nullsOf(duckdb: DuckDb, vector: Vector, size: number): (row: number) => boolean {
  const mask = duckdb.vector_get_validity(vector, Math.ceil(size / 64) * 8) as Uint8Array | null;
  if (mask === null) return NEVER;
  return (row) => (((mask[row >> 3] as number) >> (row & 7)) & 1) === 0;
}

/** The texts that lie outside of their vector. Each look outside is dear, and most lie one behind another: such a run is fetched at once. */
export class LongTexts {
  readonly #duckdb: DuckDb;
  readonly #source: Uint8Array;
  readonly #words: Uint32Array;
  readonly #isNull: (row: number) => boolean;
  #run: Uint8Array = new Uint8Array(0);
  #begin = 0;
  #end = 0;

  constructor(duckdb: DuckDb, source: Uint8Array, words: Uint32Array, isNull: (row: number) => boolean) {
    this.#duckdb = duckdb;
    this.#source = source;
    this.#words = words;
    this.#isNull = isNull;
  }

  copy(row: number, target: Uint8Array, to: number): void {
    const address = this.#address(row);
    const length = this.#words[row * 4] as number;
    if (address < this.#begin || address + length > this.#end) this.#fetch(row);
    const at = address - this.#begin;
    for (let i = 0; i < length; i++) target[to + i] = this.#run[at + i] as number;
  }

  #fetch(row: number): void {
    this.#begin = this.#address(row);
    this.#end = this.#begin + (this.#words[row * 4] as number);
    // Only bytes that a text owns are read: memory between two runs may be nobody's.
    for (let next = row + 1; next < this.#words.length / 4; next++) {
      const length = this.#words[next * 4] as number;
      if (length <= INLINE_BYTES || this.#isNull(next)) continue;
      if (this.#address(next) !== this.#end) break;
      this.#end += length;
    }
    const pointer = this.#source.byteOffset + row * 16 + 8;
    const { buffer } = this.#source;
    this.#run = this.#duckdb.get_data_from_pointer(buffer as ArrayBuffer, pointer, this.#end - this.#begin);
  }

  #address(row: number): number {
    return (this.#words[row * 4 + 3] as number) * 2 ** 32 + (this.#words[row * 4 + 2] as number);
  }
}
