// Which versions of a view a push goes to: the one that the definitions hold, and those before it that may still answer.
import { EdgefeatError } from "../../sdk/errors.ts";
import { type Snapshot, takesPushes } from "../../sdk/registry/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import { tileLayout } from "../../sdk/windows/index.ts";
import { MAX_ROW_BYTES } from "../store/index.ts";
import { pushedView, type WritableView, writableView } from "../write/row-shape.ts";
import { refuseLarge } from "../write/row-size.ts";
import { eventReader } from "./event.ts";
import { storedPusher } from "./stored-push.ts";
import { type Pusher, tilePusher } from "./tile-push.ts";

/** Below it no view that can be defined makes a row of an event that is too large. */
const SMALL_CHARS = 2_000;

/** A version of a view that takes events. */
export interface PushTarget extends WritableView {
  /** True for the one that answers where no version is asked for. */
  readonly answers: boolean;
  readonly read: ReturnType<typeof eventReader>;
  readonly push: Pusher;
  /** True where rows have a companion that remembers event ids. */
  readonly remembers: boolean;
}

/**
 * Returns the versions of a view that take a push, the latest first: an older one where it was materialized, so that one
 * may return to it without holes (SEMANTICS 7.2); or the one that is asked for, alone. Where the latest takes none, the one
 * that answers stands for it.
 * @throws unknown_view, unknown_version; bad_request for a view that takes no pushes
 */
export function pushTargets(
  snapshot: Snapshot,
  view: string,
  only: number | null = null,
): readonly [PushTarget, ...PushTarget[]] {
  const latest = only === null ? pushedView(snapshot, view) : writableView(snapshot, view, only);
  if (!takesPushes(latest.spec)) throw refusal(latest);
  if (only !== null) return [targetOf(snapshot, latest)];
  const { versions } = lookUp(snapshot.views, view, "view called", "unknown_view");
  const older = Object.entries(versions).flatMap(([number, { materialized, spec }]): WritableView[] => {
    const version = Number(number);
    if (version === latest.version || !materialized || !takesPushes(spec)) return [];
    return spec.source.name === latest.spec.source.name ? [{ view, version, spec }] : [];
  });
  return [targetOf(snapshot, latest), ...older.map((target) => targetOf(snapshot, target))];
}

function targetOf(snapshot: Snapshot, target: WritableView): PushTarget {
  const { view, version, spec } = target;
  const { active, versions } = lookUp(snapshot.views, view, "view called", "unknown_view");
  const serves = versions[version]?.materialized === true;
  const push = spec.kind === "stored" ? storedPusher(spec) : tilePusher(spec, { serves });
  const read = eventReader(snapshot, target);
  /** How often a row may hold an event. */
  let copies: number | undefined;
  return {
    ...target,
    answers: version === active,
    read: (json, index, path, moment) => {
      const event = read(json, index, path, moment);
      const chars = event.id.length + event.valuesJson.length;
      if (chars < SMALL_CHARS) return event;
      copies ??= spec.kind === "stored" ? 1 : tileLayout(spec).groups.reduce((sum, { slots }) => sum + slots.length, 0);
      if (6 * copies * chars < MAX_ROW_BYTES) return event;
      // Wherever it is to go: what makes a row too large all by itself no run could materialize.
      const { write } = push({ row: null, seen: null }, [event], { nowUs: moment.nowUs, frozen: true });
      if (write !== undefined) refuseLarge(event.key, write.value, path);
      return event;
    },
    push,
    remembers: spec.kind !== "stored",
  };
}

function refusal({ view, spec }: WritableView): EdgefeatError {
  if (spec.select !== undefined) {
    return new EdgefeatError(
      "bad_request",
      `the rows of "${view}" are made by its select, which only the engine runs`,
      {
        hint: "push to a view without a select",
      },
    );
  }
  return new EdgefeatError("bad_request", `"${view}" takes no pushed events`, {
    hint: "define it with push: true, and apply",
  });
}
