// Bytes of a URL by range requests: only what is read is fetched, and a file that changes meanwhile is an error.
import { EdgefeatError } from "../../sdk/errors.ts";
import { inBlocks } from "./blocks.ts";
import type { ByteSource } from "./byte-source.ts";
import { type Answered, fetchRange, type HttpHost } from "./http-range.ts";

/** The first request: enough for a small file, and for the first bytes of a large one. */
const PROBE_BYTES = 16 * 1024;

export type { HttpHost };

/** Returns the URL of http or https that a text is. @throws definition_invalid */
export function urlOf(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new EdgefeatError("definition_invalid", `"${text}" is no URL`, {
    hint: "write https://host/path, spaces and the like percent-escaped",
  });
}

/** Returns a URL without its query, which may hold a signature. */
function urlName(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/**
 * Returns the bytes of a URL. One small request is made now. Where the server takes no ranges, it is the whole file, which is
 * then held in memory. Requests that fail for the time being are repeated; one that was cut off goes on where it stopped.
 * @throws file_not_found, file_unreadable naming the URL without its query, cancelled; definition_invalid for one with a password.
 */
export async function openHttp(url: URL, host: HttpHost, name = urlName(url)): Promise<ByteSource> {
  if (url.username !== "" || url.password !== "") {
    // fetch refuses them too, in words that hold them.
    throw new EdgefeatError(
      "definition_invalid",
      `${urlName(url)} can't be read: its URL has a user name or a password`,
      {
        hint: "take them out, and use a URL that is signed",
      },
    );
  }
  let readBytes = 0;
  const counting = (bytes: number) => {
    readBytes += bytes;
    host.onBytes?.(bytes);
  };
  const fetched = (from: number, to: number) => fetchRange(url, { ...host, onBytes: counting }, name, from, to);
  const first = await fetched(0, PROBE_BYTES);
  const { sizeBytes } = first;
  const validator = first.etag ?? first.lastModified;
  const read = inBlocks(
    sizeBytes,
    async (from, to) => {
      const next = await fetched(from, to);
      checkSame(first, next, name);
      return next.bytes;
    },
    { from: 0, bytes: first.bytes },
  );

  return {
    name,
    sizeBytes,
    ...(validator === null ? {} : { stamp: `${sizeBytes} ${validator}` }),
    get readBytes() {
      return readBytes;
    },
    async read(from, to) {
      const { bytes, shared } = await read(from, to);
      return shared ? bytes.slice() : bytes;
    },
    async readAll() {
      if (first.bytes.length === sizeBytes) return first.bytes;
      const rest = await fetched(0, sizeBytes);
      checkSame(first, rest, name);
      return rest.bytes;
    },
    async close() {},
  };
}

/** @throws file_unreadable when the two answers are of different states of the file. */
function checkSame(first: Answered, next: Answered, name: string): void {
  const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  if (
    first.sizeBytes === next.sizeBytes &&
    !differ(first.etag, next.etag) &&
    !differ(first.lastModified, next.lastModified)
  ) {
    return;
  }
  throw new EdgefeatError("file_unreadable", `${name} changed while it was read`, {
    hint: "read it again once nothing writes it; writers should make a new file and then rename it",
  });
}
