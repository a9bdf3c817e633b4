// Where a dataset's bytes come from, read by range: memory, blobs, and whatever a host opens (files, URLs, objects of a bucket).
import { EdgefeatError } from "../../sdk/errors.ts";

export interface ByteSource {
  /** What errors call it: a path, a URL without its query. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Tells one state of a remote file from another, where its server does. */
  readonly stamp?: string;
  /** Bytes read, or transferred, so far. */
  readonly readBytes: number;
  /** Returns the bytes `from` ≤ i < `to`, in a buffer that is the caller's own. @throws file_unreadable, cancelled. */
  read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Returns all bytes, in a buffer that may be shared. @throws as read. */
  readAll(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Returns the bytes as a source; nothing is copied until it is read. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  let readBytes = 0;
  return {
    name,
    sizeBytes: bytes.length,
    get readBytes() {
      return readBytes;
    },
    async read(from, to) {
      readBytes += to - from;
      // Not slice, which of a Buffer shares.
      return new Uint8Array(bytes.subarray(from, to));
    },
    async readAll() {
      readBytes = bytes.length;
      return bytes;
    },
    async close() {},
  };
}

/** Returns a blob, such as a file that was dropped on a page, as a source. */
export function blobSource(blob: Blob, name: string): ByteSource {
  let readBytes = 0;
  const read = async (from: number, to: number) => {
    try {
      const bytes = new Uint8Array(await blob.slice(from, to).arrayBuffer());
      readBytes += bytes.length;
      return bytes;
    } catch (cause) {
      throw new EdgefeatError("file_unreadable", `${name} can't be read: ${(cause as Error).message}`, {
        hint: "it may have changed or gone since it was chosen: choose it again",
        cause,
      });
    }
  };
  return {
    name,
    sizeBytes: blob.size,
    get readBytes() {
      return readBytes;
    },
    read,
    readAll: () => read(0, blob.size),
    async close() {},
  };
}
