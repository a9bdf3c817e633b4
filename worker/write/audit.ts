// The audit trail: one record for each act that changes the project, kept in the online store for a time.
// Stores can't list keys by time at a bearable cost, so keys are numbered: by hour, by lane, from 0 without a gap. An
// isolate keeps to one lane, and one of its requests at a time writes what all of them have to record under one number:
// a record usually takes one compare-and-set at most. Requests of a Worker can't wait for each other's work, which may be
// cancelled; what they share is data, looked at by timers of their own.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { auditKey, type KeySpace } from "../../sdk/rows/index.ts";
import { hexOf } from "../../sdk/sha256.ts";
import { type Clock, formatTime, type Ms, US_PER_HOUR, US_PER_MS, type Us } from "../../sdk/time.ts";
import type { Random } from "../auth/index.ts";
import { changedByOthers } from "../store/faults.ts";
import type { OnlineStore } from "../store/port.ts";
import { type AuditPage, type AuditQuery, AuditReader, LANES } from "./audit-reader.ts";
import { type AuditEntry, type AuditRecord, recordsText } from "./audit-record.ts";

export { type AuditEntry, type AuditRecord, auditRecord } from "./audit-record.ts";

/** What an isolate knows of its lane in an hour. */
interface LaneEnd {
  readonly hour: number;
  /** The first number that is not known to be taken. */
  next: number;
}

/** An entry that a request has to record; the one or the other is set once that is decided. */
interface Pending {
  readonly atUs: Us;
  readonly entry: AuditEntry;
  record: AuditRecord | null;
  fault: { readonly thrown: unknown } | null;
}

/** One request's writing of entries, its own among them or not. */
interface Turn {
  readonly batch: readonly Pending[];
  readonly end: LaneEnd;
  /** The same however often the batch is written, so that it is known again. */
  readonly nonce: string;
}

interface TrailParts {
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly space: KeySpace;
  readonly random: Random;
  /** How long records are kept. */
  readonly keepMs: Ms;
  sleep(ms: Ms): Promise<void>;
}

/** With their number in it, two hexadecimal digits, a record's nonce has eight. */
const NONCE_BYTES = 3;
const MAX_BATCH = 64;
/** How long others may be faster, or an entry may wait for its turn. */
const PATIENCE_MS: Ms = 5_000;
/** A turn that takes longer may be a cancelled request's: another request goes on with it. */
const LEASE_MS: Ms = 2_000;
/** Pauses double up to this: nobody waits for more than twice as long as it takes, and few timers run. */
const MAX_PAUSE_MS: Ms = 64;
/** How far ahead the end of a lane is looked for by one read. */
const PROBES = Array.from({ length: 20 }, (_, i) => 2 ** i);

/** One an isolate: it remembers where its lane ends. */
export class AuditTrail {
  readonly #parts: TrailParts;
  #lane: number | null = null;
  #end: LaneEnd = { hour: Number.NaN, next: 0 };
  /** Entries that no turn has taken along, in the order they came. */
  #queue: Pending[] = [];
  #turn: Turn | null = null;

  constructor(parts: TrailParts) {
    this.#parts = parts;
  }

  /** Keeps a record and returns it. @throws store_unavailable, store_conflict */
  async append(entry: AuditEntry): Promise<AuditRecord> {
    const { clock, sleep } = this.#parts;
    const mine: Pending = { atUs: clock.nowUs(), entry, record: null, fault: null };
    this.#queue.push(mine);
    let seen: Turn | null = null;
    let seenForMs = 0;
    let waitedMs = 0;
    let pauseMs = 1;
    for (;;) {
      const turn = this.#turn;
      if (turn === null) await this.#write(this.#nextTurn());
      else if (turn === seen && seenForMs >= LEASE_MS) await this.#write({ ...turn });
      else {
        if (turn !== seen) seenForMs = 0;
        seen = turn;
        await sleep(pauseMs);
        seenForMs += pauseMs;
        waitedMs += pauseMs;
        pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
      }
      if (mine.record !== null) return mine.record;
      if (mine.fault !== null) throw mine.fault.thrown;
      if (waitedMs >= PATIENCE_MS && this.#queue.includes(mine)) {
        this.#queue = this.#queue.filter((pending) => pending !== mine);
        throw outpaced();
      }
    }
  }

