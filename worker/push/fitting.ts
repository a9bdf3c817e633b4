// Events pushed into a row that may become too large for any store: the largest of them are left out until it fits.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { sizeFault } from "../write/row-size.ts";
import type { ReadEvent } from "./event.ts";
import type { Pushed, Pusher, PushMoment, StoredTexts, Verdict } from "./tile-push.ts";

/** What became of the events of a row; `too_large` are those that it has no room for. */
export interface Fitted extends Pick<Pushed, "torn"> {
  readonly verdicts: readonly (Verdict | "too_large")[];
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
  const all = push(texts, events, moment);
  const fault = faultOf(key, all);
  return fault === null ? { repeats: [], write: undefined, ...all, fault } : { ...withoutLargest(), fault };

  function withoutLargest(): Omit<Fitted, "fault"> {
    const event = (place: number) => events[place] as ReadEvent;
    const length = (place: number) => event(place).valuesJson.length;
    const verdicts = events.map((): Verdict | "too_large" => "too_large");
    let places = [...events.keys()];
    let pushed = all;
    // Ever more at a time: a thousand small events of a full row must not be packed a thousand times.
    for (let most = 1; ; most *= 2) {
      const { torn, write, repeats = [] } = pushed;
      const fits = faultOf(key, pushed) === null;
      const isTaken = pushed.verdicts.map((verdict, at) => verdict === "accepted" && !repeats.includes(at));
      const taken = places.filter((_, at) => isTaken[at]);
      if (fits || taken.length === 0) {
        for (const [at, place] of places.entries()) verdicts[place] = pushed.verdicts[at] as Verdict;
        return { torn, verdicts, repeats: repeats.map((at) => places[at] as number), write: fits ? write : undefined };
      }
      taken.sort((a, b) => length(b) - length(a));
      const largest = new Set(taken.slice(0, most).filter((place) => 2 * length(place) > length(taken[0] as number)));
      places = places.filter((place) => !largest.has(place));
      pushed = push(texts, places.map(event), moment);
    }
  }
}

function faultOf(key: string, { write }: Pushed): EdgefeatError | null {
  return write === undefined ? null : sizeFault(key, write.value, "with what came for it its row would have");
}
