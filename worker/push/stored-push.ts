// Rows pushed into a stored view: merged by who wins, as any written row (SEMANTICS 3.3).
import type { StoredViewSpec } from "../../sdk/registry/index.ts";
import { storedMerge } from "../write/stored-rows.ts";
import type { Outcome } from "../write/merge.ts";
import type { Pusher, Verdict } from "./tile-push.ts";

/** A row that lost to a later one was accepted all the same; one that would expire at once goes to the log alone. */
const VERDICTS: Readonly<Record<Outcome, Verdict>> = {
  written: "accepted",
  superseded: "accepted",
  unchanged: "duplicate",
  expired: "deferred",
  contended: "deferred",
};

/** Returns how rows of one key are pushed into what the store holds. */
export function storedPusher(spec: StoredViewSpec): Pusher {
  return ({ row }, events, { nowUs, frozen }) => {
    const rows = events.map(({ eventTimeUs, createdTimeUs, values }) => ({
      eventTimeUs: spec.source.eventTime === null ? null : eventTimeUs,
      createdTimeUs,
      writtenAtUs: nowUs,
      values,
    }));
    const { outcomes, write } = storedMerge(spec, { nowUs, frozen, maxSkewUs: 0 }, (packed) => packed)(row, rows);
    return {
      verdicts: outcomes.map((outcome) => VERDICTS[outcome]),
      // A row tells neither whether the log has it nor whether it held another before.
      repeats: outcomes.flatMap((outcome, i) => (outcome === "unchanged" || outcome === "superseded" ? [i] : [])),
      torn: false,
      ...(write === undefined ? {} : { write }),
    };
  };
}
