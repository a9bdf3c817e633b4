// Failover call by call: who is asked for what, what becomes of a write that only one store took, what is told of it.
import { describe, expect, it } from "vitest";
import { controlKey, seenKey } from "../../../sdk/rows/index.ts";
import { createFailoverStore } from "../../../worker/store/failover.ts";
import { storeUnavailable } from "../../../worker/store/faults.ts";
import type { OnlineStore, ReadOptions } from "../../../worker/store/port.ts";
import { MemoryStore } from "../../support/memory-store.ts";

class SwitchedStore extends MemoryStore {
  down: false | "all" | "writes" = false;
  readonly calls: string[] = [];

  constructor() {
    super({
      step: async (call) => {
        if (call.endsWith("answered")) return;
        this.calls.push(call);
        if (this.down === "all" || (this.down === "writes" && call === "write")) {
          throw storeUnavailable("unreachable", "this store is down", { hint: "", retryAfterMs: 4_000 });
        }
      },
    });
  }
}

function trio() {
  const [primary, replica, secondary] = [new SwitchedStore(), new SwitchedStore(), new SwitchedStore()];
  return { primary, replica, secondary };
}

const write = (value: string, expected: string | null = null, expireInMs: number | null = null) => ({
  key: "k",
  expected,
  value,
  expireInMs,
});

describe("reading", () => {
  type Role = "primary" | "replica" | "secondary";
  it.each<[purpose: ReadOptions["purpose"], down: Role[], answers: Role | null, asked: Role[]]>([
    [undefined, [], "replica", ["replica"]],
    ["serve", [], "replica", ["replica"]],
    ["serve", ["replica"], "primary", ["replica", "primary"]],
    ["serve", ["replica", "primary"], "secondary", ["replica", "primary", "secondary"]],
    ["serve", ["replica", "primary", "secondary"], null, ["replica", "primary", "secondary"]],
    ["newest", [], "primary", ["primary"]],
    ["newest", ["primary"], "secondary", ["primary", "secondary"]],
    ["newest", ["primary", "secondary"], null, ["primary", "secondary"]],
    ["write", ["replica"], "primary", ["primary", "secondary"]],
    ["write", ["primary"], null, ["primary", "secondary"]],
    ["write", ["secondary"], null, ["primary", "secondary"]],
  ])("to %s while %j fail is answered by %s", async (purpose, down, answers, asked) => {
    const parts = trio();
    for (const role of down) parts[role].down = "all";
    // What each holds tells which one answered; to write, all are made equal first.
    for (const role of ["primary", "replica", "secondary"] as const) {
      parts[role].rows.set("k", purpose === "write" ? "primary" : role);
    }
    const store = createFailoverStore(parts);
    const read = store.read(["k"], purpose === undefined ? {} : { purpose });
    if (answers === null) await expect(read).rejects.toMatchObject({ code: "store_unavailable" });
    else expect(await read).toEqual([answers]);
    const roles = Object.entries(parts).filter(([, part]) => part.calls.length > 0);
    expect(roles.map(([role]) => role).toSorted()).toEqual(asked.toSorted());
    const fallbackReads = answers !== null && answers !== asked[0] && purpose !== "write" ? 1 : 0;
    expect(store.stats?.().fallbackReads).toBe(fallbackReads);
  });

  it("passes on what is no failure of a store", async () => {
    const parts = trio();
    parts.replica.read = () => Promise.reject(new TypeError("a mistake"));
    await expect(createFailoverStore(parts).read(["k"])).rejects.toThrow("a mistake");
  });

  it("needs no secondary: to write, a primary alone is read", async () => {
    const { primary, replica } = trio();
    await createFailoverStore({ primary, replica }).read(["k"], { purpose: "write" });
    expect([primary.calls, replica.calls]).toEqual([["read"], []]);
  });
});

