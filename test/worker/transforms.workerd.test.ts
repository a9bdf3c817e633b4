// Transforms over HTTP: registered, read, replaced and removed at run time (SEMANTICS 5.3, 7.1 to 7.3).
import { beforeEach, describe, expect, it } from "vitest";
import { durableObjectStore, stores } from "../support/workerd-stores.ts";
import { type Harness, harness, NO_HEADER } from "./support/harness.ts";
import { applied, ask, BOUND_MS, FASTER, get, PACE, put, remove, replaces } from "./support/transforms.ts";

describe.each(stores)("a transform over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = await applied(harness(makeStore()));
  });

  it("is registered, answers at once, is replaced and removed", async () => {
    const made = await put(h, "pace", PACE);
    const registry = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
    expect([made.status, made.json]).toEqual([201, { name: "pace", version: 1, registry, visibleWithinMs: BOUND_MS }]);
    expect(made.headers.get("etag")).toBe('"1"');
    const first = await ask(h);
    expect(first.json).toMatchObject({
      rows: [[50.25]],
      registry: made.json.registry,
      versions: { pace: 1, last_flight: 1 },
    });

    const replaced = await put(h, "pace", FASTER, replaces(1));
    expect([replaced.status, replaced.json.version, replaced.headers.get("etag")]).toEqual([201, 2, '"2"']);
    expect((await ask(h)).json).toMatchObject({ rows: [[100.5]], versions: { pace: 2 } });
    expect((await ask(h, "pace@1:pace")).json).toMatchObject({ rows: [[50.25]], versions: { pace: 1 } });

    const removed = await remove(h, "pace", replaces(2));
    expect([removed.status, removed.json]).toEqual([
      200,
      { name: "pace", version: null, registry, visibleWithinMs: BOUND_MS },
    ]);
    expect((await ask(h)).json.code).toBe("unknown_view");
    expect((await get(h, "pace")).json.code).toBe("unknown_view");
  });

  it("reads its row and the control record by one command", async () => {
    await put(h, "pace", PACE);
    h.store.reads.length = 0;
    await ask(h, "pace:pace", { entities: { origin: "PDX" } });
    expect(h.store.reads.map((keys) => keys.length)).toEqual([2]);
  });

  it("7.1 put again, as after a lost answer, is there already", async () => {
    const first = await put(h, "pace", PACE);
    for (const headers of [{}, replaces(1), replaces(7), { "if-match": "*" }]) {
      const again = await put(h, "pace", PACE, headers);
      expect([again.status, again.json]).toEqual([200, first.json]);
    }
    await put(h, "pace", FASTER, replaces(1));
    const restored = await put(h, "pace", PACE, replaces(2));
    expect([restored.status, restored.json.version]).toEqual([201, 1]);
  });

  it.each<[what: string, name: string, headers: Record<string, string>, version: number | null]>([
    ["no header, where there is one", "pace", {}, 1],
    ["If-None-Match: *, where there is one", "pace", { "if-none-match": "*" }, 1],
    ["another version", "pace", replaces(2), 1],
    ["the version's hash", "pace", { "if-match": '"sha256:1"' }, 1],
    ["an empty If-Match", "pace", { "if-match": "" }, 1],
    ["If-Match, where there is none", "other", replaces(1), null],
    ["If-Match: *, where there is none", "other", { "if-match": "*" }, null],
    ["no header, where the definitions have one", "risk", {}, 1],
  ])("7.3 %s is a conflict that tells the version", async (_what, name, headers, version) => {
    await put(h, "pace", PACE);
    const writes = h.store.writes.length;
    const answer = await put(h, name, FASTER, headers);
    expect([answer.status, answer.json.code, answer.json.details]).toEqual([412, "registry_conflict", { version }]);
    expect(h.store.writes).toHaveLength(writes);
  });

  it.each<[what: string, headers: Record<string, string>]>([
    ["a weak tag", { "if-match": 'W/"1"' }],
    ["a list of tags", { "if-match": '"3", "1"' }],
    ["*", { "if-match": "*" }],
  ])("If-Match may be %s", async (_what, headers) => {
    await put(h, "pace", PACE);
    expect((await put(h, "pace", FASTER, headers)).json.version).toBe(2);
  });

  it("If-None-Match is * or nothing", async () => {
    for (const headers of [{ "if-none-match": '"1"' }, { "if-none-match": "*", ...replaces(1) }])
      expect((await put(h, "pace", PACE, headers)).json.code).toBe("bad_request");
    expect((await put(h, "pace", PACE, { "if-none-match": "*" })).status).toBe(201);
  });
});

