// The cache never goes back: a slow read that began before a write, or before a later read, does not bring its row in.
import { describe, expect, it } from "vitest";
import { keyPrefix, keySuffix } from "../../sdk/rows/index.ts";
import type { CachedRow } from "../../worker/serve/row-cache.ts";
import { RowCache } from "../../worker/serve/row-cache.ts";

const PREFIX = keyPrefix({ project: "p", environment: "e" }, ["user"]);
const SUFFIX = keySuffix("profile", 1);
const GROUP = PREFIX + SUFFIX;
const row = (readAtMs: number): CachedRow => ({ stored: null, tiles: null, readAtMs, refreshedAtMs: -Infinity });

describe("the row cache (SEMANTICS 3.9)", () => {
  it("keeps the row that was read last", () => {
    const cache = new RowCache(10, 1e6);
    cache.set("k", GROUP, row(5), null);
    cache.set("k", GROUP, row(3), null);
    expect(cache.group(GROUP).get("k")?.readAtMs).toBe(5);
    cache.set("k", GROUP, row(7), null);
    expect(cache.group(GROUP).get("k")?.readAtMs).toBe(7);
  });

  it("takes no row that was read before its key was written", () => {
    const cache = new RowCache(10, 1e6);
    cache.set("k", GROUP, row(1), null);
    cache.drop([`${PREFIX}k${SUFFIX}`], 4);
    for (const readAtMs of [3, 4]) cache.set("k", GROUP, row(readAtMs), null);
    expect(cache.group(GROUP).get("k")).toBeUndefined();
    cache.set("k", GROUP, row(5), null);
    expect(cache.group(GROUP).get("k")?.readAtMs).toBe(5);
  });
});
