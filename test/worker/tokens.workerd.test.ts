// Tokens: what each may do, when their end is noticed, how they are replaced, and what the store knows of them.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { storeUnavailable } from "../../worker/store/faults.ts";
import { durableObjectStore, stores } from "../support/workerd-stores.ts";
import {
  type Answered,
  flightRow,
  type Harness,
  harness,
  NO_HEADER,
  NOW,
  snapshotFor,
  TOKEN,
} from "./support/harness.ts";

const PREVIOUS = "previous-token-0123456789";
const SEA = { origin: "SEA" };
const DELAY = { features: ["last_flight:delay"], entities: SEA };
const HOUR_MS = 3_600_000;

const as = (token: string) => ({ authorization: `Bearer ${token}` });

async function create(h: Harness, body: Record<string, unknown>, by = TOKEN): Promise<{ id: string; token: string }> {
  const answer = await h.send("POST", "/v1/tokens", { name: "a token", ...body }, as(by));
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

/** An app with a registry and a row, and with nothing in memory but what the tests bring there. */
async function project(options: Parameters<typeof harness>[1] = {}, store = durableObjectStore()): Promise<Harness> {
  const h = harness(store, { publicReads: false, ...options });
  await h.apply();
  await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
  return h;
}

describe("what a token may do", () => {
  type Send = (headers: Record<string, string>) => Promise<Answered>;
  let h: Harness;
  let tokens: Record<string, string>;
  beforeAll(async () => {
    h = await project({ previousToken: PREVIOUS });
    const other = await project();
    const revoked = await create(h, { access: "admin" });
    await h.send("DELETE", `/v1/tokens/${revoked.id}`);
    const expired = await create(h, { access: "admin", expiresIn: "1h" });
    const made = {
      read: await create(h, { access: "read" }),
      write: await create(h, { access: "write" }),
      admin: await create(h, { access: "admin", expiresIn: "90d" }),
      readView: await create(h, { access: "read", views: ["last_flight"] }),
      readRoute: await create(h, { access: "read", views: ["airport_info"] }),
      readService: await create(h, { access: "read", services: ["model"] }),
      writeView: await create(h, { access: "write", views: ["last_flight"] }),
      otherProject: await create(other, { access: "admin" }),
    };
    h.clock.advance(HOUR_MS);
    tokens = {
      ...Object.fromEntries(Object.entries(made).map(([name, { token }]) => [name, token])),
      root: TOKEN,
      previousRoot: PREVIOUS,
      revoked: revoked.token,
      expired: expired.token,
      noSuch: `ef_0123456789abcdef_${"x".repeat(43)}`,
      wrongSecret: `${made.admin.token.slice(0, -2)}AA`,
      cut: made.admin.token.slice(0, -1),
    };
  });

  const features =
    (body: Record<string, unknown>): Send =>
    (headers) =>
      h.features(body, headers);
  const MODEL = { service: "model", entities: SEA, request: { scheduled: 1, seats: 1 } };
  const requests: Record<string, Send> = {
    "GET /health": (headers) => h.send("GET", "/health", undefined, headers),
    "features of last_flight": features(DELAY),
    "the same by GET": (headers) =>
      h.send("GET", "/v1/features?features=last_flight:delay&origin=SEA", undefined, headers),
    "the same in Feast's shape": (headers) =>
      h.send("POST", "/get-online-features", { features: DELAY.features, entities: { origin: ["SEA"] } }, headers),
    "features of delays": features({ features: ["delays:events_1h"], entities: SEA }),
    "features of both": features({ features: ["last_flight:delay", "delays:events_1h"], entities: SEA }),
    "features of risk, computed from both": features({
      features: ["risk:far"],
      entities: SEA,
      request: { scheduled: 1, seats: 1 },
    }),
    "the service model, of three views": features(MODEL),
    "the service route, of airport_info": features({ service: "route", entities: { ...SEA, destination: "PDX" } }),
    "GET registry": (headers) => h.send("GET", "/v1/registry", undefined, headers),
    "GET materializations": (headers) => h.send("GET", "/v1/materializations", undefined, headers),
    "GET transforms": (headers) => h.send("GET", "/v1/transforms", undefined, headers),
    "rows of last_flight": (headers) =>
      h.send("POST", "/v1/rows/last_flight", { rows: [flightRow("SEA", NOW)] }, headers),
    "rows of airport_info": (headers) => h.send("POST", "/v1/rows/airport_info", { rows: [] }, headers),
    "a materialization of last_flight": (headers) =>
      h.send("POST", "/v1/materializations/last_flight", { start: null, end: NOW, rows: 1 }, headers),
    "PUT registry": (headers) => h.send("PUT", "/v1/registry", {}, headers),
    "PUT transform": (headers) => h.send("PUT", "/v1/transforms/mine", {}, headers),
    "DELETE transform": (headers) => h.send("DELETE", "/v1/transforms/mine", undefined, headers),
    "POST token": (headers) => h.send("POST", "/v1/tokens", {}, headers),
    "GET tokens": (headers) => h.send("GET", "/v1/tokens", undefined, headers),
    "DELETE token": (headers) => h.send("DELETE", "/v1/tokens/0123456789abcdef", undefined, headers),
    "rotate token": (headers) => h.send("POST", "/v1/tokens/0123456789abcdef/rotate", {}, headers),
    "GET audit": (headers) => h.send("GET", "/v1/audit", undefined, headers),
  };

  const READS = Object.keys(requests).slice(0, 12);
  const WRITES = [...READS, ...Object.keys(requests).slice(12, 15)];
  const OF_LAST_FLIGHT = Object.keys(requests).slice(0, 4);
  const SHOWN = ["GET registry", "GET materializations"];

  // What each may do; all else is refused with the status.
  it.each<[string, readonly string[], 401 | 403]>([
    ["root", Object.keys(requests), 403],
    ["previousRoot", Object.keys(requests), 403],
    ["admin", Object.keys(requests), 403],
    ["write", WRITES, 403],
    ["read", READS, 403],
    ["readView", [...OF_LAST_FLIGHT, ...SHOWN], 403],
    ["readRoute", ["GET /health", "the service route, of airport_info", ...SHOWN], 403],
    ["readService", ["GET /health", "the service model, of three views", ...SHOWN], 403],
    ["writeView", [...OF_LAST_FLIGHT, ...SHOWN, "rows of last_flight", "a materialization of last_flight"], 403],
    ["otherProject", ["GET /health"], 401],
    ["revoked", ["GET /health"], 401],
    ["expired", ["GET /health"], 401],
    ["noSuch", ["GET /health"], 401],
    ["wrongSecret", ["GET /health"], 401],
    ["cut", ["GET /health"], 401],
  ])("%s", async (name, allowed, refused) => {
    const told: Record<string, unknown> = {};
    for (const [request, send] of Object.entries(requests)) {
      const { status, json } = await send(as(tokens[name] as string));
      told[request] = status === 401 || status === 403 ? status : "may";
      if (status === 403 && typeof json === "object") expect(json.code).toBe("forbidden");
    }
    const expected = Object.keys(requests).map((request) => [request, allowed.includes(request) ? "may" : refused]);
    expect(told).toEqual(Object.fromEntries(expected));
    expect(h.internal).toEqual([]);
  });

  it("without any header all but the health is refused", async () => {
    for (const [request, send] of Object.entries(requests)) {
      expect([request, (await send({ authorization: NO_HEADER })).status]).toEqual([
        request,
        request === "GET /health" ? 200 : 401,
      ]);
    }
  });

  it("what a limited token may not ask for is told alike whether it is there or not", async () => {
    const ask = async (token: string, body: Record<string, unknown>, name: string) =>
      (await h.features(body, as(tokens[token] as string))).text.replaceAll(name, "NAME");
    for (const token of ["readView", "readService"]) {
      const views = ["delays", "no_such_view"].map((name) =>
        ask(token, { features: [`${name}:events_1h`], entities: SEA }, name),
      );
      const services = ["route", "no_such_service"].map((name) => ask(token, { service: name, entities: SEA }, name));
      const [[view, noView], [service, noService]] = [await Promise.all(views), await Promise.all(services)];
      expect([view, service]).toEqual([noView, noService]);
      expect(view).toContain('"code":"forbidden"');
    }
    const write = (name: string) => h.send("POST", `/v1/rows/${name}`, { rows: [] }, as(tokens["writeView"] as string));
    const [there, not] = [await write("rating"), await write("no_such_view")];
    expect([there.status, there.text.replaceAll("rating", "X")]).toEqual([
      403,
      not.text.replaceAll("no_such_view", "X"),
    ]);
  });

  it("hints tell a limited token nothing of what else there is", async () => {
    const typo = await create(h, { access: "read", views: ["last_fligth"], services: ["modell"] });
    for (const body of [
      { features: ["last_fligth:delay"], entities: SEA },
      { service: "modell", entities: SEA },
    ]) {
      const answer = await h.features(body, as(typo.token));
      expect([answer.status, answer.json.hint]).toEqual([404, undefined]);
      expect(answer.text).not.toContain("last_flight");
      expect((await h.features(body)).json.hint).toMatch(/did you mean/);
    }
    const key = { features: ["last_flight:delay"], entities: { ...SEA, user_idd: 1 } };
    expect((await h.features(key)).json.hint).toBe('did you mean "user_id"?');
    expect((await h.features(key, as(tokens["readView"] as string))).json.hint).toBeUndefined();
  });

  it("shows a limited token its own part of the registry, and what that is computed from", async () => {
    const shown = async (token: string) => {
      const { snapshot } = (await h.send("GET", "/v1/registry", undefined, as(token))).json;
      return [snapshot.entities, snapshot.views, snapshot.services].map((part) => Object.keys(part).toSorted());
    };
    expect(await shown(tokens["readView"] as string)).toEqual([["airport"], ["last_flight"], []]);
    expect(await shown(tokens["readRoute"] as string)).toEqual([["airport"], ["airport_info"], ["route"]]);
    expect(await shown(tokens["readService"] as string)).toEqual([
      ["airport"],
      ["delays", "last_flight", "risk"],
      ["model"],
    ]);
    const onDemand = await create(h, { access: "read", views: ["risk"] });
    expect(await shown(onDemand.token)).toEqual([["airport"], ["delays", "last_flight", "risk"], []]);
    const asked = { features: ["risk:far"], entities: SEA, request: { scheduled: 1, seats: 1 } };
    expect((await h.features(asked, as(onDemand.token))).status).toBe(200);
    expect(await shown(TOKEN)).toEqual([3, 7, 2].map((length) => expect.objectContaining({ length })));
  });

  it.each([
    ["a name that is none", { name: "", access: "read" }, "/name"],
    ["a name with a line end", { name: "a\nb", access: "read" }, "/name"],
    ["a name that looks like a token", { name: `ef_0123456789abcdef_${"x".repeat(43)}`, access: "read" }, "/name"],
    ["no access", { name: "a" }, "/access"],
    ["an access that is none", { name: "a", access: "root" }, "/access"],
    ["no views at all", { name: "a", access: "read", views: [] }, "/views"],
    ["a view that can't be one", { name: "a", access: "read", views: ["a b"] }, "/views/0"],
    ["an admin limited to a view", { name: "a", access: "admin", views: ["last_flight"] }, "/views"],
    ["an admin limited to a service", { name: "a", access: "admin", services: ["model"] }, "/services"],
    ["a writer limited to a service", { name: "a", access: "write", services: ["model"] }, "/services"],
    ["a life that is none", { name: "a", access: "read", expiresIn: "soon" }, "/expiresIn"],
    ["a life of nothing", { name: "a", access: "read", expiresIn: "0s" }, "/expiresIn"],
    ["a life of a hundred years", { name: "a", access: "read", expiresIn: "36500d" }, "/expiresIn"],
    ["a member that tokens don't have", { name: "a", access: "read", entities: ["airport"] }, ""],
  ])("refuses to make %s", async (_name, body, pointer) => {
    const answer = await h.send("POST", "/v1/tokens", body);
    expect([answer.status, answer.json.code, answer.json.pointer]).toEqual([400, "bad_request", pointer]);
  });
});

describe.each(stores)("the end of a token, over %s", (_kind, makeStore) => {
  let h: Harness;
  let token: { id: string; token: string };
  beforeEach(async () => {
    h = await project({}, makeStore());
    token = await create(h, { access: "read" });
  });
  const revoke = () => h.send("DELETE", `/v1/tokens/${token.id}`);

  it("is noticed by another isolate at its next read of the store", async () => {
    const other = h.isolate({ cacheTtlMs: 0 });
    expect((await other.features(DELAY, as(token.token))).status).toBe(200);
    await revoke();
    const answer = await other.features(DELAY, as(token.token));
    expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
      401,
      "unauthorized",
      "the token was revoked",
    ]);
  });

  it("is noticed within the bound by an isolate that answers from memory, and costs it a second command once", async () => {
    const other = h.isolate();
    expect((await other.features(DELAY, as(token.token))).status).toBe(200);
    await revoke();
    other.clock.advance(40_000);
    other.store.reads.length = 0;
    expect((await other.features(DELAY, as(token.token))).status).toBe(200);
    expect(other.store.reads).toEqual([]);
    other.clock.advance(20_000);
    expect((await other.features(DELAY, as(token.token))).status).toBe(401);
    // The root token goes on, and does not wait for the tokens of others.
    other.store.reads.length = 0;
    expect((await other.features(DELAY)).status).toBe(200);
    expect(other.store.reads.length).toBeLessThanOrEqual(1);
  });

  it("is noticed at once where it was made, and for writes within a second everywhere", async () => {
    const writer = await create(h, { access: "write" });
    const other = h.isolate();
    const write = (isolate: Harness) =>
      isolate.send("POST", "/v1/rows/last_flight", { rows: [flightRow("PDX", NOW)] }, as(writer.token));
    expect([(await write(h)).status, (await write(other)).status]).toEqual([200, 200]);
    await h.send("DELETE", `/v1/tokens/${writer.id}`);
    other.clock.advance(1_000);
    expect([(await write(h)).status, (await write(other)).status]).toEqual([401, 401]);
  });

  it.each(["/v1/registry", "/v1/materializations", "/v1/transforms", "/metrics", "/openapi.json", "/docs"])(
    "is noticed at once by GET %s",
    async (path) => {
      const other = h.isolate();
      const get = () => other.send("GET", path, undefined, as(token.token)).catch(() => ({ status: 200 }));
      expect((await get()).status).toBe(200);
      await revoke();
      expect((await get()).status).toBe(401);
    },
  );

  it("can't be asked for while the store fails: within the bound it counts, and then is told when to come again", async () => {
    const other = h.isolate();
    expect((await other.features(DELAY, as(token.token))).status).toBe(200);
    other.store.read = async () => {
      throw storeUnavailable("breaker_open", "not asked", { hint: "wait", retryAfterMs: 7_000 });
    };
    const openApi = () => other.send("GET", "/openapi.json", undefined, as(token.token));
    expect((await openApi()).status).toBe(200);
    other.clock.advance(360_000);
    for (const answer of [await openApi(), await other.features(DELAY, as(token.token))]) {
      expect([answer.status, answer.json.code, answer.headers.get("retry-after")]).toEqual([
        503,
        "store_unavailable",
        "7",
      ]);
      expect(answer.text).toContain("breaker_open");
    }
  });

  it("of an admin is noticed at its next act", async () => {
    const admin = await create(h, { access: "admin" });
    const other = h.isolate();
    const list = () => other.send("GET", "/v1/tokens", undefined, as(admin.token));
    expect((await list()).status).toBe(200);
    await h.send("DELETE", `/v1/tokens/${admin.id}`);
    expect((await list()).status).toBe(401);
  });

  it("by its time comes without a command", async () => {
    const brief = await create(h, { access: "read", expiresIn: "30s" });
    const other = h.isolate();
    expect((await other.features(DELAY, as(brief.token))).status).toBe(200);
    other.clock.advance(29_999);
    expect((await other.features(DELAY, as(brief.token))).status).toBe(200);
    other.store.reads.length = 0;
    other.clock.advance(1);
    expect((await other.features(DELAY, as(brief.token))).json.detail).toBe("the token has expired");
    expect(other.store.reads).toEqual([]);
  });

  it("revoked twice is as revoked once; an id that is none is a 404, a whole token a 400 that does not repeat it", async () => {
    const { json } = await revoke();
    h.clock.advance(1_000);
    expect((await revoke()).json).toEqual(json);
    expect(json).toMatchObject({ id: token.id, state: "revoked", revokedAt: NOW });
    expect((await h.send("DELETE", "/v1/tokens/0123456789abcdef")).json.code).toBe("not_found");
    const whole = await h.send("DELETE", `/v1/tokens/${token.token}`);
    expect([whole.status, whole.text.includes(token.token)]).toEqual([400, false]);
  });

  it("while the store fails is not noticed beyond the time that stale rows are served for", async () => {
    const other = h.isolate();
    expect((await other.features(DELAY, as(token.token))).status).toBe(200);
    await revoke();
    other.store.failing = true;
    other.clock.advance(60_000 + 300_000);
    expect((await other.features(DELAY, as(token.token))).status).toBe(503);
    const cold = h.isolate({ snapshot: snapshotFor(h.project) });
    cold.store.failing = true;
    expect((await cold.features(DELAY, as(token.token))).status).toBe(503);
  });
});

