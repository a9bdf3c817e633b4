// The gateway, asked by the real @upstash/redis client and by bare HTTP, over a real redis-server.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Redis } from "@upstash/redis";
import { commandCounts } from "../command-counts.ts";
import { upstash as shared } from "../provided.ts";
import { startUpstash, type Upstash } from "../upstash.ts";
import { startGateway } from "./index.ts";

const TEXTS = ["", "OK", "plain", 'é😀\u0000\n"\\', "T0s=", "12345678901234567890", "null", "x".repeat(1_000_000)];

describe.skipIf(shared === null)("upstash gateway", () => {
  let upstash: Upstash;
  beforeAll(async () => {
    upstash = await startUpstash();
  });
  afterAll(() => upstash.close());

  const ask = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    fetch(upstash.url + path, { ...init, headers: { authorization: `Bearer ${upstash.token}`, ...init.headers } });
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await ask(path, { method: "POST", body: JSON.stringify(body), headers });
    return { status: response.status, json: await response.json() };
  };

  describe.each([
    ["base64, the client's default", { automaticDeserialization: false }],
    ["plain strings", { automaticDeserialization: false, responseEncoding: false }],
  ] as const)("through @upstash/redis, %s", (name, options) => {
    const client = () => new Redis({ ...upstash, ...options, enableTelemetry: false });
    const key = (part: string) => `${name}:${part}`;

    it("returns every text as it was set, alone and in lists", async () => {
      const redis = client();
      for (const [i, text] of TEXTS.entries()) expect(await redis.set(key(`t${i}`), text)).toBe("OK");
      for (const [i, text] of TEXTS.entries()) expect(await redis.get(key(`t${i}`))).toBe(text);
      const keys = TEXTS.map((_, i) => key(`t${i}`));
      expect(await redis.mget([...keys, key("missing")])).toEqual([...TEXTS, null]);
      expect(await redis.get(key("missing"))).toBeNull();
    });

    it("answers integers, nested lists, maps and simple strings", async () => {
      const redis = client();
      expect(await redis.incr(key("n"))).toBe(1);
      expect(await redis.hset(key("h"), { a: "1", b: "é" })).toBe(2);
      expect(await redis.hmget(key("h"), "a", "b", "c")).toEqual(["1", "é", null]);
      expect(await redis.ping()).toBe("PONG");
      expect(await redis.type(key("h"))).toBe("hash");
      expect(await redis.eval("return {1, 'é', {2, false, 'x'}}", [], [])).toEqual([1, "é", [2, null, "x"]]);
      const [cursor, keys] = await redis.scan("0", { match: `${name}:h`, count: 10_000 });
      expect([cursor, keys]).toEqual(["0", [key("h")]]);
    });

    it("runs a pipeline, with each command's own error", async () => {
      const pipeline = client().pipeline().set(key("p"), "1").get(key("p")).lpush(key("p"), "x").incr(key("p"));
      const results = await pipeline.exec({ keepErrors: true });
      expect(results.map(({ result, error }) => error ?? result)).toEqual([
        "OK",
        "1",
        expect.stringContaining("WRONGTYPE"),
        2,
      ]);
    });

    it("runs a transaction, and discards it whole when a command can't be queued", async () => {
      expect(await client().multi().set(key("m"), "1").incr(key("m")).exec()).toEqual(["OK", 2]);
      const bad = await post("/multi-exec", [
        ["SET", key("m"), "9"],
        ["SET", key("m")],
      ]);
      expect(bad).toEqual({ status: 400, json: { error: expect.stringContaining("EXECABORT") } });
      expect(await client().get(key("m"))).toBe("2");
    });

    it("rejects with Redis's own words", async () => {
      await client().set(key("e"), "text");
      await expect(client().lpush(key("e"), "x")).rejects.toThrow("WRONGTYPE");
      await expect(client().evalsha("f".repeat(40), [], [])).rejects.toThrow("NOSCRIPT");
    });
  });

  it("does not let another client's command into a transaction", async () => {
    const redis = new Redis({ ...upstash, enableTelemetry: false });
    const transfers = Array.from({ length: 40 }, (_, i) =>
      i % 2 === 0 ? redis.multi().incr("x1").incr("x2").mget("x1", "x2").exec() : redis.mget("x1", "x2"),
    );
    for (const [i, seen] of (await Promise.all(transfers)).entries()) {
      const [x1, x2] = (i % 2 === 0 ? seen[2] : seen) as unknown[];
      expect(x1).toBe(x2);
    }
  });

  it("keeps integers that a double can't", async () => {
    await post("/", ["SET", "big", "9007199254740993"]);
    const response = await ask("/incr/big");
    expect(await response.text()).toBe('{"result":9007199254740994}');
    const written = await ask("/", { method: "POST", body: '["SET","literal",9007199254740993]' });
    expect(written.status).toBe(200);
    expect((await post("/", ["GET", "literal"])).json).toEqual({ result: "9007199254740993" });
  });

  it("takes commands as a path, the value as the body, options as the query", async () => {
    expect(await (await ask("/set/a%2Fb/caf%C3%A9")).json()).toEqual({ result: "OK" });
    expect(await (await ask("/get/a%2Fb")).json()).toEqual({ result: "café" });
    const set = await ask("/set/timed?EX=100", { method: "POST", body: "body value" });
    expect(await set.json()).toEqual({ result: "OK" });
    expect(await (await ask("/get/timed")).json()).toEqual({ result: "body value" });
    expect(await (await ask("/ttl/timed")).json()).toEqual({ result: 100 });
  });

  it.each([
    ["no token", {}, "", 401],
    ["a wrong token", { authorization: "Bearer wrong" }, "", 401],
    ["a token of the same length", { authorization: "Bearer test-tokem" }, "", 401],
    ["a wrong query token", {}, "?_token=wrong", 401],
    ["the query token", {}, "?_token=test-token", 200],
  ])("answers %s", async (_, headers: Record<string, string>, query, status) => {
    const response = await fetch(`${upstash.url}/ping${query}`, { headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual(
      status === 200 ? { result: "PONG" } : { error: expect.stringContaining("WRONGPASS") },
    );
  });

  it.each([
    ["/", "not json", 400, "JSON"],
    ["/", "{}", 400, "array"],
    ["/", "[]", 400, "array"],
    ["/", '[["GET","a"]]', 400, "arguments"],
    ["/", '["GET",null]', 400, "arguments"],
    ["/", '["NOSUCH"]', 400, "unknown command"],
    ["/", '["GET"]', 400, "wrong number of arguments"],
    ["/", '["subscribe","c"]', 400, "not available"],
    ["/", '["BLPOP","q","0"]', 400, "not available"],
    ["/pipeline", '["GET","a"]', 400, "array"],
    ["/multi-exec", '[["MULTI"]]', 400, "not available"],
  ])("answers POST %s %s with %i", async (path, body, status, words) => {
    const response = await ask(path, { method: "POST", body });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.stringContaining(words) });
  });

  it("refuses other methods and larger bodies", async () => {
    expect((await ask("/", { method: "DELETE" })).status).toBe(405);
    const large = await post("/", ["SET", "large", "x".repeat(11_000_000)]);
    const refused = { status: 400, json: { error: expect.stringContaining("max request size") } };
    expect(large).toEqual(refused);
    await post("/", ["SET", "six-mb", "x".repeat(6_000_000)]);
    expect(await post("/", ["MGET", "six-mb", "six-mb"])).toEqual(refused);
  });

  it("counts commands, those of scripts too", async () => {
    const before = await commandCounts(upstash);
    await post("/", ["MGET", "a", "b"]);
    await post("/", ["EVAL", "redis.call('GET', 'a') return 1", "0"]);
    const after = await commandCounts(upstash);
    const more = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect([more("mget"), more("eval"), more("get"), more("set")]).toEqual([1, 1, 1, 0]);
  });

  it("says so when Redis is gone, and at the start", async () => {
    const lost = await startUpstash();
    const gateway = await startGateway({ redisUrl: lost.redisUrl, token: "t" });
    await lost.close();
    const response = await fetch(`${gateway.url}/ping?_token=t`);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ error: expect.stringContaining("not reachable") });
    await gateway.close();
    await expect(startGateway({ redisUrl: lost.redisUrl, token: "t" })).rejects.toThrow();
  });
});
