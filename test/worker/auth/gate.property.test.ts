// Whatever the order of reads and writes: once the end of a token is confirmed, no request that begins after it gets through.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { HttpCaller, ROOT, TokenGate } from "../../../worker/auth/index.ts";
import type { OnlineStore, StoreWrite } from "../../../worker/store/port.ts";
import { createToken, revokeToken, type TokenWriter } from "../../../worker/write/token-change.ts";

const SPACE = { project: "p", environment: "e" };

/** Lets an instant of the store's pass, in an order that the test chooses. */
type Instant = () => Promise<unknown>;

/** A store of which each key is read and written at an instant of its own, as in shards; each write may fail unwritten. */
class ScatteredStore implements Pick<OnlineStore, "read" | "compareAndSet"> {
  readonly rows = new Map<string, string>();
  commands = 0;
  /** How many writes still fail. */
  failing = 0;
  readonly #instant: Instant;

  constructor(instant: Instant) {
    this.#instant = instant;
  }

  read(keys: readonly string[]): Promise<(string | null)[]> {
    this.commands++;
    return Promise.all(keys.map((key) => this.#instant().then(() => this.rows.get(key) ?? null)));
  }

  compareAndSet(writes: readonly StoreWrite[]): Promise<boolean[]> {
    this.commands++;
    return Promise.all(writes.map((write) => this.#instant().then(() => this.#set(write))));
  }

  #set({ key, expected, value }: StoreWrite): boolean {
    if (this.failing > 0) {
      this.failing--;
      throw new EdgefeatError("store_unavailable", "made to fail");
    }
    if ((this.rows.get(key) ?? null) !== expected) return false;
    this.rows.set(key, value);
    return true;
  }
}

/** An isolate: what it knows, and how a request of its reads. */
function isolate(store: ScatteredStore, clock: { elapsedMs(): number; nowUs(): number; frozen: boolean }) {
  const gate = new TokenGate({ space: SPACE, clock, rootToken: null, previousRootToken: null, publicReads: false });
  const parts = { gate, store: store as unknown as OnlineStore, clock, charge: null, maxStaleMs: 1e9 };
  const writer: TokenWriter = {
    store: store as unknown as OnlineStore,
    clock,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    config: SPACE,
    gate,
  };
  return {
    writer,
    /** Returns whether a request with this token gets through, by the way of a read that takes the control record along. */
    async ask(token: string): Promise<boolean> {
      const request = new Request("http://x", { headers: { authorization: `Bearer ${token}` } });
      try {
        const caller = new HttpCaller(parts, request, "read");
        const atMs = clock.elapsedMs();
        const [control = null, set] = await store.read([gate.controlKey, ...caller.keys]);
        await caller.settle(control, set, atMs);
        if (caller.principal === null) throw new Error("let through without being judged");
        return true;
      } catch (fault) {
        if (fault instanceof EdgefeatError && ["unauthorized", "store_conflict"].includes(fault.code)) return false;
        throw fault;
      }
    },
  };
}

function clockOf(): { elapsedMs(): number; nowUs(): number; frozen: boolean } {
  let ms = 0;
  return { elapsedMs: () => ms++, nowUs: () => 1e15, frozen: false };
}

describe("the end of a token", () => {
  it("once confirmed is noticed by every request that reads after it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom("ask", "ask", "ask", "make", "revoke"), { minLength: 4, maxLength: 14 }),
        fc.nat({ max: 2 }),
        async (scheduler, steps, failing) => {
          let waiting = true;
          const store = new ScatteredStore(() => (waiting ? scheduler.schedule(Promise.resolve()) : Promise.resolve()));
          const clock = clockOf();
          const isolates = [isolate(store, clock), isolate(store, clock), isolate(store, clock)];
          waiting = false;
          const { writer } = isolates[0] as (typeof isolates)[number];
          const request = { name: "t", access: "read", views: null, services: null, lifeUs: null } as const;
          const made = await createToken(writer, request, ROOT);
          waiting = true;
          store.failing = failing;
          let confirmed = false;
          const work = steps.map(async (step, i) => {
            const { ask, writer: by } = isolates[i % 3] as (typeof isolates)[number];
            await scheduler.schedule(Promise.resolve());
            if (step === "ask") {
              const after = confirmed;
              const through = await ask(made.token);
              expect(after && through, "a request got through after the end").toBe(false);
            } else if (step === "make") {
              await createToken(by, request, ROOT).catch(onlyStoreFaults);
            } else {
              await revokeToken(by, made.id).then(() => (confirmed = true), onlyStoreFaults);
            }
          });
          await scheduler.waitFor(Promise.all(work));
          waiting = false;
          store.failing = 0;
          await revokeToken(writer, made.id);
          for (const { ask } of isolates) expect(await ask(made.token)).toBe(false);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("that failed between its two writes is noticed by none or all, and confirmed by trying again", async () => {
    const store = new ScatteredStore(async () => {});
    const clock = clockOf();
    const [warm, cold] = [isolate(store, clock), isolate(store, clock)];
    const request = { name: "t", access: "read", views: null, services: null, lifeUs: null } as const;
    const made = await createToken(warm.writer, request, ROOT);
    const other = await createToken(warm.writer, request, ROOT);
    expect([await warm.ask(made.token), await warm.ask(other.token)]).toEqual([true, true]);
    // The set is written, the control record is not.
    const write = store.compareAndSet.bind(store);
    store.compareAndSet = async (writes) => {
      if (writes[0]?.key.startsWith("control:") === true) throw new EdgefeatError("store_unavailable", "made to fail");
      return write(writes);
    };
    await expect(revokeToken(isolate(store, clock).writer, made.id)).rejects.toMatchObject({
      code: "store_unavailable",
    });
    expect([await warm.ask(made.token), await cold.ask(made.token)]).toEqual([true, false]);
    // Who has read a set that the control record does not name asks once more, and then no more.
    store.commands = 0;
    expect(await cold.ask(other.token)).toBe(true);
    expect(store.commands).toBe(1);
    store.compareAndSet = write;
    await revokeToken(isolate(store, clock).writer, made.id);
    expect([await warm.ask(made.token), await cold.ask(made.token)]).toEqual([false, false]);
    expect([await warm.ask(other.token), await cold.ask(other.token)]).toEqual([true, true]);
  });
});

function onlyStoreFaults(fault: unknown): void {
  if (fault instanceof EdgefeatError && ["store_unavailable", "store_conflict"].includes(fault.code)) return;
  throw fault;
}