describe.each(stores)("a new token, over %s", (_kind, makeStore) => {
  it("works at once where it was made, and within a second on an isolate that has read the set before", async () => {
    const h = await project({}, makeStore());
    const first = await create(h, { access: "read" });
    const other = h.isolate();
    expect((await other.features(DELAY, as(first.token))).status).toBe(200);
    const second = await create(h, { access: "read" }, TOKEN);
    expect((await h.features(DELAY, as(second.token))).status).toBe(200);
    other.clock.advance(1_000);
    expect((await other.features(DELAY, as(second.token))).status).toBe(200);
  });

  it("that nobody made costs a command a second at most", async () => {
    const h = await project({}, makeStore());
    const { token } = await create(h, { access: "read" });
    const other = h.isolate();
    expect((await other.features(DELAY, as(token))).status).toBe(200);
    other.clock.advance(1_000);
    other.store.reads.length = 0;
    for (let i = 0; i < 5; i++) {
      const made = `ef_${String(i).repeat(16)}_${"x".repeat(43)}`;
      expect((await other.features(DELAY, as(made))).status).toBe(401);
    }
    for (const text of ["x", "ef_x", token.slice(0, -3), `${token}x`, "y".repeat(5_000)]) {
      expect((await other.features(DELAY, as(text))).status).toBe(401);
    }
    expect(other.store.reads).toHaveLength(1);
  });

  it("works before anything was applied, and apply works after", async () => {
    const h = harness(makeStore(), { publicReads: false });
    const admin = await create(h, { access: "admin" });
    const answer = await h.send("GET", "/v1/registry", undefined, as(admin.token));
    expect([answer.status, answer.json.code]).toEqual([404, "registry_not_found"]);
    const put = await h.send("PUT", "/v1/registry", snapshotFor(h.project), as(admin.token));
    expect(put.status, put.text).toBe(201);
    expect((await h.send("GET", "/v1/tokens", undefined, as(admin.token))).json.tokens).toHaveLength(1);
  });
});

