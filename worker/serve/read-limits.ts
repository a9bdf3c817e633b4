// How much one request may bring into an isolate's memory, which has 128 MB for all that is under way in it.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Output } from "../../sdk/plan/index.ts";
import { plainChars } from "../store/compressed-text.ts";

/** The most rows that one request may ask for. */
export const MAX_ROWS = 1_000;
/** The most rows × views that one request may read. */
export const MAX_LOOKUPS = 10_000;
/** The most values that one request may ask for: rows × features, each number of a vector counted. As JSON, 20 MB. */
export const MAX_VALUES = 1_000_000;
/** The most characters that the packed rows one request reads from the store may have, uncompressed; decoded they take six times as much. */
export const MAX_READ_CHARS = 16_000_000;
/** The most characters that one answer's values may have. Rows asked for twice are read once, and answered twice. */
export const MAX_ANSWER_CHARS = 24_000_000;

/** Returns how many values a plan has a row, each number of a vector counted. */
export function valuesPerRow(outputs: readonly Output[]): number {
  return outputs.reduce((sum, { type }) => sum + (type.kind === "vector" ? type.dimension : 1), 0);
}

/** Checks how much a request asks for, by what is known before anything is read. @throws request_too_large */
export function checkAsked(rows: number, reads: number, perRow: number): void {
  if (rows > MAX_ROWS || rows * reads > MAX_LOOKUPS) {
    throw new EdgefeatError("request_too_large", `the request asks for ${rows} rows of ${reads} views`, {
      hint: `at most ${MAX_ROWS} rows, and ${MAX_LOOKUPS} rows × views: send it in parts`,
    });
  }
  if (rows * perRow <= MAX_VALUES) return;
  const message = `the request asks for ${rows} rows of ${perRow} values, each number of a vector counted`;
  throw new EdgefeatError("request_too_large", message, {
    hint: `at most ${MAX_VALUES} values: ask for ${Math.max(1, Math.floor(MAX_VALUES / perRow))} rows at a time, or for fewer features`,
  });
}

/** Checks the first `count` of the texts that a read brought, before any is uncompressed. @throws request_too_large */
export function checkRead(texts: readonly (string | null)[], count: number): void {
  let chars = 0;
  for (let i = 0; i < count; i++) {
    const text = texts[i] as string | null;
    const size = text === null ? 0 : plainChars(text);
    // NaN: decoding it will say row_corrupt.
    if (size > 0) chars += size;
  }
  if (chars <= MAX_READ_CHARS) return;
  throw new EdgefeatError("request_too_large", `the rows that were asked for have ${chars} characters in the store`, {
    hint: `at most ${MAX_READ_CHARS} a request: ask for fewer rows`,
  });
}

/** Checks how long an answer has become. @throws request_too_large */
export function checkAnswer(chars: number): void {
  if (chars <= MAX_ANSWER_CHARS) return;
  throw new EdgefeatError("request_too_large", `the answer is longer than ${MAX_ANSWER_CHARS} characters`, {
    hint: "ask for fewer rows, or for fewer features",
  });
}
