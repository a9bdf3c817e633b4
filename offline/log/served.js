import { columnReader } from "../datasets/index.js";
import { parsePushes, PUSHES } from "./pushes.js";
/**
 * Returns by what time each row was served, from what was materialized by view. A row is served from the first materialization
 * on that was completed after it was created, and held its event time; one that only the log has, if it was in the log by then.
 * A pushed event is from when the store took it. Any version of the view counts: it is the row that was known.
 */
export function servedTimes(completions) {
  return (view, rows) => {
    const held = new Held(completions.get(view) ?? []);
    const { eventTimes, createdTimes } = rows;
    const pushes = pushesReader(rows);
    return Float64Array.from({ length: rows.rows }, (_, row) => {
      const { loggedUs, takenUs } = pushes(row, view);
      const createdUs =
        createdTimes === null || createdTimes.isNull?.[row] === 1 ? -Infinity : Number(createdTimes.us[row]);
      const eventUs = eventTimes === null ? null : Number(eventTimes.us[row]);
      return Math.min(takenUs, held.first(eventUs, createdUs, loggedUs));
    });
  };
}
function pushesReader(rows) {
  const read = columnReader(rows.column(PUSHES), { kind: "string" }, { column: PUSHES });
  return (row, view) => {
    const text = read(row);
    if (text === null) return { loggedUs: -Infinity, takenUs: Infinity };
    const { loggedUs, pushes } = parsePushes(text);
    const taken = pushes.find((push) => push.view === view)?.takenUs ?? null;
    return { loggedUs: loggedUs ?? -Infinity, takenUs: taken ?? Infinity };
  };
}
/** The materializations of a view, the first completed first. */
class Held {
  #all;
  /** By place: the greatest END of those up to it. */
  #reach;
  constructor(all) {
    this.#all = all;
    let reach = -Infinity;
    this.#reach = Float64Array.from(all, ({ endUs }) => (reach = Math.max(reach, endUs)));
  }
  /** Returns when the first was completed that held an event; Infinity for none. `eventUs` null: of a reference table, always held. */
  first(eventUs, createdUs, loggedUs) {
    const from = Math.max(
      lowerBound(this.#all.length, (i) => this.#all[i].completedUs >= createdUs),
      eventUs === null ? 0 : lowerBound(this.#reach.length, (i) => this.#reach[i] >= eventUs),
    );
    for (let i = from; i < this.#all.length; i++) {
      const { startUs, endUs, sealedUs, completedUs } = this.#all[i];
      if (loggedUs !== -Infinity && (sealedUs === null || sealedUs < loggedUs)) continue;
      if (eventUs === null || ((startUs === null || startUs < eventUs) && eventUs <= endUs)) return completedUs;
    }
    return Infinity;
  }
}
/** Returns the first place at which `holds` is true, where it stays so; the length if it is at none. */
function lowerBound(length, holds) {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
