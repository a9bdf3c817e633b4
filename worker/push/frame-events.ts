// A frame of Feast's as events: its rows, for one view, with the times and the id that the view's source declares.
import { EdgefeatError } from "../../sdk/errors.ts";
import { eventColumns } from "../../sdk/registry/index.ts";
import { formatTime, US_PER_SECOND } from "../../sdk/time.ts";
import { parseTypeName } from "../../sdk/types/index.ts";
import type { KnownRegistry } from "../serve/index.ts";
import { CREATED_TIME, EVENT_TIME, type FeastFrame, isMissingTime } from "../write/feast-frame.ts";
import { addMissed, type Missed, toldMissed } from "./missed.ts";
import { pushEvents, type PushCounts } from "./push.ts";
import type { Definitions, PushServices } from "./services.ts";
import { pushTargets } from "./targets.ts";

/** Times in Feast's JSON have no zone, and are UTC. */
const ZONELESS = { zoneless: "utc" } as const;
const PART = 1_000;

type Counts = Omit<PushCounts, "rejected">;

export interface FramePushed {
  readonly rows: number;
  readonly views: readonly (Counts & { readonly view: string })[];
  /** Columns that belong to none of the views. */
  readonly ignoredColumns: readonly string[];
}

/**
 * Pushes a frame's rows to views over one source, all of which are checked before any is pushed. The log is told of each
 * view, as what was served is known by view; its readers take the copies of an event for one.
 * @throws what an event is refused for, event_conflict too; needs_log, log_unavailable, store_unavailable, store_conflict
 */
export async function pushFrame(
  names: readonly string[],
  frame: FeastFrame,
  { registry, to }: { registry: KnownRegistry; to: "online" | "offline" | "both" },
  services: PushServices,
): Promise<FramePushed> {
  const used = new Set<string>();
  const definitions: Definitions = { known: registry, areCurrent: true, arePinned: true };
  const moment = { nowUs: services.clock.nowUs(), maxSkewUs: services.config.maxSkewUs, time: ZONELESS };
  const views = names.map((view) => {
    const targets = pushTargets(registry.snapshot, view);
    const rows = rowsOf(targets[0], frame, used);
    const events = Array.from({ length: frame.rows }, (_, i) => rows(i));
    for (const [i, event] of events.entries()) targets[0].read(event, i, ["df", i], moment);
    return { view, targets, events };
  });
  const pushed: FramePushed["views"][number][] = [];
  for (const { view, targets, events } of views) {
    const sum = { accepted: 0, duplicate: 0, deferred: 0, logged: false };
    const missed = new Map<number, Missed>();
    for (let from = 0; from < events.length; from += PART) {
      const part = events.slice(from, from + PART).map((json) => ({ json }));
      const counts = await pushEvents({ view, definitions, events: part, to, time: ZONELESS }, services);
      const [rejected, ...more] = counts.rejected;
      if (rejected !== undefined) {
        const others = more.length === 0 ? "" : `; ${more.length} more are refused`;
        throw new EdgefeatError(rejected.code, `df[${from + rejected.index}]: ${rejected.message}${others}`, {
          hint: "the others were taken: mend it, and send all again",
        });
      }
      sum.accepted += counts.accepted;
      sum.duplicate += counts.duplicate;
      sum.deferred += counts.deferred;
      sum.logged = counts.logged;
      for (const one of counts.missed ?? []) addMissed(missed, one);
    }
    pushed.push({ view, version: targets[0].version, ...sum, ...toldMissed(missed) });
  }
  return {
    rows: frame.rows,
    views: pushed,
    ignoredColumns: [...frame.columns.keys()].filter((name) => !used.has(name)),
  };
}

/** Returns what gives a row of a frame as an event's JSON; the columns that it reads are added to `used`. */
function rowsOf(
  { spec }: ReturnType<typeof pushTargets>[number],
  { columns }: FeastFrame,
  used: Set<string>,
): (row: number) => unknown {
  const reader = (name: string | null, ...others: readonly string[]) => {
    const found = [name, ...others].find((one) => one !== null && columns.has(one));
    if (found === undefined || found === null) return () => undefined;
    used.add(found);
    const column = columns.get(found) as NonNullable<ReturnType<typeof columns.get>>;
    return (row: number): unknown => ("value" in column ? column.value : column.values[row]);
  };
  const { eventTime, createdTime, eventId } = spec.source;
  const id = reader(eventId);
  const time = eventTime === null ? () => undefined : reader(eventTime, EVENT_TIME);
  const created = createdTime === null ? () => undefined : reader(createdTime, CREATED_TIME);
  const values = eventColumns(spec)
    .filter(({ name, member }) => columns.has(name) && member === null)
    .map(({ name, type }) => ({ name, isTime: parseTypeName(type).kind === "timestamp", read: reader(name) }));
  return (row) => ({
    ...(eventId === null ? {} : { id: id(row) }),
    time: present(time(row)),
    created: present(created(row)),
    values: Object.fromEntries(
      values.map(({ name, isTime, read }) => [name, isTime ? timeText(read(row)) : read(row)]),
    ),
  });
}

function present(json: unknown): unknown {
  return isMissingTime(json) ? null : json;
}

/** Feast's client sends times among the values as whole seconds. */
function timeText(json: unknown): unknown {
  if (isMissingTime(json)) return null;
  return typeof json === "bigint" || Number.isInteger(json)
    ? formatTime(BigInt(json as number) * BigInt(US_PER_SECOND))
    : json;
}
