// Interleaved rounds: what is measured and its baseline take turns, so that a machine's moods meet both.

export interface Interleaved {
  /** By round. */
  readonly values: readonly number[];
  readonly baselines: readonly number[];
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Runs ours and the baseline in turn, `rounds` times each; each call returns the figure of its round. */
export async function interleave(
  rounds: number,
  ours: () => Promise<number>,
  baseline: () => Promise<number>,
): Promise<Interleaved> {
  const values: number[] = [];
  const baselines: number[] = [];
  for (let round = 0; round < rounds; round++) {
    values.push(await ours());
    baselines.push(await baseline());
  }
  return { values, baselines };
}

/** Returns the median (of an even number, the mean of the two in the middle) and the extremes. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("there is no median of no values");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return {
    median: sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2,
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
  };
}

/** Returns value / baseline: of the medians, and the extremes of the single rounds'. */
export function ratioOf({ values, baselines }: Interleaved): Spread {
  const { min, max } = spreadOf(values.map((value, round) => value / (baselines[round] as number)));
  return { median: spreadOf(values).median / spreadOf(baselines).median, min, max };
}

/** Returns the seconds that some work took. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
