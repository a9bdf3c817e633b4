// SEMANTICS 3.9 as a property: whatever is written, asked and failing when, no row is served beyond its bound unsaid.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTime } from "../../sdk/time.ts";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness } from "./support/harness.ts";

const CACHE_TTL_MS = 60_000;
const STALE_IF_ERROR_MS = 100_000;
const ORIGINS = ["SEA", "PDX"] as const;

type Step =
  | { readonly do: "write"; readonly origin: number }
  | { readonly do: "ask"; readonly maxStalenessMs: number | undefined; readonly noCache: boolean }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "fail"; readonly failing: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), origin: fc.nat({ max: 1 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      maxStalenessMs: fc.oneof(
        { weight: 3, arbitrary: fc.constant(undefined) },
        fc.constantFrom(0, 1_000, 50_000, 1e9),
      ),
      noCache: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 999, 1_000, 14_999, 45_000, 59_999, 60_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), failing: fc.boolean() }) },
);

/** What the store held for an origin, and since when; oldest first. */
type History = { readonly sinceMs: number; readonly delay: number | null }[];

/** The least age, at `nowMs`, at which an answer of `delay` could have been read; null when it never was. */
function leastAgeMs(history: History, delay: number | null, nowMs: number): number | null {
  for (let i = history.length - 1; i >= 0; i--) {
    if ((history[i] as History[number]).delay !== delay) continue;
    const endMs = history[i + 1]?.sinceMs;
    return endMs === undefined ? 0 : nowMs - endMs;
  }
  return null;
}

async function run(h: Harness, steps: readonly Step[]): Promise<void> {
  const writer = h.isolate();
  const histories: History[] = ORIGINS.map(() => [{ sinceMs: -Infinity, delay: null }]);
  let delay = 0;
  let failing = false;
  for (const each of steps) {
    if (each.do === "wait") h.clock.advance(each.ms);
    else if (each.do === "fail") failing = each.failing;
    else if (each.do === "write") {
      delay++;
      await writer.writeRows("last_flight", [flightRow(ORIGINS[each.origin] as string, h.clock.nowText, { delay })]);
      (histories[each.origin] as History).push({ sinceMs: h.clock.ms, delay });
      // Writes at one moment can't be told apart by their time.
      h.clock.advance(1);
    } else {
      h.store.failing = failing;
      const { maxStalenessMs, noCache } = each;
      const body = { features: ["last_flight:delay"], entities: { origin: ORIGINS }, maxStalenessMs };
      const answer = await h.features(body, noCache ? { "cache-control": "no-cache" } : {});
      await Promise.all(h.background.splice(0));
      h.store.failing = false;
      check(answer, histories, h.clock.ms, { maxStalenessMs, noCache, failing });
    }
  }
}

function check(
  { status, json }: Awaited<ReturnType<Harness["features"]>>,
  histories: readonly History[],
  nowMs: number,
  asked: { maxStalenessMs: number | undefined; noCache: boolean; failing: boolean },
): void {
  if (status !== 200) {
    expect([status, json.code, asked.failing]).toEqual([503, "store_unavailable", true]);
    return;
  }
  const boundMs = asked.noCache ? 0 : Math.min(CACHE_TTL_MS, asked.maxStalenessMs ?? CACHE_TTL_MS);
  const knownMs = (parseTime(json.now) - parseTime(json.knownAsOf)) / 1_000;
  const stale = new Set(
    (json.absent as [number, string, string][]).filter(([, , why]) => why === "STALE").map(([row]) => row),
  );
  if (stale.size > 0) expect([asked.failing, asked.noCache]).toEqual([true, false]);
  for (const [i, history] of histories.entries()) {
    const ageMs = leastAgeMs(history, json.rows[i][0], nowMs);
    expect(ageMs).not.toBeNull();
    // A row that lags was replaced before the moment it is known as of, never after.
    expect(ageMs as number).toBeLessThanOrEqual(knownMs);
    expect(ageMs as number).toBeLessThanOrEqual(stale.has(i) ? CACHE_TTL_MS + STALE_IF_ERROR_MS : boundMs);
  }
  if (stale.size === 0) expect(knownMs).toBeLessThanOrEqual(boundMs);
}

describe("the cache's bound", () => {
  it("3.9 no row is older than its bound, or than knownAsOf says, unless it is STALE", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const h = harness(durableObjectStore(), { cacheTtlMs: CACHE_TTL_MS, staleIfErrorMs: STALE_IF_ERROR_MS });
        await h.apply();
        await run(h, steps);
        runs++;
      }),
      { numRuns: 60 },
    );
    expect(runs).toBe(60);
  });
});
