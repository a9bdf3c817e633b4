// What a benchmark is: a name, a sentence, and a run that measures something beside its baseline.
import type { Interleaved } from "./rounds.ts";

/** Whether a smaller or a greater ratio to the baseline is the better one. */
export type Better = "lower" | "higher";

/** Values of one thing beside its baseline, by round, both in `unit`. */
export interface Measurement extends Interleaved {
  /** "" for what the metric is judged by; else what sets this one apart, such as "100x10". */
  readonly variant: string;
  readonly unit: string;
  /** What the baseline is, for the table. */
  readonly against: string;
  readonly better: Better;
}

export interface Measured {
  /** The one without a variant first. */
  readonly measurements: readonly Measurement[];
  /** What is inside each timing, engine versions, and other figures of the run; one line each. */
  readonly notes: readonly string[];
}

export interface Metric {
  /** `what.ours_vs_baseline` */
  readonly name: string;
  readonly description: string;
  /** True where it takes so long, or so much, that only who names it wants it. */
  readonly onlyByName?: boolean;
  /** Measures; `say` tells progress. @throws Unavailable when the machine lacks what it takes */
  run(say: (line: string) => void): Promise<Measured>;
}

/** The machine lacks something that a metric needs; the message names it and how to get it. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}
