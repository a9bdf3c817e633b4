// The audit trail: what is recorded of an act, what is only logged, and how the records are found again.
import { beforeEach, describe, expect, it } from "vitest";
import { AuditTrail } from "../../worker/write/audit.ts";
import { durableObjectStore, stores } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, ManualClock, NOW, snapshotFor, WatchedStore } from "./support/harness.ts";

const as = (token: string) => ({ authorization: `Bearer ${token}` });
const FROM = { "cf-connecting-ip": "203.0.113.9", "cf-ray": "8f1c2d3e4f5a6b7c-SEA" };
const DAY_MS = 86_400_000;

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
    const parts = { store, clock, space: { project: crypto.randomUUID(), environment: "e" }, keepMs: DAY_MS };
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
    const trail = new AuditTrail({ store, clock, space, keepMs: DAY_MS, random: inLaneZero });
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
});