describe.each(stores)("replacing a token, over %s", (_kind, makeStore) => {
  it("leaves no moment without a token that works", async () => {
    const h = await project({}, makeStore());
    const old = await create(h, { name: "ranking", access: "read", views: ["last_flight"], expiresIn: "90d" });
    const other = h.isolate({ cacheTtlMs: 0 });
    const status = async (token: string) => (await other.features(DELAY, as(token))).status;
    expect(await status(old.token)).toBe(200);
    const rotated = await h.send("POST", `/v1/tokens/${old.id}/rotate`, { overlap: "1h" });
    expect(rotated.status, rotated.text).toBe(201);
    const { token, replaced, ...made } = rotated.json;
    expect(made).toMatchObject({
      name: "ranking",
      access: "read",
      views: ["last_flight"],
      services: null,
      state: "active",
    });
    expect(replaced).toMatchObject({ id: old.id, replacedBy: made.id, expiresAt: "2001-03-31T13:00:00Z" });
    expect([await status(old.token), await status(token)]).toEqual([200, 200]);
    other.clock.advance(HOUR_MS);
    expect([await status(old.token), await status(token)]).toEqual([401, 200]);
    expect(made.expiresAt).toBe("2001-06-29T12:00:00Z");
    for (const id of [old.id, old.id]) {
      expect((await h.send("POST", `/v1/tokens/${id}/rotate`, {})).json.code).toBe("bad_request");
    }
  });

  it("without an overlap ends the old one at once", async () => {
    const h = await project({}, makeStore());
    const old = await create(h, { access: "read" });
    const { token, replaced } = (await h.send("POST", `/v1/tokens/${old.id}/rotate`, { overlap: "0s" })).json;
    expect(replaced.state).toBe("revoked");
    expect((await h.features(DELAY, as(old.token))).status).toBe(401);
    expect((await h.features(DELAY, as(token))).status).toBe(200);
  });

  it("of the root: the one before goes on working until it is taken away", async () => {
    const h = await project({}, makeStore());
    const both = h.isolate({ writeToken: "the-new-root-token", previousToken: TOKEN });
    for (const token of [TOKEN, "the-new-root-token"]) {
      expect((await both.send("GET", "/v1/tokens", undefined, as(token))).status).toBe(200);
    }
    const after = h.isolate({ writeToken: "the-new-root-token" });
    expect((await after.send("GET", "/v1/tokens", undefined, as(TOKEN))).status).toBe(401);
  });
});

