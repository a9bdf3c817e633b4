// What is wrong with the file of an hour, by its length and its digest, and the error of one that can't be read.
import { EdgefeatError } from "../../sdk/errors.ts";
import { hexOf } from "../../sdk/sha256.ts";
import { formatTime, type Us } from "../../sdk/time.ts";
import { type Hour, type Manifest, manifestPath } from "./manifest.ts";
import type { LogFiles } from "./port.ts";

/** Returns what is wrong with a file of so many bytes, null: with none; null where nothing is. */
export function lengthFault({ bytes }: Hour, sizeBytes: number | null): string | null {
  if (sizeBytes === null) return "it is missing";
  if (sizeBytes === 0) return "it is empty";
  return bytes === undefined || sizeBytes === bytes ? null : `it has ${sizeBytes} bytes, and was written with ${bytes}`;
}

/** Returns what is wrong with a file that holds these bytes; null where nothing is. */
export async function contentFault(hour: Hour, bytes: Uint8Array | null): Promise<string | null> {
  const fault = lengthFault(hour, bytes?.length ?? null);
  if (fault !== null || hour.sha256 === undefined) return fault;
  const digest = await digestOf(bytes as Uint8Array);
  return digest === null || digest === hour.sha256 ? null : "it was changed since it was written";
}

/** Returns the SHA-256 of a file's bytes, in hexadecimal; null in a page without a secure context, which has no WebCrypto. */
export async function digestOf(bytes: Uint8Array): Promise<string | null> {
  const { subtle } = crypto as Partial<Crypto>;
  return subtle === undefined
    ? null
    : hexOf(new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)));
}

/** Returns the error of an hour's file that can't be read, with the ways to go on. */
export function hourError(
  { files, folder }: { readonly files: LogFiles; readonly folder: string },
  manifest: Manifest,
  hour: Us,
  reason: string,
  cause?: unknown,
): EdgefeatError {
  const { file, events } = manifest.hours.get(hour) as Hour;
  const from = formatTime(hour);
  const count = `${events.toLocaleString("en-US")} event${events === 1 ? "" : "s"}`;
  return new EdgefeatError(
    "file_unreadable",
    `${files.name}: ${folder}/hours/${file}, with ${count} of the hour from ${from} on, can't be read: ${reason}`,
    {
      hint: `restore it from a copy; or give these events up: take "${from}" out of "hours" in ${manifestPath(folder, manifest.generation)}, and push them to offline again if you have them`,
      details: { file: `hours/${file}`, hour: from, events, reason },
      cause,
    },
  );
}