  /** Returns a page of the trail; see AuditReader. @throws bad_request for a `before` that is no id; row_corrupt */
  async read(query: AuditQuery): Promise<AuditPage> {
    const { store, space } = this.#parts;
    return new AuditReader(store, space, query).page();
  }

  /** Takes the entries that wait; all of a number are of one hour, which readers count on. */
  #nextTurn(): Turn {
    const hour = hourOf(this.#queue[0] as Pending);
    const other = this.#queue.findIndex((pending) => hourOf(pending) !== hour);
    const batch = this.#queue.splice(0, Math.min(MAX_BATCH, other === -1 ? this.#queue.length : other));
    if (hour !== this.#end.hour) this.#end = { hour, next: 0 };
    return { batch, end: this.#end, nonce: hexOf(this.#parts.random(NONCE_BYTES)) };
  }

  /** Writes a turn's entries and tells each what came of it; never rejects. */
  async #write(turn: Turn): Promise<void> {
    this.#turn = turn;
    try {
      await this.#keep(turn);
    } catch (thrown) {
      // One that another request goes on with is that one's to tell.
      if (this.#turn === turn)
        for (const pending of turn.batch) if (pending.record === null) pending.fault = { thrown };
    }
    if (this.#turn === turn) this.#turn = null;
  }

  async #keep({ batch, end, nonce }: Turn): Promise<void> {
    const { store, clock, space, keepMs, random } = this.#parts;
    const lane = (this.#lane ??= (random(1)[0] as number) % LANES);
    // All of an hour's records go at once, so that none that is left hides behind a gap. Under a frozen clock none does.
    const expireInMs = clock.frozen ? null : ((end.hour + 1) * US_PER_HOUR - clock.nowUs()) / US_PER_MS + keepMs;
    const untilMs = clock.elapsedMs() + PATIENCE_MS;
    do {
      const n = end.next;
      const records = batch.map(({ atUs, entry }, i) => {
        const id = `${atUs}-${lane}-${n}-${nonce}${i.toString(16).padStart(2, "0")}`;
        return { id, at: formatTime(atUs), ...entry };
      });
      const value = recordsText(records);
      const [kept] = await store.compareAndSet([
        { key: auditKey(space, end.hour, lane, n), expected: null, value, expireInMs },
      ]);
      // Told by who had this turn before, while this one wrote.
      if (batch[0]?.record !== null) return;
      // Also when it was written by a first try whose answer was lost.
      if (kept === true || (await this.#follow(end, lane, n, value))) {
        end.next = Math.max(end.next, n + 1);
        for (const [i, pending] of batch.entries()) pending.record = records[i] as AuditRecord;
        return;
      }
    } while (clock.elapsedMs() < untilMs);
    throw outpaced();
  }

  /** Finds the end of a lane whose number `n` is taken; returns whether it holds `value`. */
  async #follow(end: LaneEnd, lane: number, n: number, value: string): Promise<boolean> {
    const { store, space } = this.#parts;
    let taken = n;
    for (;;) {
      const texts = await store.read(
        [0, ...PROBES].map((ahead) => auditKey(space, end.hour, lane, taken + ahead)),
        { purpose: "newest" },
      );
      if (taken === n && texts[0] === value) return true;
      const free = texts.indexOf(null, 1);
      if (free === 1) break;
      taken += PROBES[(free === -1 ? PROBES.length : free - 1) - 1] as number;
    }
    end.next = Math.max(end.next, taken + 1);
    return false;
  }
}

function hourOf({ atUs }: Pending): number {
  return Math.floor(atUs / US_PER_HOUR);
}

function outpaced(): EdgefeatError {
  return changedByOthers("the audit trail was");
}
