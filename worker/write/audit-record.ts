// A record of the audit trail: its shape, its text in the store, and its place among the others.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkShape } from "../../sdk/shape.ts";
import type { Us } from "../../sdk/time.ts";

export const auditRecord = z.object({
  /** Its time and place: microseconds since the epoch, lane, number; then what tells it from any other in its place. */
  id: z.string(),
  /** RFC 3339. */
  at: z.string(),
  /** Who: a token's id, or "root"; never a secret. */
  token: z.string(),
  tokenName: z.nullable(z.string()),
  /** What: the route as the server names it, and what the act was about. */
  route: z.string(),
  view: z.optional(z.string()),
  version: z.optional(z.number()),
  name: z.optional(z.string()),
  counts: z.optional(z.record(z.string(), z.number())),
  /** From where, as Cloudflare saw it; null elsewhere. */
  ip: z.nullable(z.string()),
  ray: z.nullable(z.string()),
  /** What came of it; a null code: it was done. */
  status: z.number(),
  code: z.nullable(z.string()),
});

export type AuditRecord = z.output<typeof auditRecord>;
/** A record before it has its time and place. */
export type AuditEntry = Omit<AuditRecord, "id" | "at">;

/** What orders records; no two have the same. */
export type Place = readonly [atUs: Us, lane: number, n: number, rest: number];

/** Returns the text of the records under one key: JSON, one a line. */
export function recordsText(records: readonly AuditRecord[]): string {
  return records.map((record) => JSON.stringify(record)).join("\n");
}

/** Returns the records of a text, in its order. @throws row_corrupt */
export function parseRecords(text: string): AuditRecord[] {
  try {
    return text.split("\n").map((line) => checkShape(auditRecord, JSON.parse(line), "audit record", "row_corrupt"));
  } catch {
    throw new EdgefeatError("row_corrupt", "an audit record in the store is not readable", {
      hint: "was its key written by another program?",
    });
  }
}

/** Returns the place that an id tells. @throws bad_request for what is no id */
export function placeOf(id: string): Place {
  const match = /^(-?\d{1,16})-(\d{1,3})-(\d{1,9})-([0-9a-f]{8})$/.exec(id);
  if (match !== null) return [Number(match[1]), Number(match[2]), Number(match[3]), Number.parseInt(match[4]!, 16)];
  throw new EdgefeatError("bad_request", '"before" is not the id of an audit record', {
    hint: 'give the "next" of the answer before',
  });
}

/** Returns less than 0 when `a` comes before `b`. */
export function comparePlaces(a: Place, b: Place): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];
}
