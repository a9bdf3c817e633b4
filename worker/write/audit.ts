// The audit trail: one record for each act that changes the project, kept in the online store for a time.
// Stores can't list keys by time at a bearable cost, so records are numbered: by hour, by lane, from 0 without a gap. An
// isolate keeps to one lane, so that a record usually takes one compare-and-set and nothing else.
import { bytesToHex } from "@noble/hashes/utils.js";
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { auditKey, type KeySpace } from "../../sdk/rows/index.ts";
import { checkShape } from "../../sdk/shape.ts";
import { type Clock, formatTime, type Ms, US_PER_HOUR, US_PER_MS, type Us } from "../../sdk/time.ts";
import type { Random } from "../auth/index.ts";
import type { OnlineStore } from "../store/port.ts";

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

/** What an isolate knows of its lane in an hour. */
interface LaneEnd {
  readonly hour: number;
  /** The first number that is not known to be taken. */
  next: number;
}

interface TrailParts {
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly space: KeySpace;
  readonly random: Random;
  /** How long records are kept. */
  readonly keepMs: Ms;
}

const LANES = 8;
const NONCE_BYTES = 4;
const MAX_ATTEMPTS = 8;
/** How far ahead the end of a lane is looked for by one read. */
const PROBES = Array.from({ length: 20 }, (_, i) => 2 ** i);
const RECORDS_A_READ = 256;
const HOURS_A_READ = 24;

/** One an isolate: it remembers where its lane ends. */
export class AuditTrail {
  readonly #parts: TrailParts;
  #lane: number | null = null;
  #end: LaneEnd = { hour: Number.NaN, next: 0 };

  constructor(parts: TrailParts) {
    this.#parts = parts;
  }

  /** Keeps a record and returns it. @throws store_unavailable, store_conflict */
  async append(entry: AuditEntry): Promise<AuditRecord> {
    const { store, clock, space, keepMs, random } = this.#parts;
    const atUs = clock.nowUs();
    const hour = Math.floor(atUs / US_PER_HOUR);
    const lane = (this.#lane ??= (random(1)[0] as number) % LANES);
    if (hour !== this.#end.hour) this.#end = { hour, next: 0 };
    const end = this.#end;
    const nonce = bytesToHex(random(NONCE_BYTES));
    // All of an hour's records go at once, so that none that is left hides behind a gap. Under a frozen clock none does.
    const expireInMs = clock.frozen ? null : ((hour + 1) * US_PER_HOUR - atUs) / US_PER_MS + keepMs;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const n = end.next;
      const record = { id: `${atUs}-${lane}-${n}-${nonce}`, at: formatTime(atUs), ...entry };
      const value = JSON.stringify(record);
      const [kept] = await store.compareAndSet([
        { key: auditKey(space, hour, lane, n), expected: null, value, expireInMs },
      ]);
      // Also when it was written by a first try whose answer was lost.
      if (kept === true || (await this.#follow(end, lane, n, value))) {
        end.next = Math.max(end.next, n + 1);
        return record;
      }
    }
    throw new EdgefeatError("store_conflict", "the audit trail was being written by others all the time");
  }

  /** Finds the end of a lane whose number `n` is taken; returns whether it holds `value`. */
  async #follow(end: LaneEnd, lane: number, n: number, value: string): Promise<boolean> {
    // Another request of this isolate was faster, and knows where the lane goes on.
    if (end.next > n) return false;
    let taken = n;
    for (;;) {
      const texts = await this.#read([0, ...PROBES].map((ahead) => [end.hour, lane, taken + ahead] as const));
      if (taken === n && texts[0] === value) return true;
      const free = texts.indexOf(null, 1);
      if (free === 1) break;
      taken += PROBES[(free === -1 ? PROBES.length : free - 1) - 1] as number;
    }
    end.next = Math.max(end.next, taken + 1);
    return false;
  }

  /**
   * Returns up to `limit` records, the latest first, of those with sinceUs ≤ time < untilUs and, given the id `before`, of
   * those before it; `next` is the id to go on before, null after the last. Costs a command for each day looked at, and
   * one for each 256 records of an hour's lane. @throws bad_request for a `before` that is no id; row_corrupt
   */
  async read(asked: {
    readonly sinceUs: Us;
    readonly untilUs: Us;
    readonly before: string | null;
    readonly limit: number;
  }): Promise<{ readonly records: readonly AuditRecord[]; readonly next: string | null }> {
    const { sinceUs, limit } = asked;
    const before = asked.before === null ? null : placeOf(asked.before);
    const untilUs = before === null ? asked.untilUs : Math.min(asked.untilUs, before[0] + 1);
    const isWanted = ({ id }: AuditRecord): boolean => {
      const place = placeOf(id);
      return place[0] >= sinceUs && place[0] < untilUs && (before === null || comparePlaces(place, before) < 0);
    };
    const found: AuditRecord[] = [];
    const firstHour = Math.floor(sinceUs / US_PER_HOUR);
    for (let hour = Math.floor((untilUs - 1) / US_PER_HOUR); hour >= firstHour; hour -= HOURS_A_READ) {
      const hours = Array.from({ length: Math.min(HOURS_A_READ, hour - firstHour + 1) }, (_, i) => hour - i);
      const lanes = hours.flatMap((h) => Array.from({ length: LANES }, (_, lane) => [h, lane, 0] as const));
      const heads = await this.#read(lanes);
      for (const [i, [h, lane]] of lanes.entries()) {
        // Only a whole hour is sure to hold none later than those found.
        if (lane === 0 && found.length > limit) break;
        const head = heads[i] ?? null;
        if (head !== null) found.push(...(await this.#readLane(h, lane, head)).filter(isWanted));
      }
      if (found.length > limit) break;
    }
    const records = found.toSorted((a, b) => comparePlaces(placeOf(b.id), placeOf(a.id))).slice(0, limit);
    return { records, next: found.length > limit ? (records.at(-1)?.id ?? null) : null };
  }

  async #readLane(hour: number, lane: number, head: string): Promise<AuditRecord[]> {
    const records = [parseRecord(head)];
    for (let n = 1; ; n += RECORDS_A_READ) {
      const block = Array.from({ length: RECORDS_A_READ }, (_, i) => [hour, lane, n + i] as const);
      for (const text of await this.#read(block)) {
        if (text === null) return records;
        records.push(parseRecord(text));
      }
    }
  }

  #read(places: readonly (readonly [hour: number, lane: number, n: number])[]): Promise<(string | null)[]> {
    const { store, space } = this.#parts;
    return store.read(
      places.map(([hour, lane, n]) => auditKey(space, hour, lane, n)),
      { purpose: "newest" },
    );
  }
}

function parseRecord(text: string): AuditRecord {
  try {
    return checkShape(auditRecord, JSON.parse(text), "audit record", "row_corrupt");
  } catch {
    throw new EdgefeatError("row_corrupt", "an audit record in the store is not readable", {
      hint: "was its key written by another program?",
    });
  }
}

type Place = readonly [atUs: number, lane: number, n: number];

function placeOf(id: string): Place {
  const match = /^(-?\d{1,16})-(\d{1,3})-(\d{1,9})-[0-9a-f]{8}$/.exec(id);
  if (match !== null) return [Number(match[1]), Number(match[2]), Number(match[3])];
  throw new EdgefeatError("bad_request", '"before" is not the id of an audit record', {
    hint: 'give the "next" of the answer before',
  });
}

function comparePlaces(a: Place, b: Place): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
