// A wasm module fetched for a worker: inflated where it was stored gzipped, and known to be one before it is handed over.
import { EdgefeatError } from "../../sdk/errors.ts";

export interface DownloadProgress {
  loadedBytes: number;
  /** null where the server does not say. */
  totalBytes: number | null;
}

export interface WasmFileOptions {
  /** Called as the bytes come, for a page's progress bar. */
  onProgress?: (progress: DownloadProgress) => void;
  signal?: AbortSignal;
  /** Default: the host's own. */
  fetch?: typeof globalThis.fetch;
}

/**
 * Returns the module at `url` as a blob that a worker can instantiate. A file that was gzipped (`*.wasm.gz`, for hosts that limit
 * the size of a file) is inflated, whether or not its server already did.
 * @throws engine_unavailable when there is no wasm module at `url`, cancelled.
 */
export async function wasmFile(url: string, options: WasmFileOptions = {}): Promise<Blob> {
  const { signal, fetch = globalThis.fetch } = options;
  try {
    const response = await fetch(url, signal === undefined ? {} : { signal });
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
    const stored = await new Response(response.body.pipeThrough(counting(response.headers, options.onProgress))).blob();
    const bytes = (await startsWith(stored, [0x1f, 0x8b]))
      ? await new Response(stored.stream().pipeThrough(new DecompressionStream("gzip"))).blob()
      : stored;
    if (await startsWith(bytes, [0x00, 0x61, 0x73, 0x6d])) return bytes.slice(0, bytes.size, "application/wasm");
    throw new Error("what the server sent is no wasm module");
  } catch (cause) {
    if (signal?.aborted) throw new EdgefeatError("cancelled", `cancelled while fetching ${url}`, { cause });
    throw new EdgefeatError("engine_unavailable", `${url} can't be used: ${(cause as Error).message}`, {
      hint: "serve the engine's own files, whole, from the page's site",
      cause,
    });
  }
}

/** Returns the URL in full: a worker would resolve it against its own script, and not against the page. */
export function absoluteUrl(url: URL | string): string {
  return new URL(url, globalThis.location.href).href;
}

function counting(
  headers: Headers,
  onProgress: WasmFileOptions["onProgress"],
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  // Of a body that is compressed on the way, the length counts other bytes than those that come out.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  const totalBytes = length === null ? null : Number(length);
  let loadedBytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      loadedBytes += chunk.byteLength;
      onProgress?.({ loadedBytes, totalBytes });
      controller.enqueue(chunk);
    },
  });
}

async function startsWith(bytes: Blob, magic: readonly number[]): Promise<boolean> {
  const start = new Uint8Array(await bytes.slice(0, magic.length).arrayBuffer());
  return magic.every((byte, i) => start[i] === byte);
}
