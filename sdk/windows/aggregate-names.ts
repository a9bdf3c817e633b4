// The names of the aggregates, without what computes them: definitions and clients need no more.

export const aggregateNames = [
  "count",
  "sum",
  "avg",
  "min",
  "max",
  "first",
  "last",
  "var_pop",
  "var_samp",
  "stddev_pop",
  "stddev_samp",
  "last_k",
  "lag",
  "count_distinct",
  "approx_percentile",
  "seconds_since_last",
  "days_since_last",
] as const;
export type AggregateName = (typeof aggregateNames)[number];

/** How many events a window may list: the most that n of last n and k of last_k and lag can be. */
export const MAX_LISTED = 1_000;

export function isAggregateName(name: unknown): name is AggregateName {
  return (aggregateNames as readonly unknown[]).includes(name);
}
