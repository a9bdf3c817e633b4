// The audit trail: what is recorded of an act, what is only logged, and how the records are found again.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EdgefeatError } from "../../sdk/errors.ts";
import { auditKey } from "../../sdk/rows/index.ts";
import { formatTime } from "../../sdk/time.ts";
import { runtimeDeps } from "../../worker/store/clock.ts";
import { AuditTrail } from "../../worker/write/audit.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { durableObjectStore, stores } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, ManualClock, NOW, snapshotFor, WatchedStore } from "./support/harness.ts";

const as = (token: string) => ({ authorization: `Bearer ${token}` });
const FROM = { "cf-connecting-ip": "203.0.113.9", "cf-ray": "8f1c2d3e4f5a6b7c-SEA" };
const DAY_MS = 86_400_000;
const { sleep } = runtimeDeps;

async function recordsOf(h: Harness, query = ""): Promise<Record<string, any>[]> {
  const answer = await h.send("GET", `/v1/audit${query}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.records;
}

describe.each(stores)("the audit trail over %s", (_kind, makeStore) => {
  let h: Harness;
  beforeEach(() => {
    h = harness(makeStore(), { auditIn: "store", publicReads: false });
  });

  it("has who, what, how much, when, from where and what came of it, the latest first", async () => {
    await h.send("PUT", "/v1/registry", snapshotFor(h.project), FROM);
    h.clock.advance(1_000);
    const { id, token } = (await h.send("POST", "/v1/tokens", { name: "nightly", access: "write" })).json;
    h.clock.advance(1_000);
    const rows = [flightRow("SEA", NOW), flightRow("PDX", NOW)];
    await h.send("POST", "/v1/rows/last_flight", { rows }, { ...as(token), ...FROM });
    h.clock.advance(1_000);
    await h.send("POST", "/v1/materializations/delays", { start: null, end: NOW, rows: 7 }, as(token));
    h.clock.advance(1_000);
    await h.send("POST", "/v1/rows/no_such_view", { rows: [] }, as(token));
    await h.send("DELETE", `/v1/tokens/${id}`);
    const records = await recordsOf(h);
    const nobody = { ip: null, ray: null };
    const root = { token: "root", tokenName: null };
    const nightly = { token: id, tokenName: "nightly" };
    const from = { ip: FROM["cf-connecting-ip"], ray: FROM["cf-ray"] };
    const ok = { status: 200, code: null };
    expect(records.toReversed().map(({ id: _, ...record }) => record)).toEqual([
      {
        at: NOW,
        ...root,
        route: "PUT /v1/registry",
        name: expect.stringMatching(/^sha256:/),
        ...from,
        status: 201,
        code: null,
      },
      { at: "2001-03-31T12:00:01Z", ...root, route: "POST /v1/tokens", name: id, ...nobody, status: 201, code: null },
      {
        at: "2001-03-31T12:00:02Z",
        ...nightly,
        route: "POST /v1/rows/:view",
        view: "last_flight",
        version: 1,
        counts: { written: 2, unchanged: 0, superseded: 0, expired: 0, conflicts: 0 },
        ...from,
        ...ok,
      },
      {
        at: "2001-03-31T12:00:03Z",
        ...nightly,
        route: "POST /v1/materializations/:view",
        view: "delays",
        version: 1,
        counts: { rows: 7 },
        ...nobody,
        ...ok,
      },
      {
        at: "2001-03-31T12:00:04Z",
        ...nightly,
        route: "POST /v1/rows/:view",
        view: "no_such_view",
        ...nobody,
        status: 404,
        code: "unknown_view",
      },
      { at: "2001-03-31T12:00:04Z", ...root, route: "DELETE /v1/tokens/:id", name: id, ...nobody, ...ok },
    ]);
    expect(new Set(records.map((record) => record["id"])).size).toBe(records.length);
  });

  it("is kept by one compare-and-set an act, before the answer", async () => {
    await h.apply();
    h.store.writes.length = 0;
    await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
    expect(h.store.writes.map((writes) => writes.map(({ key }) => key.split(":")[0]))).toEqual([
      ["feature"],
      ["audit"],
    ]);
    const expireInMs = h.store.writes[1]?.[0]?.expireInMs as number;
    expect([expireInMs / DAY_MS > 90, expireInMs / DAY_MS < 90.05]).toEqual([true, true]);
  });

  it("is by several isolates at once, none lost, each read in pages", async () => {
    const isolates = [h, ...Array.from({ length: 9 }, () => h.isolate())];
    await h.apply();
    for (let round = 0; round < 6; round++) {
      const answers = await Promise.all(
        isolates.map((isolate) => isolate.send("DELETE", "/v1/tokens/0123456789abcdef")),
      );
      expect(answers.map(({ status, headers }) => [status, headers.get("edgefeat-audit")])).toEqual(
        answers.map(() => [404, null]),
      );
      h.clock.advance(round % 2 === 0 ? 0 : 1_300_000);
    }
    const all = await recordsOf(h, "?limit=1000");
    expect(all).toHaveLength(61);
    const times = all.map((record) => Date.parse(record["at"]));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const paged: unknown[] = [];
    let before = "";
    for (let page = 0; page < 10; page++) {
      const { records, next } = (await h.send("GET", `/v1/audit?limit=7${before}`)).json;
      expect(records.length).toBeLessThanOrEqual(7);
      paged.push(...records);
      if (next === null) break;
      before = `&before=${next}`;
    }
    expect(paged).toEqual(all);
  });

  it("is cut by since and until", async () => {
    for (let i = 0; i < 4; i++) {
      await h.send("DELETE", "/v1/tokens/0123456789abcdef");
      h.clock.advance(DAY_MS);
    }
    const at = (record: Record<string, any>) => record["at"].slice(0, 10);
    expect((await recordsOf(h)).map(at)).toEqual([]);
    expect((await recordsOf(h, "?since=2001-03-01T00:00:00Z")).map(at)).toEqual([
      "2001-04-03",
      "2001-04-02",
      "2001-04-01",
      "2001-03-31",
    ]);
    const some = "?since=2001-04-01T12:00:00Z&until=2001-04-03T12:00:00Z";
    expect((await recordsOf(h, some)).map(at)).toEqual(["2001-04-02", "2001-04-01"]);
    expect((await recordsOf(h, `${some}&limit=1`)).map(at)).toEqual(["2001-04-02"]);
  });

  it.each([
    ["since=yesterday", "bad_time"],
    ["since=2001-03-31", "bad_time"],
    ["limit=0", "bad_request"],
    ["limit=1001", "bad_request"],
    ["limit=x", "bad_request"],
    ["before=x", "bad_request"],
    ["since=1990-01-01T00:00:00Z", "bad_request"],
  ])("refuses ?%s", async (query, code) => {
    const answer = await h.send("GET", `/v1/audit?${query}`);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
  });

  it("a refused act is logged, and not kept", async () => {
    const { token, id } = (await h.send("POST", "/v1/tokens", { name: "reader", access: "read" })).json;
    h.logged.length = 0;
    h.store.writes.length = 0;
    await h.send("PUT", "/v1/registry", {}, { ...as("a guess"), ...FROM });
    await h.send("PUT", "/v1/registry", {}, as(token));
    await h.send("POST", "/v1/rows/last_flight", { rows: [] }, { authorization: "" });
    expect(h.store.writes).toEqual([]);
    const audit = { level: "warn", event: "audit", stored: false };
    const none = { token: "none", tokenName: null, ip: null, ray: null };
    expect(h.logged.filter(({ event }) => event === "audit")).toEqual([
      {
        ...audit,
        ...none,
        route: "PUT /v1/registry",
        status: 401,
        code: "unauthorized",
        ip: FROM["cf-connecting-ip"],
        ray: FROM["cf-ray"],
      },
      { ...audit, ...none, token: id, tokenName: "reader", route: "PUT /v1/registry", status: 403, code: "forbidden" },
      { ...audit, ...none, route: "POST /v1/rows/:view", view: "last_flight", status: 401, code: "unauthorized" },
    ]);
  });

  it("of refused acts one a kind is logged in 10 s, whatever they name and wherever they are from", async () => {
    const guess = (i: number) =>
      h.send("POST", `/v1/rows/view_${i}`, { rows: [] }, { ...as(`guess ${i}`), "cf-connecting-ip": `203.0.113.${i}` });
    for (let i = 0; i < 100; i++) expect((await guess(i)).status).toBe(401);
    const lines = () => h.logged.filter(({ event }) => event === "audit");
    expect(lines().map(({ view, suppressed }) => [view, suppressed])).toEqual([["view_0", undefined]]);
    h.clock.advance(10_000);
    await guess(100);
    expect(lines().map(({ view, suppressed }) => [view, suppressed])).toEqual([
      ["view_0", undefined],
      ["view_100", 99],
    ]);
  });

  it("each act is one line of the log; reading what only admins may read is logged too, and not kept", async () => {
    await h.apply();
    await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
    await recordsOf(h);
    const lines = h.logged.filter(({ event }) => event === "audit");
    expect(lines.map(({ route, stored, level }) => [route, stored, level])).toEqual([
      ["PUT /v1/registry", true, "info"],
      ["POST /v1/rows/:view", true, "info"],
      ["GET /v1/audit", false, "info"],
    ]);
    expect(lines[1]).toMatchObject({ view: "last_flight", count_written: 1, count_conflicts: 0 });
  });

  it("what an attacker sends in place of names and addresses is not recorded", async () => {
    const odd = { "cf-connecting-ip": "1.2.3.4, x y", "cf-ray": "a b" };
    const secret = "ef_0123456789abcdef_secret";
    await h.send("POST", `/v1/rows/${secret}-`, { rows: [] }, odd);
    const [record] = await recordsOf(h);
    expect(record).toMatchObject({ route: "POST /v1/rows/:view", ip: null, ray: null });
    expect(record).not.toHaveProperty("view");
  });

  it("is kept for ever under a frozen clock", async () => {
    h.clock.frozen = true;
    await h.send("DELETE", "/v1/tokens/0123456789abcdef");
    expect(h.store.writes.at(-1)?.[0]?.expireInMs).toBeNull();
  });
});

describe("a record that is lost", () => {
  it("is told on the answer and in the log, and the act stands", async () => {
    const h = harness(durableObjectStore(), { auditIn: "store" });
    await h.apply();
    const write = h.store.compareAndSet.bind(h.store);
    h.store.compareAndSet = async (writes) => {
      h.store.failing = writes[0]?.key.startsWith("audit:") === true;
      return write(writes).finally(() => (h.store.failing = false));
    };
    const answer = await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
    expect([answer.status, answer.json.written, answer.headers.get("edgefeat-audit")]).toEqual([200, 1, "lost"]);
    expect(h.logged.at(-1)).toMatchObject({ level: "error", event: "audit", stored: false, count_written: 1 });
  });

  it("is told so too when a fault that nobody foresaw lost it, whose words are not", async () => {
    const h = harness(durableObjectStore(), { auditIn: "store" });
    await h.apply();
    const write = h.store.compareAndSet.bind(h.store);
    h.store.compareAndSet = async (writes) => {
      if (writes[0]?.key.startsWith("audit:") === true) throw new TypeError("a secret");
      return write(writes);
    };
    const answer = await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
    expect([answer.status, answer.json.written, answer.headers.get("edgefeat-audit")]).toEqual([200, 1, "lost"]);
    const line = h.logged.at(-1);
    expect(line).toMatchObject({ level: "error", event: "audit", lost: "internal_error", error: "TypeError" });
    expect(JSON.stringify(line)).not.toContain("secret");
  });

  it("with EDGEFEAT_AUDIT=log none is kept, and none is lost", async () => {
    const h = harness(durableObjectStore(), { auditIn: "log" });
    await h.apply();
    const answer = await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
    expect(answer.headers.get("edgefeat-audit")).toBeNull();
    expect(h.store.writes.flat().filter(({ key }) => key.startsWith("audit:"))).toEqual([]);
    expect(h.logged.at(-1)).toMatchObject({ level: "info", event: "audit", stored: false });
    expect(await recordsOf(h)).toEqual([]);
  });
});

describe("the numbering of records", () => {
  const entry = { token: "root", tokenName: null, route: "X", ip: null, ray: null, status: 200, code: null };

  /** Random, but for what a lane is chosen by. */
  const inLaneZero = (bytes: number) =>
    bytes === 1 ? new Uint8Array(1) : crypto.getRandomValues(new Uint8Array(bytes));

  it("a new isolate finds the end of a long lane by a few reads, and leaves no gap", async () => {
    const [clock, store] = [new ManualClock(), new WatchedStore(durableObjectStore())];
    const parts = { store, clock, space: { project: crypto.randomUUID(), environment: "e" }, keepMs: DAY_MS, sleep };
    // All in one lane.
    const trail = () => new AuditTrail({ ...parts, random: inLaneZero });
    const first = trail();
    for (let n = 0; n < 700; n++) await first.append(entry);
    store.reads.length = 0;
    const { id } = await trail().append(entry);
    expect(id).toMatch(/-0-700-/);
    expect(store.reads.length).toBeLessThanOrEqual(10);
    const nowUs = clock.nowUs();
    const page = await trail().read({ sinceUs: nowUs, untilUs: nowUs + 1, before: null, limit: 1_000 });
    expect(page.records.map((record) => Number(record.id.split("-")[2])).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 701 }, (_, n) => n),
    );
  });

  it("a record that was written although its answer was lost is not written again", async () => {
    const [clock, store] = [new ManualClock(), new WatchedStore(durableObjectStore())];
    const space = { project: crypto.randomUUID(), environment: "e" };
    const trail = new AuditTrail({ store, clock, space, keepMs: DAY_MS, sleep, random: inLaneZero });
    const write = store.compareAndSet.bind(store);
    // As after a request that was sent twice: the first was done, the second is told that the row is there.
    store.compareAndSet = async (writes) => {
      await write(writes);
      return write(writes);
    };
    await trail.append(entry);
    await trail.append(entry);
    const since = clock.nowUs() - 3_600_000_000;
    const found = await trail.read({ sinceUs: since, untilUs: clock.nowUs() + 1, before: null, limit: 10 });
    expect(found.records.map((record) => record.id.split("-")[2])).toEqual(["1", "0"]);
  });

  /** A trail over a store in memory whose every command takes a while, and what its own requests meet. */
  function slowTrail(step: (call: string) => Promise<void> = () => sleep(2 * Math.random())) {
    const [clock, store] = [new ManualClock(), new MemoryStore({ step })];
    const parts = { store, clock, space: { project: "p", environment: "e" }, keepMs: DAY_MS, sleep };
    const trail = () => new AuditTrail({ ...parts, random: inLaneZero });
    const hour = () => ({ sinceUs: clock.nowUs() - 3_600_000_000, untilUs: clock.nowUs() + 1, before: null });
    return { clock, store, trail, hour };
  }

  it("200 requests of one isolate at once lose none, and share commands", async () => {
    const { store, trail, hour } = slowTrail();
    const one = trail();
    const kept = await Promise.all(Array.from({ length: 200 }, (_, i) => one.append({ ...entry, name: `${i}` })));
    expect(new Set(kept.map(({ id }) => id)).size).toBe(200);
    expect(store.writes.length + store.reads.length).toBeLessThanOrEqual(10);
    const { records, next } = await one.read({ ...hour(), limit: 1_000 });
    expect(next).toBeNull();
    expect(records.map(({ name }) => name)).toEqual(kept.map(({ name }) => name).toReversed());
    const paged: unknown[] = [];
    for (let before: string | null = null, more = true; more; more = before !== null) {
      const page = await one.read({ ...hour(), before, limit: 7 });
      paged.push(...page.records);
      before = page.next;
    }
    expect(paged).toEqual(records);
  });

  it("8 isolates of one lane, 10 requests each at once, lose none", async () => {
    const { trail, hour } = slowTrail();
    const isolates = Array.from({ length: 8 }, trail);
    const all = isolates.flatMap((one, i) => Array.from({ length: 10 }, () => one.append({ ...entry, name: `${i}` })));
    const ids = (await Promise.all(all)).map(({ id }) => id);
    const { records } = await trail().read({ ...hour(), limit: 1_000 });
    expect(records.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });

  it("a store that fails is told to each whose entry was in its hands, and the trail goes on", async () => {
    let failing = true;
    const { trail, hour } = slowTrail(async () => {
      await sleep(1);
      if (failing) throw new EdgefeatError("store_unavailable", "the store was made to fail");
    });
    const one = trail();
    const ends = await Promise.allSettled([one.append(entry), one.append(entry), one.append(entry)]);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    failing = false;
    await one.append(entry);
    expect((await one.read({ ...hour(), limit: 10 })).records).toHaveLength(1);
  });

  it.each(["write", "write answered"])(
    "a request that is cancelled at its %s leaves no entry behind",
    async (where) => {
      let cancelled = false;
      const { trail, hour } = slowTrail(async (call) => {
        if (call !== where || cancelled) return;
        cancelled = true;
        // As a cancelled request's: it never comes back.
        await new Promise(() => {});
      });
      const one = trail();
      void one.append({ ...entry, name: "cancelled" });
      await Promise.all([one.append({ ...entry, name: "a" }), one.append({ ...entry, name: "b" })]);
      const names = (await one.read({ ...hour(), limit: 10 })).records.map(({ name }) => name);
      expect(names).toHaveLength(3);
      expect(new Set(names)).toEqual(new Set(["a", "b", "cancelled"]));
    },
  );

  it("entries of two hours that wait together go to their own hours", async () => {
    const { clock, trail, store } = slowTrail();
    clock.nowText = "2001-03-31T12:59:59.999Z";
    const one = trail();
    const first = [one.append(entry), one.append(entry)];
    clock.advance(2);
    await Promise.all([...first, one.append(entry)]);
    const hour = Math.floor(clock.nowUs() / 3_600_000_000);
    const kept = [...store.rows].map(([key, text]) => [Number(key.split(":")[3]) - hour, text.split("\n").length]);
    expect(kept).toEqual([
      [-1, 1],
      [-1, 1],
      [0, 1],
    ]);
  });
});

describe("a busy hour", () => {
  const entry = { token: "root", tokenName: null, route: "X", ip: null, ray: null, status: 200, code: null };
  const HOUR_US = 3_600_000_000;
  const space = { project: "p", environment: "e" };
  const store = new MemoryStore();
  const clock = new ManualClock();
  const trail = new AuditTrail({
    store,
    clock,
    space,
    keepMs: DAY_MS,
    sleep,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  const fromUs = Math.floor(clock.nowUs() / HOUR_US) * HOUR_US;
  /** 36,000 records, 10 a second, in 8 lanes of unlike lengths; within a lane times are up to 20 s out of order. */
  const times: number[] = [];
  const seconds = (us: number) => Math.floor((us - fromUs) / 1_000_000);
  beforeAll(() => {
    const ends = Array.from({ length: 8 }, () => 0);
    for (let i = 0; i < 36_000; i++) {
      const lane = Math.min(7, Math.floor(Math.log2(1 + (i % 256))));
      const n = ends[lane]!++;
      const late = i % 50 === 7 ? 20_000_000 : 0;
      const atUs = Math.max(fromUs, fromUs + i * 100_000 - late);
      times.push(atUs);
      const id = `${atUs}-${lane}-${n}-${i.toString(16).padStart(8, "0")}`;
      store.rows.set(
        auditKey(space, fromUs / HOUR_US, lane, n),
        JSON.stringify({ id, at: formatTime(atUs), ...entry }),
      );
    }
    times.sort((a, b) => b - a);
  });
  const timesOf = (records: readonly { id: string }[]) => records.map(({ id }) => Number(id.split("-")[0]));

  it.each([
    [1, 3_600],
    [100, 3_600],
    [1_000, 3_600],
    [1, 1_800],
    [100, 17],
    [100, 1],
  ])("the latest %i before second %i cost few commands", async (limit, second) => {
    store.reads.length = 0;
    const untilUs = fromUs + second * 1_000_000;
    const { records } = await trail.read({ sinceUs: fromUs, untilUs, before: null, limit });
    expect(timesOf(records)).toEqual(times.filter((at) => at < untilUs).slice(0, limit));
    expect(store.reads.length).toBeLessThanOrEqual(12);
    expect(Math.max(...store.reads.map(({ keys }) => keys.length))).toBeLessThanOrEqual(512);
  });

  it("is read whole in pages, none twice", async () => {
    store.reads.length = 0;
    const found: number[] = [];
    const ids = new Set<string>();
    for (let before: string | null = null, more = true; more; more = before !== null) {
      const page = await trail.read({ sinceUs: fromUs, untilUs: fromUs + HOUR_US, before, limit: 1_000 });
      found.push(...timesOf(page.records));
      for (const { id } of page.records) ids.add(id);
      before = page.next;
    }
    expect([found.length, ids.size]).toEqual([36_000, 36_000]);
    expect(found).toEqual(times);
    expect(seconds(found[0] as number)).toBe(3_599);
  });

  it("of a stretch of it no more than the stretch is read", async () => {
    store.reads.length = 0;
    const [sinceUs, untilUs] = [fromUs + 1_000_000_000, fromUs + 1_010_000_000];
    const { records, next } = await trail.read({ sinceUs, untilUs, before: null, limit: 1_000 });
    expect([timesOf(records), next]).toEqual([times.filter((at) => at >= sinceUs && at < untilUs), null]);
    expect(store.reads.length).toBeLessThanOrEqual(12);
  });
});
