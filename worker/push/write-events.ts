// Events into rows: judged against what the store holds, told to the log, then written by compare-and-set, and again where others were faster.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { seenKey } from "../../sdk/rows/index.ts";
import type { Ms, Us } from "../../sdk/time.ts";
import type { EventLog, LogRecord } from "../log/port.ts";
import type { KnownRegistry } from "../serve/index.ts";
import { compressText } from "../store/compressed-text.ts";
import { changedByOthers } from "../store/faults.ts";
import type { StoreWrite } from "../store/port.ts";
import { append, APPEND_TRIES, appendInTime, PUSH_AGAIN, stampOf, tooSlow } from "./append.ts";
import type { ReadEvent } from "./event.ts";
import { fitted } from "./fitting.ts";
import { addMissed, type Missed } from "./missed.ts";
import type { Definitions, PushServices } from "./services.ts";
import type { PushTarget } from "./targets.ts";
import type { Verdict } from "./tile-push.ts";

const MAX_ATTEMPTS = 8;
/** How often row and companion that are not of one push are read again, before the companion counts as lost. */
const TORN_READS = 3;
const PAUSE_MS: Ms = 10;

/** The events of one row of one version. */
export interface Pending {
  readonly key: string;
  readonly target: PushTarget;
  readonly events: readonly ReadEvent[];
}

/** An event as the log is told of it, and what became of it. */
export interface Told {
  readonly record: LogRecord;
  /** The version whose verdict it is: the one that answers, or else the latest. */
  by: PushTarget;
  verdict: Verdict | "too_large";
  /** Of the row that can't hold it, with that verdict. */
  fault?: EdgefeatError;
  /** True where this push has appended it. */
  isLogged: boolean;
}

export interface Writing {
  /** What the targets are of. */
  readonly known: KnownRegistry;
  readonly definitions: Definitions;
  /** The places of the events that the log was told of, in time or not, by this push or one that it began anew. */
  readonly appended: Set<number>;
  readonly told: ReadonlyMap<number, Told>;
  /** Events that a version can't take whose verdict is another's. */
  readonly missed: Map<number, Missed>;
  /** null: it is told nothing. */
  readonly log: EventLog | null;
  /** True where it has the events before they are written. */
  readonly logged: boolean;
}

/** True for an event that neither side takes. */
function isRefused({ verdict }: Told): boolean {
  return verdict === "conflict" || verdict === "too_large";
}

