// Memory that grows as rows are added: typed arrays, bytes and bits.
import { EdgefeatError } from "../../sdk/errors.ts";

const MAX_BYTES = 2 ** 31 - 1;

interface Typed<V> {
  [index: number]: V;
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  set(from: ArrayLike<V>, at?: number): void;
}

/** A typed array that doubles when it is full. */
export class Growing<V, A extends Typed<V>> {
  values: A;
  length = 0;
  readonly #make: (length: number) => A;

  constructor(make: (length: number) => A, guess: number) {
    this.#make = make;
    this.values = make(Math.max(guess, 16));
  }

  push(value: V): void {
    this.reserve(1);
    this.values[this.length++] = value;
  }

  /** Makes room for `more` values after the last. */
  reserve(more: number): void {
    if (this.length + more <= this.values.length) return;
    const grown = this.#make(Math.max(this.values.length * 2, this.length + more));
    grown.set(this.values);
    this.values = grown;
  }
}

/** Bytes of many rows behind one another, with the offsets that Arrow keeps. */
export class GrowingBytes {
  readonly offsets: Growing<number, Int32Array>;
  readonly #bytes = new Growing<number, Uint8Array>((n) => new Uint8Array(n), 1024);
  readonly #encoder = new TextEncoder();

  constructor(guess: number) {
    this.offsets = new Growing((n) => new Int32Array(n), guess + 1);
    this.offsets.push(0);
  }

  addText(text: string): void {
    this.#reserve(text.length * 3);
    const { written } = this.#encoder.encodeInto(text, this.#bytes.values.subarray(this.#bytes.length));
    this.#end(written);
  }

  addBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.values.set(bytes, this.#bytes.length);
    this.#end(bytes.length);
  }

  addNothing(): void {
    this.#end(0);
  }

  bytes(): Uint8Array {
    return this.#bytes.values.subarray(0, this.#bytes.length);
  }

  #end(written: number): void {
    this.#bytes.length += written;
    if (this.#bytes.length > MAX_BYTES) {
      throw new EdgefeatError("value_out_of_range", "a column's text or bytes exceed 2 GiB", {
        hint: "write fewer rows to a file",
      });
    }
    this.offsets.push(this.#bytes.length);
  }

  #reserve(more: number): void {
    this.#bytes.reserve(more);
  }
}

/** A bit a row, least significant first, as Arrow keeps nulls and booleans. */
export class Bitmap {
  #bytes = new Uint8Array(128);

  set(row: number, on: boolean): void {
    if (row >> 3 >= this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (on) (this.#bytes[row >> 3] as number) |= 1 << (row & 7);
  }

  /** Turns the first `rows` bits on. */
  fill(rows: number): void {
    for (let row = 0; row < rows; row++) this.set(row, true);
  }

  bytes(rows: number): Uint8Array {
    const whole = new Uint8Array(((rows + 63) >> 6) << 3);
    whole.set(this.#bytes.subarray(0, (rows + 7) >> 3));
    return whole;
  }
}
