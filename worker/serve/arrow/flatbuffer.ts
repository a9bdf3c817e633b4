// The little of FlatBuffers that Arrow's messages need: tables, vectors and texts, written from the end to the front.
// Libraries that write Arrow take 8 to 50 kB gzipped of a bundle that aims at 100; this and its neighbours take 2.

/** The place of something written, counted from the end of the buffer. */
export type Offset = number;

/** One field of a table: its number in the schema, how it is written, and its value; defaults may be left out. */
export type TableField =
  | { readonly id: number; readonly kind: "uint8" | "int16" | "int32"; readonly value: number }
  | { readonly id: number; readonly kind: "int64"; readonly value: bigint }
  | { readonly id: number; readonly kind: "offset"; readonly value: Offset };

const SIZES = { uint8: 1, int16: 2, int32: 4, int64: 8, offset: 4 } as const;
const utf8 = new TextEncoder();

export class FlatBuffer {
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  /** How many bytes are written, all at the end of the buffer. */
  #used = 0;

  /** Writes a zero-terminated text. */
  text(value: string): Offset {
    const bytes = utf8.encode(value);
    this.#align(4, bytes.length + 1);
    this.#grow(bytes.length + 1);
    this.#used += bytes.length + 1;
    this.#bytes.set(bytes, this.#bytes.length - this.#used);
    return this.#int32(bytes.length);
  }

  /** Writes a vector of references. */
  offsets(values: readonly Offset[]): Offset {
    this.#align(4, values.length * 4);
    for (const value of values.toReversed()) this.#reference(value);
    return this.#int32(values.length);
  }

  /** Writes a vector of structs, each of two 64-bit integers. */
  pairs(values: readonly (readonly [number, number])[]): Offset {
    this.#align(8, values.length * 16);
    for (const [first, second] of values.toReversed()) {
      this.#int64(BigInt(second));
      this.#int64(BigInt(first));
    }
    return this.#int32(values.length);
  }

  table(fields: readonly TableField[]): Offset {
    const end = this.#used;
    const places = new Map<number, Offset>();
    // The widest first, so that little is lost to alignment.
    for (const field of fields.toSorted((a, b) => SIZES[b.kind] - SIZES[a.kind])) {
      this.#field(field);
      places.set(field.id, this.#used);
    }
    this.#align(4, 0);
    const table = this.#int32(0);
    const ids = Math.max(-1, ...places.keys()) + 1;
    for (let id = ids - 1; id >= 0; id--) this.#int16(places.has(id) ? table - (places.get(id) as number) : 0);
    this.#int16(table - end);
    this.#int16(2 * ids + 4);
    this.#view.setInt32(this.#bytes.length - table, this.#used - table, true);
    return table;
  }

  /** Returns the buffer whose root is a table; its length is a multiple of 8. */
  finish(root: Offset): Uint8Array {
    this.#align(8, 4);
    this.#reference(root);
    return this.#bytes.subarray(this.#bytes.length - this.#used);
  }

  #field(field: TableField): void {
    this.#align(SIZES[field.kind], 0);
    if (field.kind === "int64") this.#int64(field.value);
    else if (field.kind === "offset") this.#reference(field.value);
    else if (field.kind === "int32") this.#int32(field.value);
    else if (field.kind === "int16") this.#int16(field.value);
    else {
      const at = this.#take(1);
      this.#view.setUint8(at, field.value);
    }
  }

  #reference(to: Offset): void {
    const at = this.#take(4);
    this.#view.setInt32(at, this.#used - to, true);
  }

  #int16(value: number): void {
    const at = this.#take(2);
    this.#view.setInt16(at, value, true);
  }

  #int32(value: number): Offset {
    const at = this.#take(4);
    this.#view.setInt32(at, value, true);
    return this.#used;
  }

  #int64(value: bigint): void {
    const at = this.#take(8);
    this.#view.setBigInt64(at, value, true);
  }

  /** Pads so that after `more` bytes the next of `size` is aligned, counted from the end. */
  #align(size: number, more: number): void {
    const padding = -(this.#used + more) & (size - 1);
    this.#grow(padding);
    this.#used += padding;
  }

  /** Returns where the next `size` bytes go; may replace the view. */
  #take(size: number): number {
    this.#grow(size);
    this.#used += size;
    return this.#bytes.length - this.#used;
  }

  #grow(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, this.#used + more));
    bytes.set(this.#bytes, bytes.length - this.#bytes.length);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
