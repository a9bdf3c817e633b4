// The configuration of Kafka Connect's HTTP sink, held to the push route: its bodies, its limits, its patience.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MAX_EVENTS, readPush } from "../../../worker/push/read-events.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { harness, NOW } from "../support/harness.ts";
import { eventOf, flightAt, pushDefinitions } from "../support/push.ts";

const FOLDER = new URL("../../../worker/streams/", import.meta.url);
const file = readFileSync(new URL("kafka-connect-http-sink.json", FOLDER), "utf8");
const { name, config } = JSON.parse(file) as { name: string; config: Record<string, string> };
const setting = (key: string) => config[key] as string;
const number = (key: string) => Number(setting(key));

/** Returns the body that the connector makes of records' values. */
function bodyOf(values: readonly string[]): string {
  return setting("batch.prefix") + values.join(setting("batch.separator")) + setting("batch.suffix");
}

const requestOf = (body: string, path = "http://edgefeat.test/v1/push/pushed") =>
  new Request(path, { method: "POST", body, headers: { "content-type": setting("http.headers.content.type") } });

describe("kafka-connect-http-sink.json", () => {
  it("is a connector as Kafka Connect takes it: a name, and settings that are all texts", () => {
    expect(name).toBe("edgefeat-push");
    expect(Object.values(config).filter((value) => typeof value !== "string")).toEqual([]);
    const unset = Object.values(config).flatMap((value) => [...value.matchAll(/\$\{(.*?)\}/g)].map(([, ref]) => ref));
    expect(new Set(unset)).toEqual(
      new Set(["env:EDGEFEAT_TOPIC", "env:EDGEFEAT_URL", "env:EDGEFEAT_VIEW", "env:EDGEFEAT_TOKEN"]),
    );
  });

  it("puts no more into a request than the route takes", () => {
    expect(number("batch.max.size")).toBeLessThanOrEqual(MAX_EVENTS);
    // One request of all that a poll brings: what it may wait is then reckoned once.
    expect(number("consumer.override.max.poll.records")).toBe(number("batch.max.size"));
  });

  it("keeps its place in the consumer group for as long as it may retry a batch", () => {
    const longestMs =
      (number("max.retries") + 1) * (number("http.timeout") * 1_000) +
      number("max.retries") * number("retry.backoff.ms");
    expect(number("consumer.override.max.poll.interval.ms")).toBeGreaterThan(longestMs);
  });

  it("makes bodies of which each record is an event, whatever is wrong with another", async () => {
    const events = [flightAt("a", NOW), flightAt("b", NOW)].map((flight) => JSON.stringify(eventOf(flight)));
    const [first, second] = events as [string, string];
    const { events: read } = await readPush(requestOf(bodyOf([first, "no JSON", second])), 4_000_000);
    expect(read).toEqual([
      { json: JSON.parse(first) },
      { fault: expect.objectContaining({ code: "malformed_json" }) },
      { json: JSON.parse(second) },
    ]);
    expect((await readPush(requestOf(bodyOf([first])), 4_000_000)).events).toHaveLength(1);
  });

  it("has, for flat messages, transforms that are all told how to work", () => {
    const readme = readFileSync(new URL("README.md", FOLDER), "utf8");
    const [, snippet = ""] = /<!-- flat -->\n```json\n(.*?)```/s.exec(readme) ?? [];
    const flat = { ...config, ...JSON.parse(snippet) } as Record<string, string>;
    const named = (flat["transforms"] as string).split(",");
    expect(named.map((one) => flat[`transforms.${one}.type`])).not.toContain(undefined);
    const told = Object.keys(flat).flatMap((key) => /^transforms\.(\w+)\./.exec(key)?.slice(1) ?? []);
    expect(new Set(told)).toEqual(new Set(named));
  });

  it("is told 200 for a request with events that can't be taken, so that it goes on", async () => {
    const h = harness(new MemoryStore());
    await h.apply(pushDefinitions());
    const path = new URL(
      setting("http.url")
        .replace("${env:EDGEFEAT_URL}", "http://x")
        .replace(/\$\{.*?\}/, "pushed"),
    );
    const headers = { "content-type": setting("http.headers.content.type") };
    const body = bodyOf(["no JSON", JSON.stringify(eventOf(flightAt("a", NOW))), "{}"]);
    const { status, json } = await h.send("POST", path.pathname, body, headers);
    expect([status, json.accepted, json.rejected.map(({ index }: { index: number }) => index)]).toEqual([
      200,
      1,
      [0, 2],
    ]);
    expect((await h.send("POST", path.pathname, body, headers)).json).toMatchObject({ accepted: 0, duplicate: 1 });
  });
});
