// How many requests a caller may make: by Cloudflare's binding, by an isolate's own count, and who counts as one caller.
import { beforeEach, describe, expect, it } from "vitest";
import { bindingLimiter, isolateLimiter } from "../../../worker/middleware/rate-limit.ts";
import { durableObjectStore } from "../../support/workerd-stores.ts";
import { type Harness, harness, ManualClock, NO_HEADER, snapshotFor, TOKEN } from "../support/harness.ts";

const ASKED = { features: ["last_flight:delay"], entities: { origin: "SEA" } };
const as = (token: string) => ({ authorization: `Bearer ${token}` });

/** A binding that lets through so many requests a key, and notes the keys. */
function binding(requests: number) {
  const taken = new Map<string, number>();
  return {
    taken,
    limit: async ({ key }: { key: string }) => {
      taken.set(key, (taken.get(key) ?? 0) + 1);
      return { success: (taken.get(key) as number) <= requests };
    },
  };
}

describe("with the binding", () => {
  let h: Harness;
  let limited: Harness;
  let keys: ReturnType<typeof binding>;
  let token: { id: string; token: string };
  beforeEach(async () => {
    h = harness(durableObjectStore(), { publicReads: false });
    await h.apply();
    token = (await h.send("POST", "/v1/tokens", { name: "t", access: "read" })).json;
    keys = binding(2);
    limited = h.isolate({ limiter: bindingLimiter(keys), snapshot: snapshotFor(h.project) });
  });

  it("each token is counted by its id, on a cold isolate too, and told when to come again", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await limited.features(ASKED, as(token.token))).status);
    expect(statuses).toEqual([200, 200, 429]);
    const answer = await limited.features(ASKED, as(token.token));
    expect([answer.json.code, answer.headers.get("retry-after")]).toEqual(["rate_limited", "10"]);
    expect((await limited.features(ASKED)).status).toBe(200);
    expect(keys.taken).toEqual(
      new Map([
        [`${h.project}/test/${token.id}`, 4],
        [`${h.project}/test/root`, 1],
      ]),
    );
    expect([...keys.taken.keys()].join()).not.toContain(token.token.slice(-20));
  });

  it("who is not let in is not counted, and the health is free", async () => {
    for (let i = 0; i < 4; i++) {
      expect((await limited.features(ASKED, as("a guess"))).status).toBe(401);
      expect((await limited.features(ASKED, { authorization: NO_HEADER })).status).toBe(401);
      expect((await limited.send("GET", "/health")).status).toBe(200);
    }
    expect(keys.taken).toEqual(new Map());
  });

  it("where reads are public each address is counted", async () => {
    const open = h.isolate({ limiter: bindingLimiter(keys), publicReads: true });
    const from = (address: string) => open.features(ASKED, { "cf-connecting-ip": address });
    const statuses = [await from("1.1.1.1"), await from("1.1.1.1"), await from("1.1.1.1"), await from("2.2.2.2")];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429, 200]);
  });

  it.each([
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002:ffff:1:2:3", "2001:db8:1:2::/64"],
    ["2001:db8::", "2001:db8:0:0::/64"],
    ["2001:db8::5:6:7:8", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["1::2:3:4:5:6:7", "1:0:2:3::/64"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["203.0.113.9", "203.0.113.9"],
    ["", ""],
  ])("an address %j counts as %j", async (address, counted) => {
    const open = h.isolate({ limiter: bindingLimiter(keys), publicReads: true });
    await open.features(ASKED, address === "" ? {} : { "cf-connecting-ip": address });
    expect([...keys.taken.keys()]).toEqual([`${h.project}/test/anybody/${counted}`]);
  });

  it("writes are counted, a refused one is logged and writes nothing", async () => {
    const rows = () => limited.send("POST", "/v1/rows/last_flight", { rows: [] });
    expect([(await rows()).status, (await rows()).status, (await rows()).status]).toEqual([200, 200, 429]);
    expect(limited.logged.at(-1)).toMatchObject({ level: "warn", event: "audit", token: "root", code: "rate_limited" });
  });

  it("one that fails lets requests through", async () => {
    const failing = {
      limit: async () => {
        throw new Error("no limiter");
      },
    };
    const open = h.isolate({ limiter: bindingLimiter(failing) });
    expect((await open.features(ASKED)).status).toBe(200);
  });
});

describe("without it", () => {
  it("nobody is counted unless a limit is set, which this isolate then keeps", async () => {
    const h = harness(durableObjectStore(), { publicReads: false, rateLimit: { requests: 2, periodMs: 60_000 } });
    await h.isolate({ rateLimit: null }).apply();
    const status = async () => (await h.features(ASKED, as(TOKEN))).status;
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
    expect((await h.features(ASKED)).headers.get("retry-after")).toBe("30");
    h.clock.advance(30_000);
    expect([await status(), await status()]).toEqual([200, 429]);
  });

  it("gives requests back evenly, and never more than the limit", () => {
    const clock = new ManualClock();
    const limiter = isolateLimiter({ requests: 10, periodMs: 1_000 }, clock);
    const through = () => Array.from({ length: 50 }, () => limiter.take("a")).filter((wait) => wait === 0).length;
    expect(through()).toBe(10);
    clock.ms += 250;
    expect(through()).toBe(2);
    clock.ms += 1e9;
    expect(through()).toBe(10);
    expect(limiter.take("b")).toBe(0);
    expect(limiter.take("a")).toBeCloseTo(100);
  });
});
