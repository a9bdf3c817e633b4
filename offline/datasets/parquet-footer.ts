// What a Parquet file's footer says that the decoder doesn't: whether some of its columns are encrypted.
import type { ByteSource } from "./byte-source.ts";

/** The field of a footer that only a file with encrypted columns has. */
const ENCRYPTION_ALGORITHM = 8;

/** Returns true when the file's footer, itself not encrypted, says that columns are; false when it says nothing that can be read. */
export async function hasEncryptedColumns(source: ByteSource): Promise<boolean> {
  try {
    const { sizeBytes } = source;
    const tail = await source.read(sizeBytes - 8, sizeBytes);
    const length = new DataView(tail.buffer).getUint32(0, true);
    const footer = await source.read(sizeBytes - 8 - length, sizeBytes - 8);
    return new CompactStruct(footer).hasField(ENCRYPTION_ALGORITHM);
  } catch {
    return false;
  }
}

/** A struct in Thrift's compact protocol, whose fields are only counted off. */
class CompactStruct {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  hasField(wanted: number): boolean {
    for (const [id, type] of this.#fields()) {
      if (id === wanted) return true;
      this.#skip(type);
    }
    return false;
  }

  *#fields(): Generator<readonly [id: number, type: number]> {
    for (let id = 0; ;) {
      const header = this.#byte();
      if (header === 0) return;
      const step = header >> 4;
      // A step that doesn't fit is written as the number itself, its sign in its last bit.
      id = step === 0 ? this.#number() >> 1 : id + step;
      yield [id, header & 15];
    }
  }

  #skip(type: number): void {
    if (type <= 2) return;
    if (type === 3) this.#at++;
    else if (type <= 6) this.#number();
    else if (type === 7) this.#at += 8;
    else if (type === 8) this.#skipBytes();
    else if (type <= 10) this.#skipList();
    else if (type === 12) for (const [, inner] of this.#fields()) this.#skip(inner);
    else throw new Error("no footer");
  }

  #skipBytes(): void {
    const length = this.#number();
    this.#at += length;
  }

  #skipList(): void {
    const header = this.#byte();
    const length = header >> 4 === 15 ? this.#number() : header >> 4;
    const type = header & 15;
    for (let i = 0; i < length; i++) {
      if (type <= 2) this.#at++;
      else this.#skip(type);
    }
  }

  #number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error("no footer");
    return byte;
  }
}
