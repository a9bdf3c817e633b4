// Streams of events on the embedded store, whose clock stands still, and on Redis, under a clock that moves and with faults.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe } from "vitest";
import { folderLog } from "../../offline/log/index.ts";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { createAdminClient, createClient } from "../../sdk/client/index.ts";
import type { Clock, Us } from "../../sdk/time.ts";
import { createApp } from "../../worker/app.ts";
import { createEventLog } from "../../worker/log/segments.ts";
import { storeUnavailable } from "../../worker/store/faults.ts";
import { createUpstashStore, type OnlineStore, runtimeDeps } from "../../worker/store/index.ts";
import { upstash } from "../support/provided.ts";
import { NOW_US } from "./stream-script.ts";
import { streamParity, type StreamServer } from "./streams.ts";

const PUSHED = `import { count, entity, featureView, parquet, string, timestamp } from "edgefeat";
const key = entity("key", { joinKey: "key", type: string() });
const events = parquet("events", { path: "e.parquet", eventTime: "t", eventId: "id", schema: { id: string(), key: string(), t: timestamp() } });
export const pushed = featureView("pushed", { entities: [key], source: events, push: true, aggregations: { n: count("1h") } });
`;

streamParity("the durable object", async (): Promise<StreamServer> => {
  const repo = mkdtempSync(join(tmpdir(), "edgefeat-streams-"));
  const project = "streams";
  writeFileSync(
    join(repo, "edgefeat.config.ts"),
    `export default { project: "${project}", definitions: "./features.ts" };`,
  );
  writeFileSync(join(repo, "features.ts"), PUSHED);
  const server = await startServer({ repo, nowUs: NOW_US });
  const { url, token } = server;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return {
    project,
    admin: createAdminClient({ url, token, timeoutMs: 60_000 }),
    client: createClient({ url, token }),
    logFiles: folderLog(join(repo, "log")),
    fetch: (path, body) => fetch(url + path, { method: "POST", headers, body }),
    async close() {
      await server.close();
      rmSync(repo, { recursive: true, force: true });
    },
  };
});

describe.skipIf(upstash === null)("with redis-server", () => {
  streamParity("upstash", async (): Promise<StreamServer> => {
    const folder = mkdtempSync(join(tmpdir(), "edgefeat-streams-"));
    const project = `streams-${process.pid}`;
    const token = "token";
    let nowUs: Us = NOW_US;
    let fails = () => false;
    const clock: Clock = { nowUs: () => nowUs, elapsedMs: () => performance.now(), frozen: false };
    const fault = () => storeUnavailable("failed", "a fault of the test", { hint: "try again" });
    const redis = createUpstashStore({ ...(upstash as { url: string; token: string }), ...runtimeDeps });
    const store: OnlineStore = {
      ...redis,
      async read(keys, options) {
        if (fails()) throw fault();
        return redis.read(keys, options);
      },
      async compareAndSet(writes) {
        if (fails()) throw fault();
        // Some of them are written, and nobody hears of it.
        if (fails()) {
          await redis.compareAndSet(writes.slice(0, Math.ceil(writes.length / 2)));
          throw fault();
        }
        const written = await redis.compareAndSet(writes);
        if (fails()) throw fault();
        return written;
      },
    };
    const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
    const space = { project, environment: "dev" };
    const put = async (path: string, text: string) => {
      if (fails()) throw new Error("a fault of the test");
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      if (fails()) throw new Error("a fault of the test");
    };
    const app = createApp({
      store,
      clock,
      config: { ...space, writeToken: token, publicReads: true, cacheTtlMs: 60_000, staleIfErrorMs: 0 },
      transforms: new Map(),
      random,
      ...(process.env["EDGEFEAT_DEBUG"] === undefined ? {} : { log: console.log }),
      eventLog: createEventLog(put, space, random),
    });
    const url = "http://edgefeat.invalid";
    const here: typeof fetch = (input, init) => app.fetch(new Request(input, init));
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return {
      project,
      admin: createAdminClient({ url, token, fetch: here, retries: 0 }),
      client: createClient({ url, token, fetch: here }),
      logFiles: folderLog(folder),
      fetch: (path, body) => here(url + path, { method: "POST", headers, body }),
      setNow: (us) => void (nowUs = us),
      setFaults: (probability, next) => void (fails = () => probability > 0 && next() < probability),
      async close() {
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });
});
