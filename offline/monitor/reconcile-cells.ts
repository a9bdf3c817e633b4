// One look at some keys of a view: read online, joined offline at each answer's own instant, compared cell by cell.
import type { Table } from "apache-arrow";
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";
import type { FeaturePlan } from "../../sdk/plan/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { keyId } from "../../sdk/rows/index.ts";
import type { Us } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import { columnOf, columnReader, type ColumnReader, tableOf, vectorFromValues } from "../datasets/index.ts";
import { getHistoricalFeatures } from "../join/historical.ts";
import { type Apart, apart, BEYOND_MEASURE } from "./apart.ts";
import { heldName, type HeldRows, type Outcome } from "./held-rows.ts";
import type { DifferenceKind, OnlineAnswer, ReconcileOptions } from "./reconcile-report.ts";

/** What is looked at together: one view's features. */
export interface Target {
  readonly view: string;
  readonly version: number;
  /** `view@version:feature`. */
  readonly references: readonly string[];
  /** Of the registry that online answers from. */
  readonly plan: FeaturePlan;
  /** What the join runs on. */
  readonly held: Snapshot;
}

/** A value that differs. */
export interface Cell {
  readonly kind: DifferenceKind;
  readonly online: Value | null;
  readonly offline: Value | null;
  readonly apart: Apart | null;
  /** True where no tolerance excuses it. */
  readonly beyond: boolean;
}

/** What one look at a key came to. Of a key that agrees there is none. */
export interface KeySeen {
  /** By output; null where it agrees. */
  readonly cells: readonly (Cell | null)[];
  /** By output: events on their way keep it from being judged. */
  readonly unsettled: readonly boolean[];
  /** Which side alone has a usable row; null: both, or neither. */
  readonly only: "online" | "offline" | null;
  readonly isUnreadable: boolean;
  readonly nowUs: Us;
  readonly offlineEventTimeUs: Us | null;
}

const MAX_BATCH = 1_000;
/** An answer has a million values at most; a vector's elements count each, so this leaves room. */
const MAX_VALUES = 100_000;
const ENTITY_TIME = "ef_reconciled_at";

type Answered = Pick<OnlineAnswer, "nowUs"> & {
  /** null: the server can't read it. */
  readonly row: readonly (Value | null)[] | null;
  readonly absent: ReadonlySet<string>;
};

/**
 * Looks at keys and returns, by place, what was found of those that differ.
 * @throws registry_conflict when online answers from another registry; as getHistoricalFeatures
 */
export async function lookAt(
  target: Target,
  keys: readonly (readonly Value[])[],
  held: () => Promise<HeldRows>,
  options: ReconcileOptions,
): Promise<Map<number, KeySeen>> {
  if (keys.length === 0) return new Map();
  const answers = await readOnline(target, keys, options);
  const rows = await held();
  const sure = await joined(target, keys, answers, rows, "sure", options);
  const seen = new Map<number, KeySeen>();
  for (let i = 0; i < keys.length; i++) {
    const found = compared(target, answers[i] as Answered, sure, i, options.tolerance ?? 0);
    if (found !== null) seen.set(i, found);
  }
  return seen.size > 0 && rows.others.length > 0 ? settled(target, keys, answers, { sure, rows, seen }, options) : seen;
}

