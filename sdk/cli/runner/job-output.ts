// What a materialization prints and counts, as its job's record has it: words go on to the runner's output, figures are kept.
import type { JobProgress } from "../../client/index.ts";
import type { Output } from "../output.ts";
import { cutToBytes } from "./text-bytes.ts";

export interface JobOutput extends Output {
  /** What became of the keys of all versions; null before the end. */
  readonly rows: Record<string, number> | null;
}

const COUNTS = ["keys", "resumed", "written", "unchanged", "superseded", "expired", "contended"];
/** A view's name may be long; a record has room for so much. */
export const MAX_STAGE_BYTES = 500;

/** Returns an output that keeps what the record of a job needs, tells `onProgress` how far it is, and passes words on to `out`. */
export function jobOutput(out: Output, onProgress: (progress: JobProgress) => void): JobOutput {
  let rows: Record<string, number> | null = null;
  return {
    ...out,
    get rows() {
      return rows;
    },
    result(answer) {
      rows = {};
      for (const report of (answer as { views: readonly Record<string, unknown>[] }).views) {
        for (const name of COUNTS) {
          const count = report[name];
          if (typeof count === "number") rows[name] = (rows[name] ?? 0) + count;
        }
      }
    },
    progress: () => ({
      update: (stage, done, total) => onProgress({ stage: cutToBytes(stage, MAX_STAGE_BYTES), done, total }),
      stop() {},
    }),
  };
}
