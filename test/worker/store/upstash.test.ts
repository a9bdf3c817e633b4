// What the Upstash adapter sends, counted on a real Redis, and how it reports what goes wrong.
import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { createUpstashStore } from "../../../worker/store/upstash.ts";
import { scripts } from "../../../worker/store/upstash-script.ts";
import { commandCounts } from "../../support/command-counts.ts";
import { startFakeUpstash, type FakeRequest, type FakeUpstash } from "../../support/fake-upstash.ts";
import { upstash as shared } from "../../support/provided.ts";
import { startUpstash, type Upstash } from "../../support/upstash.ts";

const row = (key: string, value: string, expected: string | null = null) => ({
  key,
  value,
  expected,
  expireInMs: null,
});

describe.skipIf(shared === null)("commands on a real Redis", () => {
  let upstash: Upstash;
  beforeAll(async () => {
    upstash = await startUpstash();
  });
  afterAll(() => upstash.close());

  const run = async (...command: string[]) => {
    const headers = { authorization: `Bearer ${upstash.token}` };
    const response = await fetch(upstash.url, { method: "POST", headers, body: JSON.stringify(command) });
    return ((await response.json()) as { result: unknown }).result;
  };
  /** The commands that `work` made Redis run, but for those inside scripts. */
  const commandsOf = async (work: () => Promise<unknown>) => {
    const before = await commandCounts(upstash);
    await work();
    const after = await commandCounts(upstash);
    const names = ["mget", "eval", "evalsha", "scan", "info"];
    const more = names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)] as const);
    return Object.fromEntries(more.filter(([name, n]) => n - (name === "info" ? 1 : 0) !== 0));
  };

  it("reads any number of keys with one MGET", async () => {
    const store = createUpstashStore(upstash);
    const keys = Array.from({ length: 100 }, (_, i) => `k${i % 60}`);
    expect(await commandsOf(() => store.read(keys))).toEqual({ mget: 1 });
    expect(await commandsOf(() => store.read([]))).toEqual({});
  });

  it("writes 1,000 rows with one script, and remembers which script the server takes", async () => {
    const store = createUpstashStore(upstash);
    const rows = Array.from({ length: 1_000 }, (_, i) => row(`w${i}`, "1"));
    // Redis 7.0 refuses the key-locking flag: by hash, by text, then the plain one by hash and by text.
    expect(await commandsOf(() => store.compareAndSet(rows))).toEqual({ evalsha: 2, eval: 2 });
    expect(await commandsOf(() => store.compareAndSet(rows))).toEqual({ evalsha: 1 });
    expect(await commandsOf(() => store.compareAndSet([...rows, ...rows]))).toEqual({ evalsha: 2 });
    expect(await commandsOf(() => store.compareAndSet([]))).toEqual({});
  });

  it("sends the script again when the server has forgotten it", async () => {
    const store = createUpstashStore(upstash);
    await store.compareAndSet([row("forgotten", "1")]);
    await run("SCRIPT", "FLUSH");
    expect(await store.compareAndSet([row("forgotten", "2", "1")])).toEqual([true]);
    expect(await store.read(["forgotten"])).toEqual(["2"]);
  });

  it("reports a key of another type, and goes on after it", async () => {
    const store = createUpstashStore(upstash);
    await run("RPUSH", "a-list", "x");
    await expect(store.compareAndSet([row("a-list", "1")])).rejects.toMatchObject({
      code: "store_unavailable",
      hint: expect.stringContaining("another program"),
    });
    expect(await store.compareAndSet([row("after", "1")])).toEqual([true]);
  });

  it.each([
    ["noeviction", "100mb", true],
    ["allkeys-lru", "100mb", false],
    ["volatile-ttl", "100mb", false],
    ["allkeys-lru", "0", true],
  ])("says whether rows are kept under %s with a limit of %s", async (policy, limit, keepsRows) => {
    await run("CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", limit);
    const status = await createUpstashStore(upstash).status();
    expect(status).toMatchObject({ kind: "upstash", keepsRows });
    expect(status.warnings.length).toBe(keepsRows ? 0 : 1);
  });
});

