// What the Upstash adapter sends, counted on a real Redis, and how it reports what goes wrong.
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Redis } from "@upstash/redis";
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

  it("reads rows by two commands only where one answer could not hold them", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => row(`large:${i}:view@1`, String(i).padEnd(600_000, "x")));
    await createUpstashStore(upstash).compareAndSet(rows);
    const keys = rows.map(({ key }) => key);
    const values = rows.map(({ value }) => value);
    const store = createUpstashStore(upstash);
    const commandsToRead = (count: number) =>
      commandsOf(async () => expect(await store.read(keys.slice(0, count))).toEqual(values.slice(0, count)));
    // Too much is refused at first; from then on it is known how large this view's rows are, and no other's.
    expect(await commandsToRead(20)).toEqual({ mget: 3 });
    expect(await commandsToRead(20)).toEqual({ mget: 2 });
    expect(await commandsToRead(13)).toEqual({ mget: 1 });
    const others = Array.from({ length: 3_000 }, (_, i) => `small:${i}:view@2`);
    expect(await commandsOf(() => store.read([...others, ...keys.slice(0, 13)]))).toEqual({ mget: 1 });
  });

  it("reads long keys by two commands only where one request could not hold them", async () => {
    const store = createUpstashStore(upstash);
    const keys = Array.from({ length: 12 }, (_, i) => `${"é".repeat(300_000)}${i}`);
    await store.compareAndSet([row(keys[11] as string, "last")]);
    expect(await commandsOf(() => store.read(keys.slice(1)))).toEqual({ mget: 1 });
    const read = commandsOf(async () => expect((await store.read([...keys, ...keys]))[23]).toBe("last"));
    expect(await read).toEqual({ mget: 2 });
  });

  it("sends the script again when the server has forgotten it", async () => {
    const store = createUpstashStore(upstash);
    await store.compareAndSet([row("forgotten", "1")]);
    await run("SCRIPT", "FLUSH");
    expect(await store.compareAndSet([row("forgotten", "2", "1")])).toEqual([true]);
    expect(await store.read(["forgotten"])).toEqual(["2"]);
  });

  it("reads what the official client wrote, and writes what it reads", async () => {
    const client = new Redis({ ...upstash, automaticDeserialization: false, enableTelemetry: false });
    const store = createUpstashStore(upstash);
    const texts = ["", "OK", "null", 'é😀\u0000\n"\\', "T0s=", "12345678901234567890"];
    for (const [i, text] of texts.entries()) await client.set(`theirs:${i}`, text);
    expect(await store.read(texts.map((_, i) => `theirs:${i}`))).toEqual(texts);
    await store.compareAndSet(texts.map((text, i) => row(`ours:${i}`, text)));
    expect(await client.mget(texts.map((_, i) => `ours:${i}`))).toEqual(texts);
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
    expect(status.limitBytes).toBe(limit === "0" ? null : 104_857_600);
  });

  it("says how full it is, and warns above 80 %", async () => {
    await run("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "0");
    const { usedBytes } = await createUpstashStore(upstash).status();
    await run("CONFIG", "SET", "maxmemory", String(Math.round((usedBytes as number) / 0.9)));
    const status = await createUpstashStore(upstash).status();
    await run("CONFIG", "SET", "maxmemory", "0");
    expect(status.keepsRows).toBe(true);
    expect(status.warnings).toEqual([expect.stringMatching(/^the database is (8|9)\d % full/)]);
  });
});

