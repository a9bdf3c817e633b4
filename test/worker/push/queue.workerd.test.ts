// The queue's consumer in workerd: what was taken is acknowledged, what can wait is retried, what can't be taken stands in nobody's way.
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { storeUnavailable } from "../../../worker/store/faults.ts";
import { createWorker, type WorkerEnv } from "../../../worker/index.ts";
import type { QueueMessage } from "../../../worker/push/queue.ts";
import { durableObjectStore } from "../../support/workerd-stores.ts";
import { harness, type Harness, NOW, TOKEN } from "../support/harness.ts";
import { eventOf, flightAt, MemoryLog, pushDefinitions, pushedNext } from "../support/push.ts";

const at = (clock: string) => `2001-03-31T${clock}Z`;
const event = (id: string, clock = "11:59:00") => eventOf(flightAt(id, at(clock)));
const count = async (h: Harness, origin = "SEA") =>
  (await h.features({ features: ["pushed:events_1h"], entities: { origin } }, { "cache-control": "no-cache" })).json
    .rows[0][0];

/** Delivers messages, and returns what became of each: "ack", or the delay of its retry. */
async function deliver(h: Harness, bodies: readonly unknown[], attempts = 1) {
  const fates: unknown[] = bodies.map(() => null);
  const messages = bodies.map((body, i): QueueMessage => ({
    id: `m${i}`,
    body,
    attempts,
    ack: () => void (fates[i] = "ack"),
    retry: (options) => void (fates[i] = options?.delaySeconds ?? 0),
  }));
  await h.app.consume({ queue: "flights", messages });
  return fates;
}

async function pushHarness(options: Parameters<typeof harness>[1] = {}) {
  const h = harness(durableObjectStore(), { queueViews: { flights: "pushed" }, ...options });
  await h.apply(pushDefinitions());
  return h;
}

