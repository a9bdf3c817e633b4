// Buffers that grow while a result is copied out of DuckDB: bytes, bits and offsets, as Arrow lays them out.

/** Bytes that are appended to; what is taken is a copy of just these. */
export class Bytes {
  length = 0;
  #bytes = new Uint8Array(1024);

  /** Returns room for `count` more bytes, all 0, as a view from its first on. */
  grow(count: number): Uint8Array {
    const from = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, from));
      this.#bytes = larger;
    }
    return this.#bytes.subarray(from, this.length);
  }

  get all(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.length);
    this.#bytes.fill(0, 0, this.length);
    this.length = 0;
    return taken;
  }
}

/** Bits that are appended to. */
export class Bits {
  length = 0;
  ones = 0;
  readonly #bytes = new Bytes();

  append(ones: (i: number) => boolean, count: number): void {
    const needed = (this.length + count + 7) >> 3;
    if (needed > this.#bytes.length) this.#bytes.grow(needed - this.#bytes.length);
    const { all } = this.#bytes;
    for (let i = 0; i < count; i++) {
      if (!ones(i)) continue;
      const at = this.length + i;
      (all[at >> 3] as number) |= 1 << (at & 7);
      this.ones++;
    }
    this.length += count;
  }

  take(): Uint8Array {
    this.length = 0;
    this.ones = 0;
    return this.#bytes.take();
  }
}

/** Arrow's offsets: where each row ends, after a 0. */
export class Offsets {
  #ends = new Int32Array(1024);
  #length = 1;

  push(end: number): void {
    if (this.#length === this.#ends.length) {
      const larger = new Int32Array(this.#ends.length * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.#length++] = end;
  }

  take(): Int32Array {
    const taken = this.#ends.slice(0, this.#length);
    this.#length = 1;
    return taken;
  }
}
