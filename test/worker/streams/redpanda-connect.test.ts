// The configuration of Redpanda Connect, held to the push route; and run by the real engine, where there is one.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { MAX_EVENTS } from "../../../worker/push/read-events.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { reportSkipped } from "../../support/requirements.ts";
import { type Harness, harness, NOW, TOKEN } from "../support/harness.ts";
import { eventOf, type FlightEvent, flightAt, pushDefinitions } from "../support/push.ts";
import { hasEngine, lint, type Message, run } from "./engine.ts";
import { serveApp, type Serving } from "./serving.ts";

const FILE = fileURLToPath(new URL("../../../worker/streams/redpanda-connect.yaml", import.meta.url));
const config = parse(readFileSync(FILE, "utf8"));
const processor = (name: string) => config.pipeline.processors.find((one: object) => Object.hasOwn(one, name))[name];

/** The longest message that Kafka takes, as it comes. */
const KAFKA_MESSAGE_BYTES = 1_048_588;

describe("redpanda-connect.yaml", () => {
  it("puts no more into a request than the route takes", () => {
    const { size, byte_size } = processor("split");
    expect(size).toBeLessThanOrEqual(MAX_EVENTS);
    // Room for the message that goes beyond, and for the ids and times that the mapping adds.
    expect(byte_size + KAFKA_MESSAGE_BYTES + size * 300).toBeLessThan(4_000_000);
  });

  it("gives up on nothing that waiting may mend", () => {
    const { http } = processor("branch").processors[0];
    expect(http.drop_on).toEqual([400, 413]);
    expect(http.backoff_on).toEqual(expect.arrayContaining([401, 404, 409, 429, 503]));
    expect(http.retries).toBeGreaterThan(1e6);
    expect(http.url).toBe("${EDGEFEAT_URL}/v1/push/${EDGEFEAT_VIEW}");
  });
});

if (!hasEngine) {
  reportSkipped(
    "the tests that run redpanda-connect.yaml",
    "there is no redpanda-connect on the path, nor is one named by EDGEFEAT_REDPANDA_CONNECT",
  );
}