describe("against a server that answers as told", () => {
  const token = "secret-token-0123456789";
  let server: FakeUpstash;
  afterEach(() => server?.close());

  const start = async (answer: (request: FakeRequest, response: ServerResponse) => void, options = {}) => {
    server = await startFakeUpstash(answer);
    return createUpstashStore({ url: server.url, token, retry: false, ...options });
  };
  const json = (response: ServerResponse, status: number, body: unknown) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

  it("stays with the key-locking script where the server takes it", async () => {
    const store = await start((_, response) => json(response, 200, { result: [1] }));
    await store.compareAndSet([row("a", "1")]);
    await store.compareAndSet([row("a", "2", "1")]);
    expect(server.requests.map(({ command }) => command.slice(0, 2))).toEqual([
      ["evalsha", scripts[0].sha],
      ["evalsha", scripts[0].sha],
    ]);
    expect(scripts[0].text.startsWith("#!lua flags=allow-key-locking\n")).toBe(true);
    expect(scripts[1].text.startsWith("#!")).toBe(false);
  });

  it("does not take an outage for a refusal of the flag", async () => {
    const store = await start((_, response) => response.destroy());
    await expect(store.compareAndSet([row("a", "1")])).rejects.toMatchObject({ code: "store_unavailable" });
    expect(server.requests.length).toBe(1);
  });

  it("sends no value or revision as a number", async () => {
    const store = await start((_, response) => json(response, 200, { result: [1] }));
    await store.compareAndSet([{ key: "1", expected: "2", value: "3", expireInMs: 1_500.2 }]);
    const sha1OfTwo = "da4b9237bacccdf19c0760cab7aec4a8359010b0";
    expect(server.requests[0]?.command.slice(2)).toEqual([1, "1", sha1OfTwo, "1501", "3"]);
  });

  it("asks for a key once, however often it is named", async () => {
    const store = await start((_, response) => json(response, 200, { result: ["1", null] }));
    expect(await store.read(["a", "b", "a"])).toEqual(["1", null, "1"]);
    expect(server.requests.map(({ command }) => command)).toEqual([["mget", "a", "b"]]);
  });

  it("reads what it has just written, from a replica too", async () => {
    const store = await start(({ command }, response) => {
      response.setHeader("upstash-sync-token", `after ${String(command[0])}`);
      json(response, 200, { result: [command[0] === "mget" ? "1" : 1] });
    });
    await store.read(["a"]);
    await store.compareAndSet([row("a", "1")]);
    await store.read(["a"]);
    expect(server.requests.map(({ headers }) => headers["upstash-sync-token"])).toEqual(["", "", "after evalsha"]);
  });

  it.each([
    [false, 1],
    [{ retries: 2, backoff: () => 1 }, 3],
    [undefined, 2],
  ])("sends a request that got no answer again: %j", async (retry, attempts) => {
    const store = await start((_, response) => response.destroy(), { retry });
    await expect(store.read(["a"])).rejects.toMatchObject({ code: "store_unavailable" });
    expect(server.requests.length).toBe(attempts);
  });

  it.each([[["1"]], [null], ["OK"]])("does not take the answer %j to three keys for absent rows", async (result) => {
    const store = await start((_, response) => json(response, 200, { result }));
    await expect(store.read(["a", "b", "c"])).rejects.toMatchObject({ code: "store_unavailable" });
  });

  it("says null where the database does not tell its policy", async () => {
    const refuses = await start((_, response) => json(response, 400, { error: "NOPERM this user has no permissions" }));
    expect(await refuses.status()).toMatchObject({ keepsRows: null, warnings: [expect.stringContaining("eviction")] });
    await server.close();
    const silent = await start((_, response) => json(response, 200, { result: "# Memory\r\nused_memory:1\r\n" }));
    expect(await silent.status()).toMatchObject({ keepsRows: null });
  });

  const answers: [what: string, answer: (response: ServerResponse) => void, message: string, hint: string][] = [
    [
      "a refused token",
      (r) => json(r, 401, { error: "WRONGPASS invalid token" }),
      "WRONGPASS",
      "UPSTASH_REDIS_REST_TOKEN",
    ],
    [
      "a read-only token",
      (r) => json(r, 400, { error: "NOPERM this user has no permissions" }),
      "NOPERM",
      "read-write",
    ],
    ["a full database", (r) => json(r, 400, { error: "OOM command not allowed" }), "OOM", "full"],
    ["a limit", (r) => json(r, 400, { error: "ERR max daily request limit exceeded" }), "max daily", "message"],
    ["a web page", (r) => void r.writeHead(200).end("<html>secret-value</html>"), "JSON", "UPSTASH_REDIS_REST_URL"],
    ["a failing proxy", (r) => void r.writeHead(502).end("Bad gateway"), "JSON", "UPSTASH_REDIS_REST_URL"],
    ["a lost connection", (r) => r.destroy(), "cannot be reached", "network"],
    ["silence", () => {}, "in time", "try again"],
  ];
  describe.each(answers)("%s", (_, answer, message, hint) => {
    it.each([
      ["read", (store: ReturnType<typeof createUpstashStore>) => store.read(["secret-key"])],
      ["compareAndSet", (store) => store.compareAndSet([row("secret-key", "secret-value", "secret-expected")])],
      ["scan", (store) => store.scan("secret-key", null)],
    ])("makes %s fail with a mend, and without the token or a row", async (_method, call) => {
      const store = await start((_request, response) => answer(response), { readTimeoutMs: 100, writeTimeoutMs: 100 });
      const fault = await call(store).then(
        () => null,
        (error: unknown) => error,
      );
      expect(fault).toBeInstanceOf(EdgefeatError);
      expect(fault).toMatchObject({
        code: "store_unavailable",
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      });
      expect(everythingIn(fault)).not.toContain("secret");
    });
  });
});

describe("configuration", () => {
  it.each([
    ["", "t"],
    ["not a url", "t"],
    ["rediss://default:secret@x.upstash.io:6379", "t"],
    ["https://default:secret@x.upstash.io", "t"],
    ["https://x.upstash.io/?_token=secret", "t"],
    ["https://x.upstash.io", ""],
    ["https://x.upstash.io", "secret\n"],
    ["https://x.upstash.io", '"secret"\u00e9'],
  ])("refuses the URL %j with the token %j, and repeats neither", (url, token) => {
    const fault = catchError(() => createUpstashStore({ url, token }));
    expect(fault).toMatchObject({ code: "config_invalid", hint: expect.any(String) });
    expect(everythingIn(fault)).not.toContain("secret");
  });
});

function catchError(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}

/** All texts of an error and its causes. */
function everythingIn(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const own = fault instanceof EdgefeatError ? [fault.hint, JSON.stringify(fault.details)] : [];
  return [fault.message, fault.stack, ...own, everythingIn(fault.cause)].join("\n");
}
