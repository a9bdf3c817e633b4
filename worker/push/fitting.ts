// Events pushed into a row that may become too large for any store: the largest of them are left out until it fits.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { sizeFault } from "../write/row-size.ts";
import type { ReadEvent } from "./event.ts";
import type { Pushed, Pusher, PushMoment, StoredTexts, Verdict } from "./tile-push.ts";

/** What became of the events of a row; `too_large` are those that it has no room for. */
export interface Fitted extends Pick<Pushed, "torn"> {
  readonly verdicts: (Verdict | "too_large")[];
  readonly repeats: readonly number[];
  readonly write: Pushed["write"] | undefined;
  /** Why some are too large; null where all fit. */
  readonly fault: EdgefeatError | null;
}

/** Pushes events into what the store holds of a key, but for those that its row has no room for. */
export function fitted(
  push: Pusher,
  key: string,
  texts: StoredTexts,
  events: readonly ReadEvent[],
  moment: PushMoment,
): Fitted {
  const event = (place: number) => events[place] as ReadEvent;
  const verdicts = events.map((): Fitted["verdicts"][number] => "too_large");
  let places = [...events.keys()];
  let first: EdgefeatError | null = null;
  // Ever more at a time: a thousand small events of a full row must not be packed a thousand times.
  for (let most = 1; ; most *= 2) {
    const pushed = push(texts, places.map(event), moment);
    const { torn, write, repeats = [] } = pushed;
    const fault = write === undefined ? null : sizeFault(key, write.value, "with what came for it its row would have");
    first ??= fault;
    const isTaken = (at: number) => pushed.verdicts[at] === "accepted" && !repeats.includes(at);
    const taken = fault === null ? [] : places.filter((_, at) => isTaken(at));
    if (taken.length === 0) {
      for (const [at, place] of places.entries()) verdicts[place] = pushed.verdicts[at] as Verdict;
      const again = repeats.map((at) => places[at] as number);
      return { torn, verdicts, repeats: again, write: fault === null ? write : undefined, fault: first };
    }
    const length = (place: number) => event(place).valuesJson.length;
    taken.sort((a, b) => length(b) - length(a));
    const largest = new Set(taken.slice(0, most).filter((place) => 2 * length(place) > length(taken[0] as number)));
    places = places.filter((place) => !largest.has(place));
  }
}
