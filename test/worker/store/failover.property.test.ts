// Failover under any order of events: whatever fails or comes late, an acknowledged write is in both stores from then on.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { controlKey } from "../../../sdk/rows/index.ts";
import { createFailoverStore } from "../../../worker/store/failover.ts";
import { reasonOf, storeUnavailable } from "../../../worker/store/faults.ts";
import type { OnlineStore } from "../../../worker/store/port.ts";
import { MemoryStore } from "../../support/memory-store.ts";

const KEYS = ["a", "b"] as const;
const ATTEMPTS = 6;

/** A row is the set of all marks that were ever put into it: it merges as feature rows do, and never returns to an earlier value. */
const marksOf = (row: string | null | undefined): string[] => (row === null || row === undefined ? [] : row.split(","));
const withMark = (row: string | null, mark: string) => [...new Set([...marksOf(row), mark])].toSorted().join(",");

interface Writer {
  readonly keys: readonly string[];
  /** How often its caller sends the write again after a failure. */
  readonly resends: number;
}

/** Puts a mark into rows as `write/merge.ts` puts rows; true once the store has acknowledged all of them. */
async function put(store: OnlineStore, keys: readonly string[], mark: string): Promise<boolean> {
  let pending = keys;
  for (let attempt = 0; attempt < ATTEMPTS && pending.length > 0; attempt++) {
    const rows = await store.read(pending, { purpose: "write" });
    const writes = pending.flatMap((key, i) => {
      const [expected, value] = [rows[i] ?? null, withMark(rows[i] ?? null, mark)];
      return expected === value ? [] : [{ key, expected, value, expireInMs: null }];
    });
    const written = await store.compareAndSet(writes);
    pending = writes.filter((_, i) => written[i] !== true).map(({ key }) => key);
  }
  return pending.length === 0;
}

const writer: fc.Arbitrary<Writer> = fc.record({
  keys: fc.constantFrom<readonly string[]>(["a"], ["b"], KEYS),
  resends: fc.integer({ min: 0, max: 2 }),
});
/** For each call in turn: 0 fails before it takes effect, 1 fails after, others succeed. */
const faults = fc.infiniteStream(fc.integer({ min: 0, max: 15 }));

describe("a primary and a secondary", () => {
  it("both hold every acknowledged write, at every moment after", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(writer, { minLength: 1, maxLength: 5 }),
        faults,
        async (scheduler, writers, fate) => {
          const acknowledged: { key: string; mark: string }[] = [];
          let calm = false;
          const step = (name: string) => async (call: string) => {
            await scheduler.schedule(Promise.resolve(), `${name}: ${call}`);
            for (const { key, mark } of acknowledged) {
              expect(marksOf(primary.rows.get(key))).toContain(mark);
              expect(marksOf(secondary.rows.get(key))).toContain(mark);
            }
            if (calm || fate.next().value !== (call.endsWith("answered") ? 1 : 0)) return;
            throw storeUnavailable("unreachable", "lost", { hint: "" });
          };
          const primary = new MemoryStore({ step: step("primary") });
          const secondary = new MemoryStore({ step: step("secondary") });
          // As many isolates as writers: they share nothing but the stores.
          const work = writers.map(async ({ keys, resends }, i) => {
            const store = createFailoverStore({ primary, secondary });
            for (let sent = 0; sent <= resends; sent++) {
              try {
                if (!(await put(store, keys, `m${i}`))) continue;
              } catch (fault) {
                if (reasonOf(fault) === null) throw fault;
                continue;
              }
              acknowledged.push(...keys.map((key) => ({ key, mark: `m${i}` })));
              return;
            }
          });
          await scheduler.waitFor(Promise.all(work));

          calm = true;
          const store = createFailoverStore({ primary, secondary });
          await scheduler.waitFor(store.read([...KEYS], { purpose: "write" }));
          expect(secondary.rows).toEqual(primary.rows);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("agree on a control record that comes back to what it was", async () => {
    const key = controlKey({ project: "p", environment: "e" });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom("A", "B"), { minLength: 2, maxLength: 5 }),
        async (scheduler, values) => {
          const step = (name: string) => (call: string) => scheduler.schedule(Promise.resolve(), `${name}: ${call}`);
          const primary = new MemoryStore({ step: step("primary") });
          const secondary = new MemoryStore({ step: step("secondary") });
          for (const store of [primary, secondary]) store.rows.set(key, "A");
          const work = values.map(async (value) => {
            const store = createFailoverStore({ primary, secondary });
            for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
              const [expected = null] = await store.read([key], { purpose: "write" });
              if ((await store.compareAndSet([{ key, expected, value, expireInMs: null }]))[0]) return;
            }
          });
          await scheduler.waitFor(Promise.all(work));
          expect(secondary.rows).toEqual(primary.rows);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