/** Returns false where the definitions were found to be others: what is to be logged still must not go by these. */
export async function writeEvents(all: readonly Pending[], writing: Writing, services: PushServices): Promise<boolean> {
  const { known, definitions, appended, told, missed, log, logged } = writing;
  const { registry, store, cache, clock } = services;
  let pending = all;
  let slowAppends = 0;
  const large = new Set<string>();
  for (let attempt = 0; pending.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw changedByOthers(`${pending.length} rows were`, PUSH_AGAIN);
    if (attempt > 0) await services.sleep(PAUSE_MS * 2 ** attempt * services.random());
    const keys = pending.flatMap(({ key, target }) => (target.remembers ? [key, seenKey(key)] : [key]));
    // Before the read: where that finds the definitions to be the same, no version was added before the stamp, and what is
    // added later has events so stamped from the log.
    const stamp = stampOf(clock);
    const texts = await store.read([...keys, registry.key], { purpose: "write" });
    const judged = judge(pending, texts, stamp.nowUs, attempt >= TORN_READS);
    const toLog = judged.filter(({ torn }) => !torn).flatMap(unlogged);
    if (attempt === 0 || toLog.length > 0) {
      definitions.areCurrent = false;
      if (registry.isOutdated(known, texts.at(-1) ?? null, stamp.atMs)) return false;
      definitions.areCurrent = true;
    }
    if (log !== null && toLog.length > 0) {
      const records = (writtenAtUs: Us) =>
        toLog.map(({ one: { record, verdict }, repeat }) => ({
          ...record,
          writtenAtUs,
          deferred: verdict === "deferred",
          repeat,
        }));
      for (const { index } of toLog) appended.add(index);
      if (!(await appendInTime(log, records, clock, stamp))) {
        if (++slowAppends === APPEND_TRIES) throw tooSlow();
        continue;
      }
      for (const { one } of toLog) one.isLogged = true;
    }
    pending = await settle(judged);
  }
  // Another push was faster: the log learns which of the two the rows hold.
  const refused = [...told].filter(([index, { verdict }]) => verdict === "conflict" && appended.has(index));
  const records = (writtenAtUs: Us) => refused.map(([, { record }]) => ({ ...record, writtenAtUs, refused: true }));
  if (log !== null && refused.length > 0) await append(log, records, clock);
  return true;

  function judge(pairs: readonly Pending[], texts: readonly (string | null)[], nowUs: Us, isLast: boolean) {
    let at = 0;
    return pairs.map((of) => {
      const { key, target } = of;
      const row = texts[at++] ?? null;
      const seen = target.remembers ? (texts[at++] ?? null) : null;
      // What is refused no other version takes: the event that stands in its place may be still to come to that.
      const events = of.events.filter(({ index }) => leading(target, index) || !isRefused(told.get(index) as Told));
      const pushed = fitted(target.push, key, { row, seen }, events, { nowUs, frozen: clock.frozen, logged });
      const { verdicts, fault } = pushed;
      const isTorn = pushed.torn && !isLast;
      const unfit = events.filter((_, i) => verdicts[i] === "too_large");
      if (fault !== null && !isTorn) tellLarge(target, key, fault, unfit);
      for (const [i, { index }] of events.entries()) {
        const one = leading(target, index);
        if (one === undefined) continue;
        const verdict = verdicts[i] as Told["verdict"];
        // What the log has already is left to a run; that tells it where the row has no room then either.
        one.verdict = verdict === "too_large" && appended.has(index) ? "deferred" : verdict;
        if (fault !== null) one.fault = fault;
      }
      return { of, events, row, ...pushed, torn: isTorn };
    });
  }

  /** Of a version that gets what the log has: without it, it would not be whole. @throws the fault */
  function tellLarge(target: PushTarget, key: string, fault: EdgefeatError, events: readonly ReadEvent[]): void {
    if (log === null && logged) throw fault;
    const others = events.filter(({ index }) => !leading(target, index)).length;
    const { code, message } = fault;
    if (others > 0 && !large.has(key)) addMissed(missed, { version: target.version, events: others, code, message });
    large.add(key);
  }

  /** Returns an event where the verdict on it is that of this version. */
  function leading(target: PushTarget, index: number): Told | undefined {
    const one = told.get(index);
    return one?.by === target ? one : undefined;
  }

  function unlogged({ of: { target }, events, repeats }: ReturnType<typeof judge>[number]) {
    if (log === null) return [];
    const places = new Set(repeats);
    return events.flatMap(({ index }, i) => {
      const one = leading(target, index);
      if (one === undefined || one.isLogged || isRefused(one)) return [];
      const { verdict } = one;
      const repeat = places.has(i);
      return repeat || verdict === "accepted" || verdict === "deferred" ? [{ one, index, repeat }] : [];
    });
  }

  /** Writes what was judged; returns what has to be done again. */
  async function settle(judged: ReturnType<typeof judge>): Promise<Pending[]> {
    const again: Pending[] = [];
    const writes: StoreWrite[] = [];
    const writing: Pending[] = [];
    const undecided = new Set<number>();
    for (const one of judged) {
      const { of, events, row, torn, write: next } = one;
      if (torn) for (const { index } of events) undecided.add(index);
      // Those with the verdict come first: what they refuse goes into none.
      if (torn || events.some(({ index }) => undecided.has(index))) again.push(of);
      else if (next === undefined) continue;
      else if (unlogged(one).length > 0) again.push(of);
      else {
        const { seen, value, expireInMs } = next;
        const beside = seen === undefined ? {} : { beside: { key: seenKey(of.key), value: seen } };
        writing.push(of);
        writes.push({ key: of.key, expected: row, value: compressText(value), expireInMs, ...beside });
      }
    }
    if (writes.length === 0) return again;
    // Also where it fails: some may be written all the same.
    const drop = () =>
      cache.drop(
        writes.map(({ key }) => key),
        clock.elapsedMs(),
      );
    const written = await store.compareAndSet(writes).finally(drop);
    return [...again, ...writing.filter((_, i) => written[i] !== true)];
  }
}
