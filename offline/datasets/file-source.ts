// A file in Node, read by range; one that changes meanwhile is an error.
import { type FileHandle, open } from "node:fs/promises";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ByteSource } from "./byte-source.ts";

/** The kernel reads no more than 2 GiB at once. */
const MOST_BYTES = 2 ** 30;

/** Returns the bytes of a file. @throws what opening it throws: ENOENT, EACCES, … */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path, "r");
  const before = await file.stat();
  let readBytes = 0;
  const read = async (from: number, to: number) => {
    const bytes = new Uint8Array(to - from);
    for (let at = 0; at < bytes.length;) {
      const length = Math.min(bytes.length - at, MOST_BYTES);
      const { bytesRead } = await file.read(bytes, at, length, from + at).catch((cause: unknown) => {
        throw new EdgefeatError("file_unreadable", `${path} can't be read: ${(cause as Error).message}`, { cause });
      });
      if (bytesRead === 0) throw changed(path);
      at += bytesRead;
    }
    await checkSame(file, before, path);
    readBytes += bytes.length;
    return bytes;
  };
  return {
    name: path,
    sizeBytes: before.size,
    get readBytes() {
      return readBytes;
    },
    read,
    readAll: () => read(0, before.size),
    close: () => file.close(),
  };
}

async function checkSame(file: FileHandle, before: { size: number; mtimeMs: number }, path: string): Promise<void> {
  const { size, mtimeMs } = await file.stat();
  if (size !== before.size || mtimeMs !== before.mtimeMs) throw changed(path);
}

function changed(path: string): EdgefeatError {
  return new EdgefeatError("file_unreadable", `${path} changed while it was read`, {
    hint: "read it again once nothing writes it; writers should make a new file and then rename it",
  });
}
