// When the online store took each row of a view: pushed events by the log, the others by the materializations that held them
// (SEMANTICS 2.2, as served).
import type { ServedTimes, SourceRows } from "../join/source-rows.ts";
import type { Us } from "../../sdk/time.ts";
import { columnReader } from "../datasets/index.ts";
import type { Completion } from "./completions.ts";
import { parsePushes, PUSHES } from "./pushes.ts";

/**
 * Returns by what time each row was served, from what was materialized by view. A row is served from the first materialization
 * on that was completed after it was created, and held its event time; one that only the log has, if it was in the log by then.
 * One that the source has too and does not say when it was created counts as no older than the log's. A pushed event is served
 * from when the store took it. Any version of the view counts: it is the row that was known.
 */
export function servedTimes(completions: ReadonlyMap<string, readonly Completion[]>): ServedTimes {
  return (view, rows) => {
    const held = new Held(completions.get(view) ?? []);
    const { eventTimes, createdTimes } = rows;
    const pushes = pushesReader(rows);
    return Float64Array.from({ length: rows.rows }, (_, row) => {
      const { loggedUs, alsoLoggedUs, takenUs } = pushes(row, view);
      // Nobody says when the source had a row that was pushed, too: not before the log did.
      const createdUs =
        createdTimes === null || createdTimes.isNull?.[row] === 1 ? alsoLoggedUs : Number(createdTimes.us[row]);
      const eventUs = eventTimes === null ? null : Number(eventTimes.us[row]);
      return Math.min(takenUs, held.first(eventUs, createdUs, loggedUs));
    });
  };
}

function pushesReader(
  rows: SourceRows,
): (row: number, view: string) => Record<"loggedUs" | "alsoLoggedUs" | "takenUs", Us> {
  const read = columnReader(rows.column(PUSHES), { kind: "string" }, { column: PUSHES }) as (
    row: number,
  ) => string | null;
  return (row, view) => {
    const text = read(row);
    if (text === null) return { loggedUs: -Infinity, alsoLoggedUs: -Infinity, takenUs: Infinity };
    const { loggedUs, alsoLoggedUs = -Infinity, pushes } = parsePushes(text);
    const taken = pushes.find((push) => push.view === view)?.takenUs ?? null;
    return { loggedUs: loggedUs ?? -Infinity, alsoLoggedUs, takenUs: taken ?? Infinity };
  };
}

/** The materializations of a view, the first completed first. */
class Held {
  readonly #all: readonly Completion[];
  /** By place: the greatest END of those up to it. */
  readonly #reach: Float64Array;

  constructor(all: readonly Completion[]) {
    this.#all = all;
    let reach = -Infinity;
    this.#reach = Float64Array.from(all, ({ endUs }) => (reach = Math.max(reach, endUs)));
  }

  /** Returns when the first was completed that held an event; Infinity for none. `eventUs` null: of a reference table, always held. */
  first(eventUs: Us | null, createdUs: Us, loggedUs: Us): Us {
    const from = Math.max(
      lowerBound(this.#all.length, (i) => (this.#all[i] as Completion).completedUs >= createdUs),
      eventUs === null ? 0 : lowerBound(this.#reach.length, (i) => (this.#reach[i] as number) >= eventUs),
    );
    for (let i = from; i < this.#all.length; i++) {
      const { startUs, endUs, sealedUs, completedUs } = this.#all[i] as Completion;
      if (loggedUs !== -Infinity && (sealedUs === null || sealedUs < loggedUs)) continue;
      if (eventUs === null || ((startUs === null || startUs < eventUs) && eventUs <= endUs)) return completedUs;
    }
    return Infinity;
  }
}

/** Returns the first place at which `holds` is true, where it stays so; the length if it is at none. */
function lowerBound(length: number, holds: (i: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
