// Finding audit records again, the latest first, at a cost that follows from how many are asked for, not from how many there are.
import { auditKey, type KeySpace } from "../../sdk/rows/index.ts";
import { US_PER_HOUR, type Us } from "../../sdk/time.ts";
import type { OnlineStore } from "../store/port.ts";
import { type AuditRecord, comparePlaces, parseRecords, type Place, placeOf } from "./audit-record.ts";

export interface AuditQuery {
  readonly sinceUs: Us;
  readonly untilUs: Us;
  /** The id of the record that those told come before; null for none. */
  readonly before: string | null;
  readonly limit: number;
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** The id to go on before; null after the last. */
  readonly next: string | null;
}

export const LANES = 8;
const HOURS_A_READ = 24;
/** By how much a record may be older than one of a lower number: what clocks differ by, and what a write may wait. */
const DISORDER_US = 30_000_000;
const KEYS_A_READ = 512;
/** How a lane's end is looked for: by doubling, then by so many steps at once, until it is known to so many numbers. */
const DOUBLINGS = Array.from({ length: 20 }, (_, i) => 2 ** i);
const STEPS = 16;

interface Found {
  readonly record: AuditRecord;
  readonly place: Place;
}

/** A lane of an hour while it is read backwards. */
interface Lane {
  readonly lane: number;
  /** Its numbers from here on are read, or need not be. */
  to: number;
}

/** One reading of the trail. */
export class AuditReader {
  readonly #store: OnlineStore;
  readonly #space: KeySpace;
  readonly #query: AuditQuery;
  readonly #before: Place | null;
  readonly #untilUs: Us;
  /** The latest, in order; one more than asked for tells that there are more. */
  #found: Found[] = [];

  /** @throws bad_request for a `before` that is no id */
  constructor(store: OnlineStore, space: KeySpace, query: AuditQuery) {
    this.#store = store;
    this.#space = space;
    this.#query = query;
    this.#before = query.before === null ? null : placeOf(query.before);
    this.#untilUs = this.#before === null ? query.untilUs : Math.min(query.untilUs, this.#before[0] + 1);
  }