/** Takes what agrees with what else may be online, and what events decide that are on their way, out of what differs. */
async function settled(
  target: Target,
  keys: readonly (readonly Value[])[],
  answers: readonly Answered[],
  { sure, rows, seen }: { sure: Expected; rows: HeldRows; seen: ReadonlyMap<number, KeySeen> },
  options: ReconcileOptions,
): Promise<Map<number, KeySeen>> {
  const places = [...seen.keys()];
  const some = places.map((i) => keys[i] as readonly Value[]);
  const their = places.map((i) => answers[i] as Answered);
  const others: Expected[] = [];
  for (const outcome of rows.others) others.push(await joined(target, some, their, rows, outcome, options));
  const left = new Map<number, KeySeen>();
  for (const [j, i] of places.entries()) {
    const before = seen.get(i) as KeySeen;
    const after: KeySeen[] = [];
    for (const other of others) {
      const one = compared(target, their[j] as Answered, other, j, options.tolerance ?? 0);
      if (one !== null) after.push(one);
    }
    if (after.length < others.length) continue;
    const moves = target.plan.outputs.map(({ type }, o) =>
      others.some((other) => !same(type, sure.readers[o]?.(i) ?? null, other.readers[o]?.(j) ?? null)),
    );
    const explained = before.cells.map((_, o) => after.some(({ cells }) => cells[o] === null));
    // Of one event alone both outcomes were tried, of several not each.
    const isOpen = hasSeveralMoving(target, some[j] as readonly Value[], rows);
    const unsettled = moves.map(
      (isMoved, o) => isOpen && isMoved && before.cells[o] !== null && explained[o] === false,
    );
    // What one of them explains is no difference.
    const cells = before.cells.map((cell, o) => (unsettled[o] === true || explained[o] === true ? null : cell));
    const only = after.every((one) => one.only === before.only) ? before.only : null;
    const isLeft = cells.some((cell) => cell !== null) || only !== null;
    if (isLeft || unsettled.includes(true)) left.set(i, { ...before, cells, unsettled, only });
  }
  return left;
}

/** Of a computation's inputs each may have one of them, or not. */
function hasSeveralMoving({ plan }: Target, values: readonly Value[], rows: HeldRows): boolean {
  const moving = plan.reads.map(({ view, version, keys }) => {
    const own = keys.map(({ name }) => values[plan.keys.findIndex((key) => key.name === name)] as Value);
    return rows.moving.get(heldName(view, version))?.get(keyId(own)) ?? 0;
  });
  return moving.reduce((sum, n) => sum + n, 0) > 1;
}

function same(type: Parameters<typeof apart>[0], a: Value | null, b: Value | null): boolean {
  return a === null || b === null ? a === b : apart(type, a, b) === null;
}

async function readOnline(
  { plan }: Target,
  keys: readonly (readonly Value[])[],
  { online, registry, signal, onProgress }: ReconcileOptions,
): Promise<Answered[]> {
  const answers: Answered[] = [];
  const size = Math.max(1, Math.min(MAX_BATCH, Math.floor(MAX_VALUES / Math.max(1, plan.outputs.length))));
  const read = async (some: readonly (readonly Value[])[]): Promise<Answered[]> => {
    signal?.throwIfAborted();
    try {
      const answer = await online.read(plan, some);
      if (answer.registry !== registry) throw registryMoved();
      return some.map((_, i) => ({
        nowUs: answer.nowUs,
        row: answer.rows[i] as readonly (Value | null)[],
        absent: answer.absent[i] as ReadonlySet<string>,
      }));
    } catch (fault) {
      if (!(fault instanceof EdgefeatError) || !SPLITS.has(fault.code)) throw fault;
      if (some.length > 1) {
        const half = Math.ceil(some.length / 2);
        return [...(await read(some.slice(0, half))), ...(await read(some.slice(half)))];
      }
      if (fault.code !== "row_corrupt") throw fault;
      return [{ nowUs: await online.now(), row: null, absent: new Set() }];
    }
  };
  for (let from = 0; from < keys.length; from += size) {
    onProgress?.({ stage: "read online", done: from, total: keys.length });
    answers.push(...(await read(keys.slice(from, from + size))));
  }
  return answers;
}

const SPLITS: ReadonlySet<ErrorCode> = new Set(["row_corrupt", "request_too_large"]);

function registryMoved(): EdgefeatError {
  return new EdgefeatError("registry_conflict", "the server took another registry while it was compared", {
    hint: "run it again",
  });
}

interface Expected {
  /** By output. */
  readonly readers: readonly ColumnReader[];
  /** By output: its event time. */
  readonly times: readonly ColumnReader[];
}

