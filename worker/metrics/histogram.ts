// A histogram with fixed bounds, filled without making anything.

/** Counts values by bucket; a value on a bound falls into the bucket below it, as `le` says. */
export class Histogram {
  /** Upper bounds, ascending, in the unit of the values. */
  readonly bounds: readonly number[];
  /** By bucket, one more than bounds: how many values fell into it alone. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += value;
  }
}