  /**
   * Returns up to `limit` records, the latest first, of those with sinceUs ≤ time < untilUs that come before `before`.
   * Costs a command for each day looked at; for each hour with records, 1 to 5 to find where to begin, and one for each 512
   * keys. @throws row_corrupt
   */
  async page(): Promise<AuditPage> {
    const { sinceUs, limit } = this.#query;
    const firstHour = Math.floor(sinceUs / US_PER_HOUR);
    const lastHour = Math.floor((this.#untilUs - 1) / US_PER_HOUR);
    for (let hour = lastHour; hour >= firstHour && !this.#isFull; hour -= HOURS_A_READ) {
      await this.#readHours(Array.from({ length: Math.min(HOURS_A_READ, hour - firstHour + 1) }, (_, i) => hour - i));
    }
    const records = this.#found.slice(0, limit).map(({ record }) => record);
    return { records, next: this.#isFull ? (records.at(-1)?.id ?? null) : null };
  }

  get #isFull(): boolean {
    return this.#found.length > this.#query.limit;
  }

  async #readHours(hours: readonly number[]): Promise<void> {
    const heads = await this.#read(
      hours.flatMap((hour) => Array.from({ length: LANES }, (_, lane) => [hour, lane, 0] as const)),
    );
    for (const [i, hour] of hours.entries()) {
      // Only a whole hour is sure to hold none later than those found.
      if (this.#isFull) return;
      const lanes = Array.from({ length: LANES }, (_, lane) => lane).filter((lane) => heads[i * LANES + lane] !== null);
      if (lanes.length > 0) await this.#readHour(hour, await this.#ends(hour, lanes));
    }
  }

  /** Reads lanes backwards, all at once, until what is left can't be wanted. */
  async #readHour(hour: number, lanes: readonly Lane[]): Promise<void> {
    for (let open = lanes; open.length > 0;) {
      const keysALane = Math.floor(KEYS_A_READ / open.length);
      const blocks = open.map(({ lane, to }) => {
        const from = Math.max(0, to - keysALane);
        return Array.from({ length: to - from }, (_, i) => [hour, lane, from + i] as const);
      });
      const texts = await this.#read(blocks.flat());
      let at = 0;
      const newestUs = blocks.map((block) => this.#take(texts.slice(at, (at += block.length))));
      const floorUs = this.#isFull ? (this.#found.at(-1) as Found).place[0] : this.#query.sinceUs;
      open = open.filter((lane, i) => {
        lane.to -= (blocks[i] as unknown[]).length;
        return lane.to > 0 && (newestUs[i] as Us) + DISORDER_US >= floorUs;
      });
    }
  }

  /** Keeps the latest of what is wanted; returns the latest time of all, +∞ where there is none: it tells nothing. */
  #take(texts: readonly (string | null)[]): Us {
    const all = texts.flatMap((text) => (text === null ? [] : parseRecords(text)));
    const found = all.map((record) => ({ record, place: placeOf(record.id) }));
    this.#found = [...this.#found, ...found.filter(({ place }) => this.#isWanted(place))]
      .toSorted((a, b) => comparePlaces(b.place, a.place))
      .slice(0, this.#query.limit + 1);
    return found.length === 0 ? Number.POSITIVE_INFINITY : latestUs(found.map(({ place }) => place));
  }

  #isWanted(place: Place): boolean {
    if (place[0] < this.#query.sinceUs || place[0] >= this.#untilUs) return false;
    return this.#before === null || comparePlaces(place, this.#before) < 0;
  }

  /** Finds for each lane, which is not empty, a number from which on there is none that is wanted, at most 16 too high. */
  async #ends(hour: number, lanes: readonly number[]): Promise<Lane[]> {
    const ranges = lanes.map((lane) => ({ lane, low: 0, to: Number.POSITIVE_INFINITY }));
    for (;;) {
      const open = ranges.filter(({ low, to }) => to - low > STEPS);
      if (open.length === 0) return ranges;
      const probes = open.map(({ low, to }) => numbersBetween(low, to));
      const texts = await this.#read(
        open.flatMap(({ lane }, i) => (probes[i] as number[]).map((n) => [hour, lane, n] as const)),
      );
      let at = 0;
      for (const [i, range] of open.entries()) {
        const numbers = probes[i] as number[];
        const past = texts.slice(at, (at += numbers.length)).findIndex((text) => this.#isPast(text));
        if (past !== -1) range.to = numbers[past] as number;
        if (past !== 0) range.low = numbers.at(past === -1 ? -1 : past - 1) as number;
      }
    }
  }

  /** True when a number's records, and so those of higher ones, are none or too late to be wanted. */
  #isPast(text: string | null): boolean {
    if (text === null) return true;
    return latestUs(parseRecords(text).map(({ id }) => placeOf(id))) >= this.#untilUs + DISORDER_US;
  }

  #read(places: readonly (readonly [hour: number, lane: number, n: number])[]): Promise<(string | null)[]> {
    return this.#store.read(
      places.map(([hour, lane, n]) => auditKey(this.#space, hour, lane, n)),
      { purpose: "newest" },
    );
  }
}

function latestUs(places: readonly Place[]): Us {
  return places.reduce((latest, [atUs]) => Math.max(latest, atUs), Number.NEGATIVE_INFINITY);
}

function numbersBetween(low: number, high: number): number[] {
  if (high === Number.POSITIVE_INFINITY) return DOUBLINGS.map((ahead) => low + ahead);
  const step = Math.ceil((high - low) / STEPS);
  return Array.from({ length: STEPS - 1 }, (_, i) => low + (i + 1) * step).filter((n) => n < high);
}