async function joined(
  { plan, held, references }: Target,
  keys: readonly (readonly Value[])[],
  answers: readonly Answered[],
  rows: HeldRows,
  outcome: Outcome,
  options: ReconcileOptions,
): Promise<Expected> {
  const { engine, transforms, onBadRows, signal, onProgress } = options;
  const entities: Table = tableOf([
    ...plan.keys.map(
      ({ name, type }, k) =>
        [
          name,
          vectorFromValues(
            type,
            keys.map((values) => values[k] as Value),
          ),
        ] as const,
    ),
    [
      ENTITY_TIME,
      vectorFromValues(
        { kind: "timestamp" },
        answers.map(({ nowUs }) => BigInt(nowUs)),
      ),
    ],
  ]);
  const { table } = await getHistoricalFeatures({
    engine,
    snapshot: held,
    request: { features: references },
    readSource: rows.reader(outcome),
    entities,
    entityTime: ENTITY_TIME,
    fullNames: true,
    provenance: true,
    ...(transforms === undefined ? {} : { transforms }),
    ...(onBadRows === undefined ? {} : { onBadRows }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  });
  const names = plan.outputs.map(({ label, feature }) => `${label}__${feature}`);
  return {
    readers: plan.outputs.map(({ type }, o) => {
      const column = names[o] as string;
      return columnReader(columnOf(table, column), type, { column });
    }),
    times: names.map((name) => {
      const column = `${name}__event_time`;
      return columnReader(columnOf(table, column), { kind: "timestamp" }, { column });
    }),
  };
}

/** Compares a key's values with those of a row of the join; null where all is the same. */
function compared(
  { plan }: Target,
  { row, absent, nowUs }: Answered,
  expected: Expected,
  place: number,
  tolerance: number,
): KeySeen | null {
  const cells = plan.outputs.map(({ type }, o): Cell | null => {
    const offline = (expected.readers[o] as ColumnReader)(place);
    if (row === null) return { kind: "unreadable", online: null, offline, apart: null, beyond: true };
    const online = row[o] as Value | null;
    if (online === null || offline === null) {
      if (online === offline) return null;
      return { kind: online === null ? "nullOnline" : "nullOffline", online, offline, apart: null, beyond: true };
    }
    const difference = apart(type, online, offline);
    if (difference === null) return null;
    const measured = difference === BEYOND_MEASURE ? null : difference;
    // Without a tolerance even two zeros of different sign are two values.
    const beyond = tolerance === 0 || measured === null || measured.relative > tolerance;
    return { kind: "mismatch", online, offline, apart: measured, beyond };
  });
  const times = expected.times.map((read) => read(place) as bigint | null);
  const time = times.find((us) => us !== null) ?? null;
  const differs = cells.some((cell) => cell !== null);
  const only = onlySide(plan, { row, absent, time, differs });
  if (!differs && only === null) return null;
  return {
    cells,
    unsettled: cells.map(() => false),
    only,
    isUnreadable: row === null,
    nowUs,
    offlineEventTimeUs: time === null ? null : Number(time),
  };
}

/**
 * Returns which side alone has a row that counts. A row of nulls is one too: a stored view's that is missing is told of
 * though no value differs. Tiles may stay in the store after their last window has passed them.
 */
function onlySide(
  { reads }: FeaturePlan,
  { row, absent, time, differs }: Pick<Answered, "row" | "absent"> & { time: bigint | null; differs: boolean },
): "online" | "offline" | null {
  const [read, ...others] = reads;
  if (row === null || read === undefined || others.length > 0) return null;
  const { spec, label } = read;
  const isThere = !absent.has(label);
  if (spec.source.eventTime === null) return !differs ? null : isThere ? null : "offline";
  if (isThere && time === null) return spec.kind === "stored" || differs ? "online" : null;
  return !isThere && time !== null ? "offline" : null;
}
