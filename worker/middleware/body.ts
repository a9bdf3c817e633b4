// A request's JSON body: its media type, its size, its encoding and its syntax checked before anything reads it.
import { EdgefeatError } from "../../sdk/errors.ts";
import { parseJson } from "../../sdk/types/index.ts";
import { jsonFault } from "./json-fault.ts";

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|\s*$)/i;

/**
 * Returns the parsed body; integers that a double can't hold are bigints. No content type counts as JSON.
 * @throws unsupported_media_type, body_too_large, malformed_json with line and column
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get("content-type");
  if (type !== null && !JSON_TYPE.test(type.trim())) {
    throw new EdgefeatError("unsupported_media_type", `the body is declared as ${type.slice(0, 100)}`, {
      hint: "send JSON with Content-Type: application/json",
    });
  }
  return parseText(decode(await readBytes(request, maxBytes)));
}

function parseText(text: string): unknown {
  try {
    return parseJson(text);
  } catch (fault) {
    if (!(fault instanceof EdgefeatError) || fault.code !== "malformed_json" || fault.position !== undefined)
      throw fault;
    const { message, hint } = fault;
    throw new EdgefeatError("malformed_json", message, {
      position: jsonFault(text),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function decode(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new EdgefeatError("malformed_json", "the body is not valid UTF-8", { hint: "encode JSON as UTF-8" });
  }
}

async function readBytes(request: Request, maxBytes: number): Promise<ArrayBuffer | Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    // A body can't be longer than its declared length: HTTP frames it by that.
    if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
    return request.arrayBuffer();
  }
  return request.body === null ? new Uint8Array() : readChunks(request.body, maxBytes);
}

async function readChunks(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(maxBytes: number): EdgefeatError {
  return new EdgefeatError("body_too_large", `the body is larger than ${maxBytes} bytes`, {
    hint: "send it in smaller batches",
  });
}