describe("writing", () => {
  it("is taken by both, in one call each; a new row is looked at again", async () => {
    const { primary, secondary } = trio();
    const store = createFailoverStore({ primary, secondary });
    expect(await store.compareAndSet([write("1"), { ...write("2"), key: "l" }])).toEqual([true, true]);
    expect(await store.compareAndSet([write("3", "1"), { ...write("4", "other"), key: "l" }])).toEqual([true, false]);
    expect(secondary.rows).toEqual(primary.rows);
    expect([primary.calls, secondary.calls]).toEqual([
      ["write", "read", "write"],
      ["write", "read", "write"],
    ]);
    expect(secondary.writes[1]).toEqual([write("3", "1")]);
  });

  it("fails when the primary does not take it, and leaves the secondary alone", async () => {
    const { primary, secondary } = trio();
    primary.down = "writes";
    const store = createFailoverStore({ primary, secondary });
    await expect(store.compareAndSet([write("1")])).rejects.toMatchObject({ details: { reason: "unreachable" } });
    expect(secondary.calls).toEqual([]);
  });

  it("fails when the secondary does not take it; sent again, it is copied although the primary has it", async () => {
    const { primary, secondary } = trio();
    const store = createFailoverStore({ primary, secondary });
    secondary.down = "writes";
    await expect(store.compareAndSet([write("1")])).rejects.toMatchObject({
      code: "store_unavailable",
      message: expect.stringContaining("secondary"),
      details: { reason: "unreachable", retryAfterMs: 4_000 },
    });
    expect([primary.rows.get("k"), secondary.rows.get("k")]).toEqual(["1", undefined]);
    // Whoever sends the row again finds it there, and writes nothing: the read alone has to mend.
    await expect(store.read(["k"], { purpose: "write" })).rejects.toMatchObject({ code: "store_unavailable" });
    secondary.down = false;
    const other = createFailoverStore({ primary, secondary });
    expect(await other.read(["k"], { purpose: "write" })).toEqual(["1"]);
    expect(secondary.rows.get("k")).toBe("1");
    expect(other.stats?.().mendedRows).toBe(1);
  });

  it("mends a row that the secondary missed, with its expiry", async () => {
    const { primary, secondary } = trio();
    primary.rows.set("k", "1");
    secondary.rows.set("k", "0");
    const store = createFailoverStore({ primary, secondary });
    expect(await store.compareAndSet([write("2", "1", 60_000)])).toEqual([true]);
    expect(secondary.rows.get("k")).toBe("2");
    expect(secondary.writes.flat().at(-1)).toEqual(write("2", "0", 60_000));
  });

  it("takes companions with their rows; where the row must be mended, they are mended too, with its expiry", async () => {
    const { primary, secondary } = trio();
    const store = createFailoverStore({ primary, secondary });
    const both = (value: string, expected: string | null) => ({
      ...write(value, expected, 500),
      beside: { key: seenKey("k"), value: `${value} seen` },
    });
    expect(await store.compareAndSet([both("1", null)])).toEqual([true]);
    expect([...secondary.rows]).toEqual([...primary.rows]);
    expect(secondary.writes.flat()).toEqual([both("1", null)]);
    secondary.rows.set("k", "older").set(seenKey("k"), "older seen");
    expect(await store.compareAndSet([both("2", "1")])).toEqual([true]);
    expect([...secondary.rows]).toEqual([...primary.rows]);
    expect(
      secondary.writes
        .flat()
        .slice(2)
        .map(({ key, expireInMs }) => [key, expireInMs]),
    ).toEqual([
      ["k", 500],
      [seenKey("k"), 500],
    ]);
    // A row that lost takes its companion with it.
    expect(await store.compareAndSet([both("3", "1")])).toEqual([false]);
    expect(primary.rows.get(seenKey("k"))).toBe("2 seen");
  });

  it("copies what the primary holds by now, not what was written", async () => {
    const { primary, secondary } = trio();
    primary.rows.set("k", "1");
    const copy = secondary.compareAndSet.bind(secondary);
    secondary.compareAndSet = async (writes) => {
      secondary.compareAndSet = copy;
      // Another writer is faster, and has not yet come to copy.
      primary.rows.set("k", "3");
      return copy(writes);
    };
    const store = createFailoverStore({ primary, secondary });
    expect(await store.compareAndSet([write("2", "1", 60_000)])).toEqual([true]);
    expect(secondary.writes.flat().at(-1)).toEqual(write("3", null, null));
  });

  it("gives up on a row that never stands still, without acknowledging it", async () => {
    const { primary, secondary } = trio();
    let turn = 0;
    const read = primary.read.bind(primary);
    primary.read = async (...asked) => {
      primary.rows.set("k", String(turn++));
      return read(...asked);
    };
    secondary.rows.set("k", "other");
    const store = createFailoverStore({ primary, secondary });
    await expect(store.compareAndSet([write("1")])).rejects.toMatchObject({ code: "store_unavailable" });
  });

  it("keeps a copied row whose expiry it does not know, until the next write", async () => {
    const { primary, secondary } = trio();
    primary.rows.set("k", "1");
    await createFailoverStore({ primary, secondary }).read(["k"], { purpose: "write" });
    expect(secondary.writes.flat()).toEqual([write("1", null, null)]);
  });

  it("drops from the secondary what the primary has dropped", async () => {
    const { primary, secondary } = trio();
    secondary.rows.set("k", "old");
    const store = createFailoverStore({ primary, secondary });
    expect(await store.read(["k"], { purpose: "write" })).toEqual([null]);
    expect(secondary.rows.size).toBe(0);
  });
});

