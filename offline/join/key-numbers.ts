// Join keys as small integers, outside the engine: equal keys, equal numbers, counted from 0 as they come.
import { type Data, DataType, type Vector } from "apache-arrow";
import type { ValueType } from "../../sdk/types/index.ts";
import { columnReader } from "../datasets/index.ts";

/** Numbers the keys of several tables alike, whatever layout a key has in each. A key with a null in it has no number: −1. */
export class KeyNumbers {
  private readonly parts: readonly Part[];
  /** Of the numbers of two parts, or of a pair and the next part. */
  private readonly pairs: readonly WordNumbers[];

  constructor(types: readonly ValueType[]) {
    this.parts = types.map((type) => (type.kind === "string" ? new TextPart() : new IntegerPart(type)));
    this.pairs = types.slice(1).map(() => new WordNumbers());
  }

  /** How many keys have a number. Without join keys there is one key, that of all rows. */
  get count(): number {
    return (this.pairs.at(-1) ?? this.parts.at(-1)?.numbers ?? { count: 1 }).count;
  }

  /** Returns the number of every row's key; `grow`: keys not met before get the next ones, else −1. */
  number(columns: readonly Vector[], rows: number, grow: boolean): Int32Array {
    const [first, ...rest] = columns.map((column, i) => (this.parts[i] as Part).number(column, rows, grow));
    if (first === undefined) return new Int32Array(rows);
    return rest.reduce((all, part, i) => {
      const pairs = this.pairs[i] as WordNumbers;
      return all.map((a, row) => {
        const b = part[row] as number;
        return a < 0 || b < 0 ? -1 : pairs.number(a, b, grow);
      });
    }, first);
  }
}

interface Part {
  readonly numbers: { readonly count: number };
  number(column: Vector, rows: number, grow: boolean): Int32Array;
}

/** Numbers pairs of 32-bit words: a table of open addresses. */
export class WordNumbers {
  count = 0;
  private low = new Int32Array(1024);
  private high = new Int32Array(1024);
  /** By place: 1 + the number of what lies there; 0 where nothing does. */
  private places = new Int32Array(4096);

  number(low: number, high: number, grow: boolean): number {
    const mask = this.places.length - 1;
    let place = mix(Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) & mask;
    for (let found = this.places[place] as number; found > 0; found = this.places[place] as number) {
      if (this.low[found - 1] === low && this.high[found - 1] === high) return found - 1;
      place = (place + 1) & mask;
    }
    if (!grow) return -1;
    if (this.count === this.low.length) {
      this.low = doubled(this.low);
      this.high = doubled(this.high);
    }
    this.low[this.count] = low;
    this.high[this.count] = high;
    this.places[place] = ++this.count;
    if (this.count * 2 > this.places.length) this.spread();
    return this.count - 1;
  }

  private spread(): void {
    this.places = new Int32Array(this.places.length * 4);
    const mask = this.places.length - 1;
    for (let i = 0; i < this.count; i++) {
      const hash = Math.imul(this.low[i] as number, 0x9e3779b1) ^ Math.imul(this.high[i] as number, 0x85ebca6b);
      let place = mix(hash) & mask;
      while (this.places[place] !== 0) place = (place + 1) & mask;
      this.places[place] = i + 1;
    }
  }
}

class IntegerPart implements Part {
  readonly numbers = new WordNumbers();
  private readonly type: ValueType;

  constructor(type: ValueType) {
    this.type = type;
  }

  number(column: Vector, rows: number, grow: boolean): Int32Array {
    const out = new Int32Array(rows).fill(-1);
    let at = 0;
    for (const data of column.data) {
      if (!isSigned(data, 64)) return this.numberValues(column, out, grow);
      const { values } = data as { values: BigInt64Array };
      const words = new Int32Array(values.buffer, values.byteOffset, 2 * data.length);
      for (let i = 0; i < data.length; i++, at++) {
        if (data.nullCount > 0 && !data.getValid(i)) continue;
        out[at] = this.numbers.number(words[2 * i] as number, words[2 * i + 1] as number, grow);
      }
    }
    return out;
  }

