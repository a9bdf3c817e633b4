// Completing a materialization: the version is marked in the registry, and what was done is kept as a record.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { markMaterialized, type Snapshot } from "../../sdk/registry/index.ts";
import { materializationKey } from "../../sdk/rows/index.ts";
import { formatTime, parseTime, type Us } from "../../sdk/time.ts";
import type { KnownRegistry } from "../serve/index.ts";
import { changedByOthers } from "../store/faults.ts";
import { changeRegistry, type RegistryWriter } from "./registry-change.ts";
import { writableView } from "./row-shape.ts";

const count = z.int().check(z.gte(0));

/** What a client tells of a run: the interval (start, end], its rows, and any further counts. */
export const materializationBody = z
  .catchall(
    z.object({
      version: z.optional(z.int().check(z.gte(1))),
      start: z.nullable(z.string()),
      end: z.string(),
      rows: count,
    }),
    count,
  )
  .check(
    z.refine(
      (body) => Object.keys(body).every((name) => /^\w{1,64}$/.test(name)),
      "expected counts to be called by letters, digits and _",
    ),
  );
export type MaterializationBody = z.output<typeof materializationBody>;

/** The record of the run that reached furthest, as `GET /v1/materializations` gives it. */
export interface MaterializationRecord {
  readonly view: string;
  readonly version: number;
  readonly start: string | null;
  readonly end: string;
  readonly rows: number;
  readonly completedAt: string;
  /** What all runs took: intervals (start, end] apart from each other, in order. Absent in older records: this run's alone. */
  readonly covered?: readonly Interval[];
  readonly [count: string]: unknown;
}

interface Interval {
  /** null: from the beginning. */
  readonly start: string | null;
  readonly end: string;
}

export interface Completed {
  readonly registry: KnownRegistry;
  readonly version: number;
  readonly record: MaterializationRecord;
}

const MAX_ATTEMPTS = 8;

/**
 * Marks a view's version as materialized, which activates it where it is the latest, and keeps the record of the run
 * unless one is kept that reached further.
 * @throws unknown_view, unknown_version, bad_time, bad_request, event_time_in_future, store_conflict
 */
export async function completeMaterialization(
  writer: RegistryWriter,
  view: string,
  body: MaterializationBody,
  { nowUs }: { nowUs: Us },
): Promise<Completed> {
  const { version, start, end, ...counts } = body;
  const endUs = parseTime(end);
  const startUs = start === null ? null : parseTime(start);
  if (startUs !== null && startUs > endUs) {
    throw new EdgefeatError("bad_request", "the materialization ends before it starts", { pointer: "/end" });
  }
  if (endUs > nowUs) {
    throw new EdgefeatError("event_time_in_future", `the materialization's end ${end} lies in the future`, {
      hint: "materialize up to an END that has passed",
      pointer: "/end",
    });
  }
  const marked = await mark(writer, view, version ?? null);
  const record = await keep(writer, {
    // First, so that a count called "view" is none.
    ...counts,
    view,
    version: marked.version,
    start: startUs === null ? null : formatTime(startUs),
    end: formatTime(endUs),
    completedAt: formatTime(nowUs),
  });
  return { ...marked, record };
}

async function mark(writer: RegistryWriter, view: string, asked: number | null): Promise<Omit<Completed, "record">> {
  const { made, registry } = await changeRegistry(writer, (current) => {
    const { version } = writableView(current, view, asked);
    return { version, snapshot: markMaterialized(current, view, version) };
  });
  return { registry, version: made.version };
}

async function keep({ store, config }: RegistryWriter, record: MaterializationRecord): Promise<MaterializationRecord> {
  const key = materializationKey(config, record.view, record.version);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [text] = await store.read([key], { purpose: "write" });
    const kept = text === null || text === undefined ? null : (JSON.parse(text) as MaterializationRecord);
    const next = kept !== null && parseTime(kept.end) > parseTime(record.end) ? kept : record;
    const value = JSON.stringify({ ...next, covered: together([...(kept?.covered ?? (kept ? [kept] : [])), record]) });
    const isNew = value !== text;
    const [written] = isNew
      ? await store.compareAndSet([{ key, expected: text ?? null, value, expireInMs: null }])
      : [true];
    if (written === true) return next;
  }
  throw changedByOthers("the materialization record was");
}

/** Of more intervals apart than anybody leaves on purpose the last are kept. */
const MAX_INTERVALS = 50;

function together(intervals: readonly Interval[]): Interval[] {
  const from = ({ start }: Interval) => (start === null ? -Infinity : parseTime(start));
  const joined: Interval[] = [];
  for (const { start, end } of [...intervals].sort((a, b) => from(a) - from(b))) {
    const last = joined.at(-1);
    if (last === undefined || from({ start, end }) > parseTime(last.end)) joined.push({ start, end });
    else if (parseTime(end) > parseTime(last.end)) joined[joined.length - 1] = { start: last.start, end };
  }
  return joined.slice(-MAX_INTERVALS);
}

/** Returns the records of every view version of a registry, by `view@version`, in one read. */
export async function readMaterializations(
  { store, config }: Omit<RegistryWriter, "registry">,
  { views }: Snapshot,
): Promise<Record<string, MaterializationRecord>> {
  const versions = Object.entries(views).flatMap(([view, { versions: byNumber }]) =>
    Object.keys(byNumber).map((number) => ({ view, version: Number(number) })),
  );
  const texts = await store.read(versions.map(({ view, version }) => materializationKey(config, view, version)));
  const records = versions.map(({ view, version }, i) => [`${view}@${version}`, texts[i] ?? null] as const);
  return Object.fromEntries(
    records
      .filter(([, text]) => text !== null)
      .map(([name, text]) => [name, JSON.parse(text as string) as MaterializationRecord]),
  );
}
