// A request's JSON body: its media type, its size, its encoding and its syntax checked before anything reads it.
import type { output, ZodMiniType } from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkShape } from "../../sdk/shape.ts";
import { parseJson } from "../../sdk/types/index.ts";
import { jsonFault } from "./json-fault.ts";

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|\s*$)/i;
/** What browsers say of a request of another origin's page. */
const FROM_ELSEWHERE: ReadonlySet<string | null> = new Set(["cross-site", "same-site"]);
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/**
 * Returns the parsed body of a write; integers that a double can't hold are bigints. No content type counts as JSON,
 * because Feast's clients send none; what a page of another origin could send unasked never does: a form, plain text, or
 * what such a page sends without a type, as a Blob of none.
 * @throws unsupported_media_type, body_too_large, malformed_json with line and column, bad_request for one that breaks off
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  checkType(request);
  const bytes = await bodyBytes(request, maxBytes);
  try {
    return parse(decode(bytes));
  } catch (fault) {
    throw packedOr(request, fault);
  }
}

/** Returns the body of a write as a schema's output. @throws as readJson; bad_request, request_too_large */
export async function readShape<T extends ZodMiniType>(
  schema: T,
  request: Request,
  maxBytes: number,
): Promise<output<T>> {
  return checkShape(schema, await readJson(request, maxBytes), "request", "bad_request");
}

/** What JSON lines are declared as. */
const LINES_TYPE = /^application\/(?:x-)?(?:nd-?json|jsonl|jsonlines|json-lines)\s*(?:;|$)/i;

/** True when a body is declared to be JSON lines. */
export function isLines({ headers }: Request): boolean {
  return LINES_TYPE.test(headers.get("content-type") ?? "");
}

/** Returns the body of a write that is declared to be JSON lines, as text. @throws body_too_large, malformed_json, bad_request */
export async function readLines(request: Request, maxBytes: number): Promise<string> {
  return decode(await bodyBytes(request, maxBytes));
}

/**
 * Returns the parsed body of a read. Like readJson, but by the shorter way of text(), which puts U+FFFD in the place of
 * bytes that are no UTF-8: the length shows whether it did (but for three bytes that were cut off a character of four,
 * which are read as U+FFFD).
 * @throws as readJson
 */
export async function readQuery(request: Request, maxBytes: number): Promise<unknown> {
  checkType(request);
  const declared = declaredBytes(request, maxBytes);
  if (declared === null) return readJson(request, maxBytes);
  let text: string;
  try {
    text = await request.text();
  } catch (cause) {
    throw brokenOff(cause);
  }
  try {
    if (text.includes("\ufffd") && new TextEncoder().encode(text).byteLength !== declared) throw notUtf8();
    return parse(text);
  } catch (fault) {
    throw packedOr(request, fault);
  }
}

async function bodyBytes(request: Request, maxBytes: number): Promise<ArrayBuffer | Uint8Array> {
  const declared = declaredBytes(request, maxBytes);
  return declared === null ? readChunks(request.body, maxBytes) : whole(request.arrayBuffer());
}

/** What can't be read may be packed, which is worth saying instead. */
function packedOr({ headers }: Request, fault: unknown): unknown {
  const encoding = headers.get("content-encoding");
  if (encoding === null || encoding === "identity") return fault;
  return new EdgefeatError("unsupported_media_type", `the body is packed as ${encoding.slice(0, 100)}`, {
    hint: "send it as it is, without Content-Encoding",
  });
}

function checkType({ headers }: Request): void {
  const type = headers.get("content-type");
  if (type === "application/json") return;
  if (type === null) {
    // Only browsers send this header, and no page can take it away.
    if (!FROM_ELSEWHERE.has(headers.get("sec-fetch-site"))) return;
    throw new EdgefeatError("unsupported_media_type", "a page of another origin must declare what the body is", {
      hint: "send JSON in UTF-8 with Content-Type: application/json",
    });
  }
  if (JSON_TYPE.test(type.trim()) && /^(?:utf-?8)?$/i.test(CHARSET.exec(type)?.[1] ?? "")) return;
  throw new EdgefeatError("unsupported_media_type", `the body is declared as ${type.slice(0, 100)}`, {
    hint: "send JSON in UTF-8 with Content-Type: application/json",
  });
}

/** Returns the declared length, which HTTP holds the body to; null when it is not declared. */
function declaredBytes({ headers }: Request, maxBytes: number): number | null {
  const declared = headers.get("content-length");
  if (declared === null || !/^\d{1,15}$/.test(declared)) return null;
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
  return Number(declared);
}

/** Whoever sends a body may stop in its midst, or send what HTTP can't be: that is no fault of the server's. */
function brokenOff(cause: unknown): EdgefeatError {
  return new EdgefeatError("bad_request", "the body broke off before its end", { hint: "send it again", cause });
}

async function whole<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw brokenOff(cause);
  }
}

async function readChunks(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await whole(reader.read());
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

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function decode(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw notUtf8();
  }
}

function parse(text: string): unknown {
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

function notUtf8(): EdgefeatError {
  return new EdgefeatError("malformed_json", "the body is not valid UTF-8", { hint: "encode JSON as UTF-8" });
}

function tooLarge(maxBytes: number): EdgefeatError {
  return new EdgefeatError("body_too_large", `the body is larger than ${maxBytes} bytes`, {
    hint: "send it in smaller batches",
  });
}