  /** Of any layout, value by value. */
  private numberValues(column: Vector, out: Int32Array, grow: boolean): Int32Array {
    const read = columnReader(column, this.type, { column: "a join key" });
    return out.map((_, row) => {
      const value = read(row) as number | bigint | null;
      if (value === null) return -1;
      const wide = BigInt(value);
      return this.numbers.number(Number(BigInt.asIntN(32, wide)), Number(BigInt.asIntN(32, wide >> 32n)), grow);
    });
  }
}

function isSigned(data: Data, bits: number): boolean {
  const type: DataType = data.type;
  return DataType.isInt(type) && type.isSigned && type.bitWidth === bits;
}

class TextPart implements Part {
  readonly numbers = new ByteNumbers();

  number(column: Vector, rows: number, grow: boolean): Int32Array {
    const out = new Int32Array(rows).fill(-1);
    let at = 0;
    for (const data of column.data) {
      if (!DataType.isUtf8(data.type)) return this.numberValues(column, out, grow);
      const { values, valueOffsets } = data as { values: Uint8Array; valueOffsets: Int32Array };
      for (let i = 0; i < data.length; i++, at++) {
        if (data.nullCount > 0 && !data.getValid(i)) continue;
        out[at] = this.numbers.number(values, valueOffsets[i] as number, valueOffsets[i + 1] as number, grow);
      }
    }
    return out;
  }

  /** Of any layout, value by value. */
  private numberValues(column: Vector, out: Int32Array, grow: boolean): Int32Array {
    const read = columnReader(column, { kind: "string" }, { column: "a join key" });
    const encoder = new TextEncoder();
    return out.map((_, row) => {
      const value = read(row) as string | null;
      if (value === null) return -1;
      const bytes = encoder.encode(value);
      return this.numbers.number(bytes, 0, bytes.length, grow);
    });
  }
}

/** Numbers runs of bytes: by a hash of 64 bits first, then, as two may share one, by the bytes themselves. */
class ByteNumbers {
  count = 0;
  private bytes = new Uint8Array(16_384);
  private ends = new Int32Array(1024);
  private hashes = new Int32Array(1024);
  private places = new Int32Array(4096);

  number(from: Uint8Array, start: number, end: number, grow: boolean): number {
    let hash = end - start;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (from[i] as number), 0x01000193);
    hash = mix(hash);
    const mask = this.places.length - 1;
    let place = hash & mask;
    for (let found = this.places[place] as number; found > 0; found = this.places[place] as number) {
      if (this.hashes[found - 1] === hash && this.isSame(found - 1, from, start, end)) return found - 1;
      place = (place + 1) & mask;
    }
    if (!grow) return -1;
    const used = this.count === 0 ? 0 : (this.ends[this.count - 1] as number);
    while (used + end - start > this.bytes.length) this.bytes = doubled(this.bytes);
    this.bytes.set(from.subarray(start, end), used);
    if (this.count === this.ends.length) {
      this.ends = doubled(this.ends);
      this.hashes = doubled(this.hashes);
    }
    this.ends[this.count] = used + end - start;
    this.hashes[this.count] = hash;
    this.places[place] = ++this.count;
    if (this.count * 2 > this.places.length) this.spread();
    return this.count - 1;
  }

  private isSame(number: number, from: Uint8Array, start: number, end: number): boolean {
    const own = number === 0 ? 0 : (this.ends[number - 1] as number);
    if ((this.ends[number] as number) - own !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (this.bytes[own + i] !== from[start + i]) return false;
    return true;
  }

  private spread(): void {
    this.places = new Int32Array(this.places.length * 4);
    const mask = this.places.length - 1;
    for (let i = 0; i < this.count; i++) {
      let place = (this.hashes[i] as number) & mask;
      while (this.places[place] !== 0) place = (place + 1) & mask;
      this.places[place] = i + 1;
    }
  }
}

function mix(hash: number): number {
  const x = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  return x ^ (x >>> 15);
}

function doubled<A extends Int32Array | Uint8Array>(array: A): A {
  const grown = new (array.constructor as new (length: number) => A)(array.length * 2);
  grown.set(array);
  return grown;
}
