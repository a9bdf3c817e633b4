// What tokens cost in commands, by Redis's own count.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createUpstashStore } from "../../../worker/store/upstash.ts";
import { commandCounts } from "../../support/command-counts.ts";
import { hasRedisServer } from "../../support/redis-server.ts";
import { startUpstash, type Upstash } from "../../support/upstash.ts";
import { flightRow, type Harness, harness, NOW, snapshotFor } from "../support/harness.ts";

describe.skipIf(!hasRedisServer())("commands that tokens cost", () => {
  let upstash: Upstash;
  let h: Harness;
  let token: { id: string; token: string };
  beforeAll(async () => {
    upstash = await startUpstash();
    h = harness(createUpstashStore(upstash), { publicReads: false });
    await h.apply();
    await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
    token = (await h.send("POST", "/v1/tokens", { name: "t", access: "read" })).json;
  });
  afterAll(() => upstash.close());

  async function commandsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = await commandCounts(upstash);
    await work();
    const after = await commandCounts(upstash);
    const more = Object.entries(after).map(([name, n]) => [name, n - (before[name] ?? 0)] as const);
    return Object.fromEntries(more.filter(([name, n]) => n > 0 && name !== "info"));
  }

  const ask = async (isolate: Harness, text = token.token, features = ["last_flight:delay"]) =>
    (await isolate.features({ features, entities: { origin: "SEA" } }, { authorization: `Bearer ${text}` })).status;
  const cold = () => h.isolate({ snapshot: snapshotFor(h.project) });

  it("none from memory; one for a cold isolate's first read, whoever asks", async () => {
    const isolate = cold();
    expect(await commandsOf(async () => expect(await ask(isolate)).toBe(200))).toEqual({ mget: 1 });
    expect(await commandsOf(async () => expect(await ask(isolate)).toBe(200))).toEqual({});
    const stranger = `ef_0123456789abcdef_${"x".repeat(43)}`;
    expect(await commandsOf(async () => expect(await ask(cold(), stranger)).toBe(401))).toEqual({ mget: 1 });
    expect(await commandsOf(async () => expect(await ask(cold(), "no token")).toBe(401))).toEqual({});
  });

  it("one before a cold isolate tells who may not know it that a name is wrong", async () => {
    const stranger = `ef_0123456789abcdef_${"x".repeat(43)}`;
    const wrong = ["no_such_view:delay"];
    expect(await commandsOf(async () => expect(await ask(cold(), stranger, wrong)).toBe(401))).toEqual({ mget: 1 });
    expect(await ask(cold(), token.token, wrong)).toBe(404);
  });

  it("after a change a second one, once", async () => {
    const isolate = cold();
    expect(await ask(isolate)).toBe(200);
    await h.send("POST", "/v1/tokens", { name: "another", access: "read" });
    isolate.clock.advance(60_000);
    expect(await commandsOf(async () => expect(await ask(isolate)).toBe(200))).toEqual({ mget: 2 });
    isolate.clock.advance(60_000);
    expect(await commandsOf(async () => expect(await ask(isolate)).toBe(200))).toEqual({ mget: 1 });
  });

  it("a change of the set itself costs one read and two scripts", async () => {
    const {
      get: _get,
      set: _set,
      mget,
      ...scripts
    } = await commandsOf(() => h.send("POST", "/v1/tokens", { name: "one more", access: "read" }));
    expect([mget, scripts["evalsha"]]).toEqual([1, 2]);
  });
});
