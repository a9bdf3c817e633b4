// Messages through a queue as `wrangler dev` has one: delivered, retried, and put aside when their retries have run out.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { snapshotOf } from "../../../sdk/registry/index.ts";
import { NOW, TOKEN } from "../support/harness.ts";
import { eventOf, flightAt, pushDefinitions } from "../support/push.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** A Worker of one's own, which also sends into its queue, and keeps what comes out of the dead letter queue. */
const WORKER = `
import { createWorker, EdgefeatStore } from ${JSON.stringify(join(ROOT, "worker/index.ts"))};
export { EdgefeatStore };
const worker = createWorker();
const dead = [];
export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === "/dead") return Response.json(dead);
    if (pathname !== "/send") return worker.fetch(request, env, context);
    await env.FLIGHTS.sendBatch(await request.json());
    return new Response("sent");
  },
  async queue(batch, env, context) {
    if (batch.queue !== "dead") return worker.queue(batch, env, context);
    for (const { body } of batch.messages) dead.push(body);
  },
};
`;
const CONFIG = `
name = "features"
main = "worker.ts"
compatibility_date = "2026-11-01"
[vars]
EDGEFEAT_PROJECT = "queues"
EDGEFEAT_ENVIRONMENT = "test"
EDGEFEAT_TOKEN = "${TOKEN}"
EDGEFEAT_NOW = "${NOW}"
EDGEFEAT_QUEUE_VIEWS = "flights=pushed"
[[durable_objects.bindings]]
name = "STORE"
class_name = "EdgefeatStore"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["EdgefeatStore"]
[[queues.producers]]
binding = "FLIGHTS"
queue = "flights"
[[queues.consumers]]
queue = "flights"
max_batch_size = 10
max_batch_timeout = 1
max_retries = 2
dead_letter_queue = "dead"
[[queues.consumers]]
queue = "dead"
max_batch_timeout = 1
`;

const folder = mkdtempSync(join(tmpdir(), "edgefeat-queue-"));
let wrangler: ChildProcess;
let url = "";
let said = "";

beforeAll(async () => {
  writeFileSync(join(folder, "worker.ts"), WORKER);
  writeFileSync(join(folder, "wrangler.toml"), CONFIG);
  const flags = ["--local", "--ip", "127.0.0.1", "--port", "0", "--show-interactive-dev-session=false"];
  wrangler = spawn(join(ROOT, "node_modules/.bin/wrangler"), ["dev", ...flags], {
    cwd: folder,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  url = await new Promise<string>((done, fail) => {
    const hear = (text: string): void => {
      said += text;
      const ready = /Ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(said);
      if (ready !== null) done(ready[1] as string);
    };
    wrangler.stdout?.setEncoding("utf8").on("data", hear);
    wrangler.stderr?.setEncoding("utf8").on("data", hear);
    wrangler.on("close", (code) => fail(new Error(`wrangler dev ended (${code}): ${said}`)));
  });
}, 90_000);

afterAll(async () => {
  const ended = new Promise((done) => wrangler.once("close", done));
  // The whole group: wrangler runs workerd and esbuild as processes of their own.
  process.kill(-(wrangler.pid as number), "SIGTERM");
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

it(
  "what can be taken is, and a poisonous message is retried as often as it is told, then found in the dead letter queue",
  { timeout: 90_000 },
  async () => {
    const send = async (method: string, path: string, body?: unknown) => {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${url}${path}`, { method, headers, ...init });
      return path === "/send" ? null : response.json();
    };
    const put = await send("PUT", "/v1/registry", snapshotOf("queues", "test", pushDefinitions()));
    expect(put.registry).toMatch(/^sha256:/);
    const poison = { id: "bad", time: NOW, values: { origin: 7 } };
    const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => eventOf(flightAt(id, "2001-03-31T11:59:00Z")));
    const bodies = [a, poison, [b, c], { view: "pushed", events: [d, a] }];
    await send(
      "POST",
      "/send",
      bodies.map((body) => ({ body })),
    );
    await vi.waitFor(async () => expect(await send("GET", "/dead")).toEqual([poison]), {
      timeout: 60_000,
      interval: 250,
    });
    const asked = { features: ["pushed:events_1h"], entities: { origin: "SEA" } };
    expect((await send("POST", "/v1/features", asked)).rows).toEqual([[4]]);
    const refused = [...said.matchAll(/\{[^{}]*"event":"queue_refused"[^{}]*\}/g)].map(([line]) => JSON.parse(line));
    expect(refused.map(({ attempts }) => attempts)).toEqual([1, 2, 3]);
  },
);
