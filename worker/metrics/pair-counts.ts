// Counts by two labels, with a bound on how many series they may become: what is past it is counted together.
import type { Family } from "./exposition.ts";

/** No version and no feature is called so: versions are numbers, features have a colon. A view that is shares its series. */
export const OTHER = "other";

export class PairCounts {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #maxFirst: number;
  readonly #maxSecond: number;

  /** How many values of the first label, and for each of the second, have series of their own. */
  constructor(maxFirst: number, maxSecond: number) {
    this.#maxFirst = maxFirst;
    this.#maxSecond = maxSecond;
  }

  add(first: string, second: string, count = 1): void {
    let bySecond = this.#counts.get(first);
    if (bySecond === undefined) {
      const name = this.#counts.size < this.#maxFirst ? first : OTHER;
      bySecond = this.#counts.get(name) ?? new Map<string, number>();
      this.#counts.set(name, bySecond);
    }
    const name = bySecond.size < this.#maxSecond || bySecond.has(second) ? second : OTHER;
    bySecond.set(name, (bySecond.get(name) ?? 0) + count);
  }

  /** Adds the samples to a family, under the names of the two labels. */
  write(family: Family, first: string, second: string): void {
    for (const [a, bySecond] of this.#counts) {
      for (const [b, count] of bySecond) family.sample(count, { [first]: a, [second]: b });
    }
  }
}
