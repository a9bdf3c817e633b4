// Events that a version of a view can't take while others do: counted by version, with the first reason.
import type { ErrorCode } from "../../sdk/errors.ts";

/** Events that another version of the view, which is pushed to beside it, can't take. */
export interface Missed {
  readonly version: number;
  readonly events: number;
  /** Of the first of them. */
  readonly code: ErrorCode;
  readonly message: string;
}

export function addMissed(all: Map<number, Missed>, one: Missed): void {
  const { events = 0, ...first } = all.get(one.version) ?? {};
  all.set(one.version, { ...one, ...first, events: events + one.events });
}

/** Returns them as answers tell them: absent where none missed any. */
export function toldMissed(all: ReadonlyMap<number, Missed>): { missed?: readonly Missed[] } {
  return all.size === 0 ? {} : { missed: [...all.values()] };
}