describe("against a server that answers as told", () => {
  const token = "secret-token-0123456789";
  let server: FakeUpstash;
  afterEach(() => server?.close());

  const start = async (answer: (request: FakeRequest, response: ServerResponse) => void, options = {}) => {
    server = await startFakeUpstash(answer);
    return createUpstashStore({ url: server.url, token, ...options });
  };
  const json = (response: ServerResponse, status: number, body: unknown) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

  it.each([
    [12, 1, 2],
    [12, 2, 2],
    [60, 1, 2],
    [60, 2, 1],
  ])("reads %d rows of a megabyte, for the time %d, in at most %d parts at once", async (count, time, most) => {
    const largest = "x".repeat(1_000_000);
    let under = 0;
    let seen = 0;
    const store = await start(({ command }, response) => {
      const rows = command.length - 1;
      if (rows > 9) return json(response, 400, { error: "ERR max request size exceeded" });
      seen = Math.max(seen, ++under);
      response.on("close", () => under--);
      setTimeout(() => json(response, 200, { result: Array<string>(rows).fill(largest) }), 20);
    });
    const keys = Array.from({ length: count }, (_, i) => `large:${i}:view@1`);
    for (let i = 0; i < time; i++) {
      seen = 0;
      expect((await store.read(keys, { signal: AbortSignal.timeout(20_000) })).length).toBe(count);
    }
    expect(seen).toBeLessThanOrEqual(most);
  });

  it("stays with the key-locking script where the server takes it", async () => {
    const store = await start((_, response) => json(response, 200, { result: [1] }));
    await store.compareAndSet([row("a", "1")]);
    await store.compareAndSet([row("a", "2", "1")]);
    expect(server.requests.map(({ command }) => command.slice(0, 2))).toEqual([
      ["EVALSHA", scripts[0].sha],
      ["EVALSHA", scripts[0].sha],
    ]);
    expect(scripts[0].text.startsWith("#!lua flags=allow-key-locking\n")).toBe(true);
    expect(scripts[1].text.startsWith("#!")).toBe(false);
  });

  it.each(scripts)("knows a script by its SHA-1, $sha", ({ text, sha }) => {
    expect(createHash("sha1").update(text).digest("hex")).toBe(sha);
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
    expect(server.requests[0]?.command.slice(2)).toEqual(["1", "1", sha1OfTwo, "1501", "3"]);
  });

  it("reads what it has just written, from a replica too", async () => {
    const store = await start(({ command }, response) => {
      response.setHeader("upstash-sync-token", `after ${String(command[0])} ${server.requests.length}`);
      json(response, 200, { result: [command[0] === "MGET" ? "1" : 1] });
    });
    await store.read(["a"]);
    await store.compareAndSet([row("a", "1")]);
    await store.read(["a"]);
    await store.read(["a"]);
    // A read's own token is not kept: an old read that ends late would bring an old one back.
    const tokens = [undefined, undefined, "after EVALSHA 2", "after EVALSHA 2"];
    expect(server.requests.map(({ headers }) => headers["upstash-sync-token"])).toEqual(tokens);
  });

  it("shares what it has written with the store on a replica", async () => {
    const sync = { value: null };
    const store = await start(
      (_, response) => {
        response.setHeader("upstash-sync-token", "t1");
        json(response, 200, { result: [1] });
      },
      { sync },
    );
    const replica = createUpstashStore({ url: server.url, token, sync });
    await store.compareAndSet([row("a", "1")]);
    await replica.read(["a"]);
    expect(server.requests[1]?.headers["upstash-sync-token"]).toBe("t1");
  });

  it("sends each command once: a guard tries again", async () => {
    const store = await start((_, response) => response.destroy());
    await expect(store.read(["a"])).rejects.toMatchObject({ details: { reason: "unreachable" } });
    await expect(store.compareAndSet([row("a", "1")])).rejects.toMatchObject({ details: { reason: "unreachable" } });
    expect(server.requests.length).toBe(2);
  });

  it("says of a request that found no server that it was not sent", async () => {
    const store = await start(() => {});
    await server.close();
    const fault = await store.compareAndSet([row("a", "1")]).catch((error: unknown) => error);
    expect(fault).toMatchObject({ details: { reason: "unreachable", sent: false } });
  });

  it("does not follow a redirect, which would take the token along", async () => {
    const store = await start((_, response) => void response.writeHead(307, { location: server.url }).end());
    await expect(store.read(["a"])).rejects.toMatchObject({ details: { reason: "unreadable" } });
    expect(server.requests.length).toBe(1);
  });

  it("gives up when the caller does", async () => {
    const store = await start(() => {});
    const signal = AbortSignal.timeout(20);
    await expect(store.read(["a"], { signal })).rejects.toMatchObject({ details: { reason: "timeout" } });
  });

  it("counts commands and characters", async () => {
    const store = await start(({ command }, response) =>
      json(response, 200, { result: command[0] === "MGET" ? ["é"] : [1] }),
    );
    await store.read(["a"]);
    await store.read(["a"]);
    await store.compareAndSet([row("a", "1")]);
    const sent = server.requests.map(({ command }) => JSON.stringify(command).length);
    expect(store.stats?.()).toMatchObject({
      commands: { mget: 2, evalsha: 1 },
      sentBytes: sent.reduce((sum, chars) => sum + chars, 0),
      receivedBytes: 2 * '{"result":["é"]}'.length + '{"result":[1]}'.length,
    });
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
    ["a failing proxy", (r) => void r.writeHead(502).end("Bad gateway"), "502", "UPSTASH_REDIS_REST_URL"],
    ["a gateway without its Redis", (r) => json(r, 502, { error: `ERR ${token} is lost` }), "502", "try again"],
    [
      "an unknown command, quoted",
      (r) => json(r, 400, { error: "ERR unknown command 'MGET', with args beginning with: 'secret-key'" }),
      "unknown command",
      "message",
    ],
    ["a token, quoted", (r) => json(r, 401, { error: `WRONGPASS ${token} is not known` }), "WRONGPASS", "TOKEN"],
    ["JSON without a result", (r) => json(r, 200, ["secret"]), "JSON", "UPSTASH_REDIS_REST_URL"],
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