describe("what is told of a transform", () => {
  let h: Harness;
  beforeEach(async () => {
    h = await applied(harness(durableObjectStore()));
  });

  it("is what was put, with 64 bits whole", async () => {
    const text = `{"inputs":[{"view":"last_flight","as":"f","joinKeyMap":{"origin":"from"},"features":["delay"]}],
      "request":{"n":"int64"},"description":"d",
      "features":{"more":{"type":"int64","expression":"f__delay + n","default":9007199254740993,"description":"x"},
        "none":{"type":"float64","expression":"null","default":-0},"nan":{"type":"float64","expression":"null","default":"NaN"}}}`;
    const { json } = await put(h, "more", text);
    const told = await get(h, "more");
    expect([told.status, told.headers.get("etag")]).toEqual([200, '"1"']);
    expect(told.text).toContain('"default":9007199254740993,');
    const definition = JSON.parse(text);
    expect(told.json).toEqual({
      name: "more",
      version: 1,
      active: 1,
      registeredBy: "api",
      definitions: null,
      definition,
      registry: json.registry,
    });
    const again = await put(h, "more", told.text.replace(/^.*"definition":(\{.*\}),"registry".*$/s, "$1"));
    expect([again.status, again.json]).toEqual([200, json]);
  });

  it("GET lists those of the definitions too", async () => {
    const { json } = await put(h, "pace", PACE);
    await put(h, "risk", await definitionOf("risk"), replaces(1));
    const list = (await h.send("GET", "/v1/transforms")).json;
    expect(list.registry).not.toBe(json.registry);
    expect(
      list.transforms.map((t: any) => [
        t.name,
        t.version,
        t.registeredBy,
        t.definitions,
        Object.keys(t.definition.features),
      ]),
    ).toEqual([
      ["pace", 1, "api", null, ["pace"]],
      ["risk", 1, "api", 1, ["ratio", "per_seat", "asked_at", "far"]],
      ["shout", 1, "definitions", 1, ["loud"]],
    ]);
  });

  async function definitionOf(name: string) {
    return (await get(h, name)).json.definition;
  }

  it("one of the definitions can be replaced, and comes back when that is deleted", async () => {
    const definition = await definitionOf("risk");
    definition.features.per_seat.expression = "2 * delay / seats";
    expect((await put(h, "risk", definition, replaces(1))).json.version).toBe(2);
    const seats = async () => {
      const request = { scheduled: 1, seats: 5 };
      return (await ask(h, "risk:per_seat", { request })).json;
    };
    expect(await seats()).toMatchObject({ rows: [[2]], versions: { risk: 2 } });
    const removed = await remove(h, "risk");
    expect(removed.json).toMatchObject({ name: "risk", version: 1 });
    expect(await seats()).toMatchObject({ rows: [[1]], versions: { risk: 1 } });
  });

  it.each<[what: string, name: string, headers: Record<string, string>, status: number, code: string]>([
    ["one that is not there", "pce", {}, 404, "unknown_view"],
    ["a feature view", "last_flight", {}, 404, "unknown_view"],
    ["a name of JavaScript's own", "__proto__", {}, 404, "unknown_view"],
    ["a name with a separator", "a%2Fb%00", {}, 404, "unknown_view"],
    ["a name that is no UTF-8", "%ff", {}, 404, "unknown_view"],
    ["another version", "pace", { "if-match": '"2"' }, 412, "registry_conflict"],
    ["one of the definitions", "risk", {}, 409, "transform_conflict"],
  ])("DELETE refuses %s", async (_what, name, headers, status, code) => {
    await put(h, "pace", PACE);
    const writes = h.store.writes.length;
    const answer = await remove(h, name, headers);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(h.store.writes).toHaveLength(writes);
  });

  it("DELETE refuses what a service lists, and names the service", async () => {
    await put(h, "pace", PACE);
    const { registry, snapshot } = (await h.send("GET", "/v1/registry")).json;
    const part = { view: "pace", as: "pace", joinKeyMap: {}, features: ["pace"], version: null };
    snapshot.services.speed = { features: [part] };
    await h.send("PUT", "/v1/registry", snapshot, { "if-match": `"${registry}"` });
    const answer = await remove(h, "pace");
    expect([answer.status, answer.json.code, answer.json.details]).toEqual([
      409,
      "transform_conflict",
      { services: ["speed"] },
    ]);
    const other = { ...PACE, features: { speed: { type: "float64", expression: "distance" } } };
    const replaced = await put(h, "pace", other, replaces(1));
    expect([replaced.status, replaced.json.code]).toEqual([409, "transform_conflict"]);
    expect(
      (await h.features({ service: "speed", entities: { origin: "SEA" }, request: { hours: 2 } })).json.rows,
    ).toEqual([[50.25]]);
  });

  it("needs a token to change, and a registry to be in", async () => {
    for (const send of [
      put(h, "pace", PACE, { authorization: NO_HEADER }),
      remove(h, "risk", { authorization: NO_HEADER }),
    ])
      expect((await send).status).toBe(401);
    expect((await h.send("GET", "/v1/transforms", undefined, { authorization: NO_HEADER })).status).toBe(200);
    const empty = harness(durableObjectStore());
    for (const send of [
      put(empty, "pace", PACE),
      remove(empty, "pace"),
      get(empty, "pace"),
      empty.send("GET", "/v1/transforms"),
    ])
      expect([(await send).status, (await send).json.code]).toEqual([404, "registry_not_found"]);
  });
});
