// The cache never goes back: a slow read that began before a write, or before a later read, does not bring its row in.
import { describe, expect, it } from "vitest";
import type { CachedRow } from "../../worker/serve/row-cache.ts";
import { RowCache } from "../../worker/serve/row-cache.ts";

const row = (readAtMs: number): CachedRow => ({ stored: null, tiles: null, readAtMs });

describe("the row cache (SEMANTICS 3.9)", () => {
  it("keeps the row that was read last", () => {
    const cache = new RowCache(10, 1e6);
    cache.set("k", row(5), null);
    cache.set("k", row(3), null);
    expect(cache.get("k")?.readAtMs).toBe(5);
    cache.set("k", row(7), null);
    expect(cache.get("k")?.readAtMs).toBe(7);
  });

  it("takes no row that was read before its key was written", () => {
    const cache = new RowCache(10, 1e6);
    cache.set("k", row(1), null);
    cache.drop(["k"], 4);
    cache.set("k", row(3), null);
    expect(cache.get("k")).toBeUndefined();
    cache.set("k", row(4), null);
    expect(cache.get("k")?.readAtMs).toBe(4);
  });
});
