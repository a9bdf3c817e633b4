// Reading from a real replica: it is asked first, may lag, shows a writer its own writes, and is passed over when it is gone.
import { createClient } from "@redis/client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runtimeDeps } from "../../../worker/store/clock.ts";
import { openStore } from "../../../worker/store/open.ts";
import type { OnlineStore } from "../../../worker/store/port.ts";
import { commandCounts } from "../../support/command-counts.ts";
import { hasRedisServer } from "../../support/redis-server.ts";
import { startUpstash, type Upstash } from "../../support/upstash.ts";

describe.skipIf(!hasRedisServer())("a replica", () => {
  let primary: Upstash;
  let replica: Upstash;
  beforeAll(async () => {
    primary = await startUpstash({ syncTokens: true });
    replica = await startUpstash({ syncTokens: true, replicaOf: primary.redisUrl });
    await follow(true);
  });
  afterAll(() => Promise.all([primary.close(), replica.close()]));

  let key: string;
  let keys = 0;
  beforeEach(() => {
    key = `k${keys++}`;
  });
  /** One isolate's store. */
  const isolate = (readTimeoutMs = 4_000): OnlineStore =>
    openStore(
      {
        primary: { kind: "upstash", url: primary.url, token: primary.token },
        replica: { url: replica.url, token: replica.token },
        secondary: null,
        readTimeoutMs,
      },
      {
        ...runtimeDeps,
        durableObject() {
          throw new Error("there is none here");
        },
      },
    );
  const write = (store: OnlineStore, value: string, expected: string | null = null) =>
    store.compareAndSet([{ key, expected, value, expireInMs: null }]);
  /** Lets the replica follow its primary, or stand still. */
  async function follow(on: boolean): Promise<void> {
    const { hostname, port } = new URL(primary.redisUrl);
    const admin = await createClient({ url: replica.redisUrl }).connect();
    await admin.sendCommand(on ? ["REPLICAOF", hostname, port] : ["REPLICAOF", "NO", "ONE"]);
    const following = async () =>
      (await admin.sendCommand<string>(["INFO", "replication"])).includes("master_link_status:up");
    while (on !== (await following())) await new Promise((resolve) => setTimeout(resolve, 10));
    admin.destroy();
  }
  const mgets = async (of: Upstash) => (await commandCounts(of))["mget"] ?? 0;

  it("serves, while the primary reads for writes and for what must be newest", async () => {
    const store = isolate();
    const before = [await mgets(primary), await mgets(replica)];
    await store.read([key]);
    await store.read([key], { purpose: "newest" });
    await store.read([key], { purpose: "write" });
    const after = [await mgets(primary), await mgets(replica)];
    expect(after.map((count, i) => count - (before[i] as number))).toEqual([2, 1]);
    expect(store.stats?.()).toMatchObject({ fallbackReads: 0, commands: { mget: 3 } });
  });

  it("shows an isolate its own writes at once", async () => {
    const store = isolate();
    let value: string | null = null;
    for (let i = 0; i < 20; i++) {
      expect(await write(store, `v${i}`, value)).toEqual([true]);
      value = `v${i}`;
      expect(await store.read([key])).toEqual([value]);
    }
    expect(store.stats?.().fallbackReads).toBe(0);
  });

  it("may show another isolate an older state, though not where the newest is asked for", async () => {
    const [writer, reader] = [isolate(), isolate()];
    await write(writer, "old");
    expect(await writer.read([key])).toEqual(["old"]);
    await follow(false);
    await write(writer, "new", "old");
    expect(await reader.read([key])).toEqual(["old"]);
    expect(await reader.read([key], { purpose: "newest" })).toEqual(["new"]);
    // The writer knows better than a replica that has fallen behind.
    expect(await writer.read([key])).toEqual(["new"]);
    expect(writer.stats?.().fallbackReads).toBe(1);
    await follow(true);
    while ((await reader.read([key]))[0] !== "new") await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it("is passed over when it is gone", async () => {
    const store = isolate();
    await write(store, "v");
    await replica.kill();
    expect(await store.read([key])).toEqual(["v"]);
    expect(store.stats?.()).toMatchObject({ fallbackReads: 1, parts: { replica: { failing: true } } });
    expect((await store.status()).unreachable).toEqual(["replica"]);
    await replica.restart();
  });
});