describe("a secondary that was added to rows that were there before", () => {
  const control = controlKey({ project: "p", environment: "e" });
  const late = () => {
    const { primary, secondary } = trio();
    for (const [key, value] of [
      [control, "A"],
      ["k", "1"],
      ["l", "2"],
    ] as const)
      primary.rows.set(key, value);
    const store = createFailoverStore({ primary, secondary }, control);
    return { primary, secondary, store };
  };
  const readsWhileDown = async ({ primary, store }: ReturnType<typeof late>) => {
    primary.down = "all";
    return store.read(["k", "l", control]);
  };

  it("does not stand in for rows that it lacks, though it takes writes", async () => {
    const parts = late();
    const { store } = parts;
    expect(await store.compareAndSet([write("3", "1")])).toEqual([true]);
    // The registry moves on, too: the record that names it must not make readers trust this store.
    expect(await store.read([control], { purpose: "write" })).toEqual(["A"]);
    expect(await store.compareAndSet([{ ...write("B", "A"), key: control }])).toEqual([true]);
    expect([...parts.secondary.rows]).toEqual([["k", "3"]]);
    await expect(readsWhileDown(parts)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(store.stats?.().fallbackReads).toBe(0);
  });

  it("says so in its status, until it is filled", async () => {
    const { store } = late();
    expect((await store.status()).warnings).toEqual([expect.stringContaining("not filled")]);
    await store.fill(null);
    expect((await store.status()).warnings).toEqual([]);
  });

  it("stands in once it was filled", async () => {
    const parts = late();
    expect(await parts.store.fill(null)).toEqual({ cursor: null, copied: 3 });
    expect(parts.secondary.rows).toEqual(parts.primary.rows);
    expect(await parts.store.fill(null)).toEqual({ cursor: null, copied: 0 });
    expect(await readsWhileDown(parts)).toEqual(["1", "2", "A"]);
  });

  it("is filled page by page, the control record last", async () => {
    const parts = late();
    const { primary, secondary, store } = parts;
    const pages: Record<string, { keys: string[]; cursor: string | null }> = {
      "": { keys: [control, "k"], cursor: "1" },
      "1": { keys: ["l"], cursor: null },
    };
    primary.scan = async (prefix: string, cursor?: string | null) =>
      prefix === "" ? (pages[cursor ?? ""] as (typeof pages)[string]) : { keys: [control], cursor: null };
    expect(await store.fill(null)).toEqual({ cursor: "1", copied: 1 });
    expect([...secondary.rows.keys()]).toEqual(["k"]);
    expect(await store.fill("1")).toEqual({ cursor: null, copied: 2 });
    expect(await readsWhileDown(parts)).toEqual(["1", "2", "A"]);
  });

  it("needs no filling where the project begins with it", async () => {
    const { primary, secondary } = trio();
    const store = createFailoverStore({ primary, secondary }, control);
    expect((await store.status()).warnings).toEqual([]);
    await store.compareAndSet([{ ...write("A"), key: control }]);
    await store.compareAndSet([{ ...write("B", "A"), key: control }]);
    expect(secondary.rows.get(control)).toBe("B");
    expect((await store.status()).warnings).toEqual([]);
  });

  it("is nothing to a store that has none", async () => {
    const { primary, replica } = trio();
    expect(await createFailoverStore({ primary, replica }, control).fill(null)).toEqual({ cursor: null, copied: 0 });
  });
});

describe("what is told", () => {
  const statusWith = async (down: ("primary" | "secondary")[], told: object = {}) => {
    const { primary, secondary } = trio();
    for (const role of down) ({ primary, secondary })[role].down = "all";
    const status = secondary.status.bind(secondary);
    secondary.status = async () => ({ ...(await status()), ...told });
    return createFailoverStore({ primary, secondary }).status();
  };

  it.each<[down: ("primary" | "secondary")[], told: object, status: object]>([
    [[], {}, { kind: "memory", keepsRows: true, unreachable: [], warnings: [] }],
    [[], { kind: "other" }, { kind: "memory + other" }],
    [
      [],
      { keepsRows: false, warnings: ["it evicts"] },
      { keepsRows: false, unreachable: [], warnings: ["secondary: it evicts"] },
    ],
    [[], { keepsRows: null }, { keepsRows: null }],
    [[], { usedBytes: 90, limitBytes: 100 }, { usedBytes: 90, limitBytes: 100 }],
    [["secondary"], {}, { unreachable: ["secondary"], warnings: ["the secondary store does not answer"] }],
    [["primary"], {}, { unreachable: ["primary"], warnings: ["the primary store does not answer"] }],
  ])("of a status, while %j fail and the secondary tells %j", async (down, told, expected) => {
    expect(await statusWith(down, told)).toMatchObject(expected);
  });

  it("is the primary's fault when nobody answers", async () => {
    await expect(statusWith(["primary", "secondary"])).rejects.toMatchObject({ message: "this store is down" });
  });

  it("sums the figures, and keeps each store's own", () => {
    const figures = { commands: { mget: 2 }, sentBytes: 10, receivedBytes: 20, errors: { timeout: 1 }, retries: 1 };
    const guard = { breaker: "closed", opened: 0, failing: false } as const;
    const counting = (more: object): OnlineStore =>
      Object.assign(new MemoryStore(), { stats: () => ({ ...figures, ...guard, ...more }) });
    const primary = counting({});
    const secondary = counting({ commands: { mget: 1, evalsha: 1 }, breaker: "open", opened: 2, failing: true });
    expect(createFailoverStore({ primary, secondary }).stats?.()).toEqual({
      commands: { mget: 3, evalsha: 1 },
      sentBytes: 20,
      receivedBytes: 40,
      errors: { timeout: 2 },
      retries: 2,
      breaker: "open",
      opened: 2,
      failing: true,
      fallbackReads: 0,
      mendedRows: 0,
      parts: { primary: primary.stats?.(), secondary: secondary.stats?.() },
    });
  });
});
