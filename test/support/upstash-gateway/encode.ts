// The JSON that Upstash answers with for a Redis reply, plain or with base64 strings.
import { ErrorReply } from "@redis/client";
import type { Reply } from "./connection.ts";

/** How strings go into an answer: as UTF-8 (bytes that are none become U+FFFD), or base64, which loses nothing. */
export type Encoding = "utf8" | "base64";

/** Returns `{"result":…}` or `{"error":…}`. */
export function encodeReply(reply: Reply, encoding: Encoding): string {
  if (reply instanceof ErrorReply) return encodeError(reply.message);
  // The one string that Upstash leaves plain in base64 answers.
  if (reply instanceof Buffer && reply.equals(OK)) return '{"result":"OK"}';
  return `{"result":${encodeValue(reply, encoding)}}`;
}

export function encodeError(message: string): string {
  return JSON.stringify({ error: message });
}

const OK = Buffer.from("OK");

function encodeValue(reply: Reply, encoding: Encoding): string {
  if (reply === null) return "null";
  if (typeof reply === "string") return reply; // the digits of an integer
  if (reply instanceof ErrorReply) return JSON.stringify(reply.message);
  if (!Array.isArray(reply)) return JSON.stringify(reply.toString(encoding));
  return `[${reply.map((item) => encodeValue(item, encoding)).join(",")}]`;
}
