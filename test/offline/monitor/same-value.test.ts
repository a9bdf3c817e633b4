// Which values an audit takes for the same, though another tool wrote one of them.
import { expect, it } from "vitest";
import { sameValue } from "../../../offline/monitor/same-value.ts";
import type { Value } from "../../../sdk/types/index.ts";

it.each<[a: Value | null, b: Value | null, same: boolean]>([
  [1, 1 + 1e-12, true],
  [1, 1 + 1e-6, false],
  [1n, 1, true],
  [null, Number.NaN, true],
  [0, null, false],
  [-0, 0, true],
  [Infinity, Infinity, true],
  [Infinity, -Infinity, false],
  [Infinity, 1, false],
  [Infinity, Number.MAX_VALUE, false],
  [-Infinity, 0, false],
  [[1, Infinity], [1, 2], false],
])("%s and %s: %s", (a, b, same) => {
  expect([sameValue(a, b, 1e-9), sameValue(b, a, 1e-9)]).toEqual([same, same]);
});