describe.skipIf(!hasEngine)("redpanda-connect.yaml, run", () => {
  let h: Harness;
  let serving: Serving;
  beforeEach(async () => {
    h = harness(new MemoryStore());
    await h.apply(pushDefinitions());
    serving = await serveApp(h);
  });
  afterEach(() => serving.close());

  const env = (more = {}) => ({
    KAFKA_BROKERS: "127.0.0.1:1",
    EDGEFEAT_TOPIC: "flights",
    EDGEFEAT_URL: serving.url,
    EDGEFEAT_VIEW: "pushed",
    EDGEFEAT_TOKEN: TOKEN,
    ...more,
  });
  const flight = (i: number): FlightEvent =>
    flightAt(`f${i}`, `2001-03-31T11:${String(10 + (i % 50)).padStart(2, "0")}:00Z`);
  const messageOf = (value: string, offset: number): Message => ({
    value,
    meta: {
      kafka_topic: "flights",
      kafka_partition: 3,
      kafka_offset: offset,
      kafka_timestamp_ms: Date.parse(NOW) - 60_000,
      kafka_tombstone_message: value === "",
    },
  });
  const messagesOf = (values: readonly string[]) => values.map(messageOf);
  const read = async (features: string[]) =>
    (await h.features({ features, entities: { origin: "SEA" } }, { "cache-control": "no-cache" })).text;

  it("is what the engine's linter has nothing to say about", () => {
    expect(lint(FILE, env())).toBe("");
  });

  it("sends 2,500 messages in three requests, once more after a 503 and a 429, and again without harm", async () => {
    const messages = messagesOf(Array.from({ length: 2_500 }, (_, i) => JSON.stringify(eventOf(flight(i)))));
    serving.instead.push({ status: 503, text: "{}" }, { status: 429, text: "{}" });
    expect(await run(config, messages, env())).toEqual([]);
    expect(serving.pushed.map(({ status }) => status)).toEqual([503, 429, 200, 200, 200]);
    const taken = serving.pushed.slice(2).map(({ body, answer }) => [JSON.parse(body).length, answer.accepted]);
    expect(taken).toEqual([
      [1_000, 1_000],
      [1_000, 1_000],
      [500, 500],
    ]);
    expect(await run(config, messages, env())).toEqual([]);
    expect(serving.pushed.slice(5).map(({ answer }) => answer.duplicate)).toEqual([1_000, 1_000, 500]);
    expect(await read(["pushed:events_1h", "pushed:delay_sum_1d"])).toContain('"rows":[[2500,25000]]');
  });

  it("dead-letters what was rejected, as it came, and nothing else", async () => {
    const values = [
      JSON.stringify(eventOf(flight(1))),
      "no JSON \u0001é",
      JSON.stringify(eventOf(flightAt("future", "2002-01-01T00:00:00Z"))),
      "[]",
      "",
      JSON.stringify({ ...eventOf(flight(2)), values: { origin: "SEA", speed: 3 } }),
      JSON.stringify(eventOf(flight(3))),
    ];
    const letters = await run(config, messagesOf(values), env());
    expect(letters.map(({ value, meta }) => [value, meta["edgefeat_code"], meta["kafka_offset"]])).toEqual([
      [values[1], "bad_request", 1],
      [values[2], "event_time_in_future", 2],
      [values[3], "bad_request", 3],
      [values[5], "bad_request", 5],
    ]);
    expect(letters[1]?.meta["edgefeat_message"]).toContain("later than the server's clock");
    // The empty message is a tombstone, which is no event.
    expect(JSON.parse(serving.pushed[0]?.body as string)).toHaveLength(6);
    expect(await read(["pushed:events_1h"])).toContain('"rows":[[2]]');
  });

  it("dead-letters a request that is refused whole", async () => {
    serving.instead.push({ status: 413, text: '{"code":"request_too_large"}' });
    const values = [1, 2].map((i) => JSON.stringify(eventOf(flight(i))));
    const letters = await run(config, messagesOf(values), env());
    expect(letters.map(({ value, meta }) => [value, meta["edgefeat_code"]])).toEqual(values.map((v) => [v, "refused"]));
    expect(letters[0]?.meta["edgefeat_message"]).toContain("413");
  });

  it("names by topic, partition and offset what has no id, and times by Kafka's time what has no time", async () => {
    const { values } = eventOf(flight(1));
    const messages = messagesOf([JSON.stringify({ values }), JSON.stringify({ values })]);
    for (const expected of [{ accepted: 2 }, { duplicate: 2 }]) {
      expect(await run(config, messages, env())).toEqual([]);
      const { body, answer } = serving.pushed.at(-1) as Serving["pushed"][number];
      const time = "2001-03-31T11:59:00.000Z";
      expect(JSON.parse(body)).toEqual([
        { id: "flights-3-0", time, values },
        { id: "flights-3-1", time, values },
      ]);
      expect(answer).toMatchObject(expected);
    }
  });

  it("passes numbers on as they are written", async () => {
    const values = '{"origin":"SEA","delay":9007199254740993,"distance":5e-324,"carrier":"é\\u2028<&>"}';
    const messages = messagesOf([
      `{"id":18446744073709551615,"time":"2001-03-31T11:59:00.000001Z","values":${values}}`,
    ]);
    expect(await run(config, messages, env())).toEqual([]);
    expect(serving.pushed[0]?.body).toContain('"id":18446744073709551615,');
    expect(serving.pushed[0]?.answer).toMatchObject({ accepted: 1 });
    const served = await read(["pushed:delay_sum_1d", "pushed:distance_mean_1h", "pushed:carrier_last_1d"]);
    expect(served).toContain('"rows":[[9007199254740993,5e-324,"é\u2028<&>"]]');
  });

  it("waits while the token is refused, and goes on once it is taken", async () => {
    serving.instead.push({ status: 401, text: "{}" });
    expect(await run(config, messagesOf([JSON.stringify(eventOf(flight(1)))]), env())).toEqual([]);
    expect(serving.pushed.map(({ status }) => status)).toEqual([401, 200]);
  });
});