describe("a queue's batch", () => {
  it("is taken in one push, in every form that a message may have", async () => {
    const log = new MemoryLog();
    const h = await pushHarness({ eventLog: log });
    const bodies = [
      event("a"),
      [event("b"), event("c")],
      { view: "pushed", events: [event("d")] },
      { view: "pushed", ...event("e") },
      JSON.stringify(event("f")),
      new TextEncoder().encode(JSON.stringify([event("g"), event("a")])),
      { view: "latest", id: "l", time: NOW, values: { origin: "SEA", delay: 4, carrier: "DL" } },
    ];
    h.store.writes.length = 0;
    expect(await deliver(h, bodies)).toEqual(bodies.map(() => "ack"));
    expect(await count(h)).toBe(7);
    expect(h.store.writes.length).toBe(2);
    expect(log.records.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e", "f", "g", "l"]);
    expect(h.logged.findLast(({ event }) => event === "queue")).toMatchObject({
      messages: 7,
      accepted: 8,
      duplicate: 1,
      refused: 0,
      retried: 0,
    });
  });

  it("is taken where an older version can't, which is told of", async () => {
    const h = await pushHarness();
    await h.applyNext(pushDefinitions({ pushed: pushedNext }));
    expect(await deliver(h, [{ id: "a", time: NOW, values: { origin: "SEA" } }])).toEqual(["ack"]);
    expect(h.logged.filter(({ event: what }) => what === "queue_missed")).toMatchObject([
      { view: "pushed", version: 1, events: 1, code: "missing_value" },
    ]);
  });

  it.each<[what: string, poison: unknown]>([
    ["no JSON", "{"],
    ["an event without an id", { time: NOW, values: { origin: "SEA" } }],
    ["an event with an empty id", event("")],
    ["an event of a type that is wrong", { ...event("x"), values: { origin: 7 } }],
    ["an event of the future", event("x", "13:00:00")],
    ["another event of the same id", { ...event("a"), time: at("11:00:00") }],
    ["a view that there isn't", { view: "nowhere", ...event("x") }],
    ["a view that takes no pushes", { view: "unpushed", ...event("x") }],
    ["more events than a push may have", Array.from({ length: 1_001 }, (_, i) => event(`x${i}`))],
    ["nothing", null],
  ])("with %s in it is taken but for that, which is left to its retries", async (_what, poison) => {
    const h = await pushHarness();
    expect(await deliver(h, [event("a"), poison, [event("b")]])).toEqual(["ack", 0, "ack"]);
    expect(await count(h)).toBe(2);
    // Delivered again, what was taken of it counts once.
    expect(await deliver(h, [poison, event("a")], 2)).toEqual([0, "ack"]);
    expect(await count(h)).toBe(2);
    expect(h.logged.filter((entry) => entry.event === "queue_refused")).toMatchObject([
      { id: "m1", attempts: 1 },
      { id: "m0", attempts: 2 },
    ]);
  });

  it("whose good events share a message with a bad one keeps the good ones, once", async () => {
    const h = await pushHarness();
    const mixed = [event("a"), { id: "b" }, event("c")];
    expect(await deliver(h, [mixed])).toEqual([0]);
    expect(await deliver(h, [mixed], 2)).toEqual([0]);
    expect(await count(h)).toBe(2);
  });

  it("that the store refuses for a while is retried later, ever later, and then counts once", async () => {
    const h = await pushHarness();
    h.store.beforeWrite = async () => {
      throw storeUnavailable("timeout", "no store", { hint: "", retryAfterMs: 5_500 });
    };
    expect(await deliver(h, [event("a"), event("b")])).toEqual([6, 6]);
    expect(await deliver(h, [event("a"), event("b")], 4)).toEqual([16, 16]);
    expect(await deliver(h, [event("a"), event("b")], 20)).toEqual([300, 300]);
    h.store.beforeWrite = undefined;
    expect(await deliver(h, [event("a"), event("b")], 21)).toEqual(["ack", "ack"]);
    expect(await count(h)).toBe(2);
  });

  it("of a message that no row can hold does not keep the others from being taken", async () => {
    const h = await pushHarness();
    const huge = {
      ...event("h"),
      values: { ...event("h").values, carrier: "\u0001x".repeat(1_300_000), origin: "SEA" },
    };
    expect(await deliver(h, [event("a"), huge, event("b")])).toEqual(["ack", 0, "ack"]);
    expect(await count(h)).toBe(2);
  });

  it("of a message that its row has no room for takes those of its row", async () => {
    const h = await pushHarness();
    const large = (id: string, clock: string) => {
      const flight = event(id, clock);
      return { ...flight, values: { ...flight.values, carrier: "c".repeat(1_100_000) } };
    };
    expect(await deliver(h, [large("a", "10:30:00")])).toEqual(["ack"]);
    const fates = await deliver(h, [event("b", "11:50:00"), large("c", "11:52:00"), event("d", "11:51:00")]);
    expect(fates).toEqual(["ack", 0, "ack"]);
    expect(await count(h)).toBe(2);
  });

  it("of a project without a registry waits for it", async () => {
    const h = harness(durableObjectStore(), { queueViews: { "*": "pushed" } });
    expect(await deliver(h, [event("a")])).toEqual([2]);
    await h.apply(pushDefinitions());
    expect(await deliver(h, [event("a")], 2)).toEqual(["ack"]);
  });

  it("waits where the definitions can't be read, which is no fault of its messages", async () => {
    const h = await pushHarness();
    const [control] = h.store.writes.flat().filter(({ key }) => key.includes("control"));
    const { key, value } = control as { key: string; value: string };
    await h.store.compareAndSet([{ key, expected: value, value: "{", expireInMs: null }]);
    expect(await deliver(h.isolate({ queueViews: { "*": "pushed" } }), [event("a"), event("b")], 3)).toEqual([8, 8]);
    expect(await deliver(h, [event("a"), event("b")], 3)).toEqual([8, 8]);
  });

  it("reads the definitions once, however many of its messages are at fault", async () => {
    const h = await pushHarness();
    h.store.reads.length = 0;
    const bodies = Array.from({ length: 50 }, (_, i) => ({ view: "nowhere", ...event(`e${i}`) }));
    expect(new Set(await deliver(h, [...bodies, event("a")]))).toEqual(new Set([0, "ack"]));
    expect(h.store.reads.length).toBe(2);
  });

  it("of more than 1,000 events is cut into several pushes", async () => {
    const h = await pushHarness();
    const message = (m: number) => Array.from({ length: 400 }, (_, i) => event(`${m}-${i}`));
    expect(await deliver(h, [0, 1, 2, 3].map(message))).toEqual(["ack", "ack", "ack", "ack"]);
    expect(await count(h)).toBe(1_600);
  });
});

describe("the Worker's queue handler", () => {
  it("takes the runtime's own batches", async () => {
    const project = `queue-${crypto.randomUUID()}`;
    const h = harness(durableObjectStore(), { project });
    await h.apply(pushDefinitions());
    const variables: WorkerEnv = {
      STORE: env.STORE,
      EDGEFEAT_PROJECT: project,
      EDGEFEAT_ENVIRONMENT: "test",
      EDGEFEAT_TOKEN: TOKEN,
      EDGEFEAT_NOW: NOW,
      EDGEFEAT_QUEUE_VIEWS: "clicks=none,flights=pushed",
    };
    const batch = createMessageBatch<unknown>("flights", [
      { id: "1", timestamp: new Date(), attempts: 1, body: event("a") },
      { id: "2", timestamp: new Date(), attempts: 1, body: { id: 1 } },
      { id: "3", timestamp: new Date(), attempts: 1, body: [event("b"), event("c")] },
    ]);
    const context = createExecutionContext();
    await createWorker().queue(batch, variables, context);
    const result = await getQueueResult(batch, context);
    expect(result).toMatchObject({
      outcome: "ok",
      explicitAcks: ["1", "3"],
      retryMessages: [{ msgId: "2" }],
      retryBatch: { retry: false },
      ackAll: false,
    });
    expect(await count(h)).toBe(3);
  });

  it("leaves a batch in its queue where the Worker can't start", async () => {
    const batch = createMessageBatch<unknown>("flights", [{ id: "1", timestamp: new Date(), attempts: 1, body: {} }]);
    const context = createExecutionContext();
    await expect(createWorker().queue(batch, { EDGEFEAT_STORE: "tape" }, context)).rejects.toMatchObject({
      code: "config_invalid",
    });
  });
});