describe.each(stores)("what the store holds, over %s", (_kind, makeStore) => {
  it("is a hash of each token, never its secret", async () => {
    const store = makeStore();
    const h = await project({ auditIn: "store" }, store);
    const made = [await create(h, { access: "read" }), await create(h, { access: "admin" })];
    await h.send("GET", "/v1/tokens", undefined, as((made[1] as { token: string }).token));
    const rotated = await h.send("POST", `/v1/tokens/${made[0]?.id}/rotate`, {});
    let cursor: string | null = null;
    let all = "";
    for (const prefix of [
      `tokens:${h.project}:`,
      `control:${h.project}:`,
      `audit:${h.project}:`,
      `feature:${h.project}`,
    ]) {
      do {
        const page = await store.scan(prefix, cursor);
        all += page.keys.join("\n") + (await store.read(page.keys)).join("\n");
        cursor = page.cursor;
      } while (cursor !== null);
    }
    expect(all).toContain(made[0]?.id);
    for (const text of [...made.map(({ token }) => token), rotated.json.token, TOKEN]) {
      expect(all).not.toContain(text);
      expect(all).not.toContain(text.slice(-20));
    }
    expect((await h.send("GET", "/v1/tokens")).text).not.toMatch(/"hash"|"token":/);
  });

  it("that is not readable keeps tokens out, but not the root", async () => {
    const h = await project({}, makeStore());
    const { token } = await create(h, { access: "read" });
    const key = `tokens:${h.project}:test`;
    const [text = null] = await h.store.read([key]);
    for (const value of [
      "no JSON",
      "{}",
      (text as string).replace('"format":1', '"format":2'),
      (text as string).replace(h.project, "another"),
    ]) {
      const [before = null] = await h.store.read([key]);
      await h.store.compareAndSet([{ key, expected: before, value, expireInMs: null }]);
      const cold = h.isolate();
      const answer = await cold.features(DELAY, as(token));
      expect([answer.status, answer.json.code]).toEqual([500, "row_corrupt"]);
      expect(answer.text).not.toContain((text as string).slice(120, 140));
      expect((await cold.features(DELAY)).status).toBe(200);
    }
  });
});

it("a registry that is put while tokens change is not taken for a conflict", async () => {
  const h = harness(durableObjectStore());
  await h.apply();
  const { registry } = (await h.send("GET", "/v1/registry")).json;
  let once = true;
  h.store.beforeWrite = async () => {
    if (!once || !(h.store.writes.at(-1)?.[0]?.key.startsWith("control:") ?? false)) return;
    once = false;
    await create(h.isolate(), { access: "read" });
  };
  const next = { ...snapshotFor(h.project), services: {} };
  const put = await h.send("PUT", "/v1/registry", next, { "if-match": `"${registry}"` });
  expect([put.status, once], put.text).toEqual([200, false]);
  expect((await h.send("GET", "/v1/tokens")).json.tokens).toHaveLength(1);
  const [control = null] = await h.store.read([`control:${h.project}:test`]);
  expect(JSON.parse(control as string)).toEqual({ registry: put.json.registry, tokens: expect.any(String) });
});

it("a service that was applied meanwhile is open to a token of its views, where the isolate does not know it yet", async () => {
  const h = harness(durableObjectStore(), { publicReads: false });
  const { route, ...services } = snapshotFor(h.project).services;
  await h.send("PUT", "/v1/registry", { ...snapshotFor(h.project), services });
  const { token } = await create(h, { access: "read", views: ["airport_info"] });
  const ask = (isolate: typeof h) =>
    isolate.features(
      { service: "route", entities: { origin: "SEA", destination: "PDX" } },
      { authorization: `Bearer ${token}` },
    );
  expect((await ask(h)).json.code).toBe("forbidden");
  const other = h.isolate();
  const { registry } = (await other.send("GET", "/v1/registry")).json;
  const next = { ...snapshotFor(h.project), services: { ...services, route } };
  expect((await other.send("PUT", "/v1/registry", next, { "if-match": `"${registry}"` })).status).toBe(200);
  expect((await ask(h)).status).toBe(200);
});
