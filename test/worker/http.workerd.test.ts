// The HTTP surface: what is refused and how it is told, who may call, health.
import { beforeEach, describe, expect, it } from "vitest";
import { durableObjectStore, stores } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, NO_HEADER, NOW, TOKEN } from "./support/harness.ts";

const DELAY = ["last_flight:delay"];
const SEA = { origin: "SEA" };
const RISK = { features: ["risk:per_seat"], entities: SEA };

describe("requests that are refused", () => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    await h.apply();
  });

  it.each<[string, unknown, number, string, string | null, string | null]>([
    [
      "an unknown feature",
      { features: ["last_flight:dela"], entities: SEA },
      404,
      "unknown_feature",
      "/features/0",
      'did you mean "delay"?',
    ],
    [
      "an unknown view",
      { features: ["rating:stars", "last_fligth:delay"], entities: SEA },
      404,
      "unknown_view",
      "/features/1",
      'did you mean "last_flight"?',
    ],
    [
      "an unknown service",
      { service: "modell", entities: SEA },
      404,
      "unknown_service",
      "/service",
      'did you mean "model"?',
    ],
    [
      "an unknown version",
      { features: ["last_flight@9:delay"], entities: SEA },
      404,
      "unknown_version",
      "/features/0",
      null,
    ],
    [
      "a view called constructor",
      { features: ["constructor:name"], entities: SEA },
      404,
      "unknown_view",
      "/features/0",
      null,
    ],
    [
      "a feature called __proto__",
      { features: ["last_flight:__proto__"], entities: SEA },
      404,
      "unknown_feature",
      "/features/0",
      null,
    ],
    ["a service called toString", { service: "toString", entities: SEA }, 404, "unknown_service", "/service", null],
    [
      "a null byte in a feature",
      { features: ["last_flight:delay\u0000"], entities: SEA },
      400,
      "bad_request",
      "/features/0",
      null,
    ],
    ["a reference without a view", { features: ["delay"], entities: SEA }, 400, "bad_request", "/features/0", null],
    [
      "a feature twice",
      { features: [...DELAY, ...DELAY], entities: SEA },
      400,
      "duplicate_feature",
      "/features/1",
      null,
    ],
    ["no features and no service", { entities: SEA }, 400, "bad_request", null, null],
    ["both", { service: "model", features: DELAY, entities: SEA }, 400, "bad_request", null, null],
    ["an empty list of features", { features: [], entities: SEA }, 400, "bad_request", "/features", null],
    [
      "1,001 features",
      { features: Array.from({ length: 1_001 }, (_, i) => `last_flight:f${i}`), entities: SEA },
      413,
      "request_too_large",
      "/features",
      null,
    ],
    ["a missing join key", { features: DELAY, entities: {} }, 400, "missing_entity_key", "/entities", null],
    ["no entities", { features: DELAY }, 400, "missing_entity_key", "/entities", null],
    [
      "an unknown join key",
      { features: DELAY, entities: { ...SEA, orign: "X" } },
      400,
      "unknown_entity_key",
      "/entities/orign",
      'did you mean "origin"?',
    ],
    [
      "a join key called constructor",
      { features: DELAY, entities: { ...SEA, constructor: 1 } },
      400,
      "unknown_entity_key",
      "/entities/constructor",
      null,
    ],
    [
      "2.5 a number for text",
      { features: DELAY, entities: { origin: 7 } },
      400,
      "type_mismatch",
      "/entities/origin",
      null,
    ],
    [
      "2.5 text for a number",
      { features: ["everything:a_bool"], entities: { user_id: ["1"] } },
      400,
      "type_mismatch",
      "/entities/user_id/0",
      null,
    ],
    [
      "a fraction for an integer",
      { features: ["everything:a_bool"], entities: { user_id: 1.5 } },
      400,
      "type_mismatch",
      "/entities/user_id",
      null,
    ],
    [
      "an object for an id",
      { features: DELAY, entities: { origin: { eq: "SEA" } } },
      400,
      "type_mismatch",
      "/entities/origin",
      null,
    ],
    [
      "half a surrogate pair",
      { features: DELAY, entities: { origin: "\udfff" } },
      400,
      "value_out_of_range",
      "/entities/origin",
      null,
    ],
    [
      "an id too long for a key",
      { features: DELAY, entities: { origin: "é".repeat(513) } },
      400,
      "value_out_of_range",
      "/entities/origin",
      null,
    ],
    [
      "lists of two lengths",
      { features: ["rating:stars"], entities: { user_id: [1, 2], item: ["a", "b", "c"] } },
      400,
      "bad_request",
      "/entities/item",
      null,
    ],
    ["an empty list", { features: DELAY, entities: { origin: [] } }, 400, "bad_request", null, null],
    [
      "1,001 rows",
      { features: DELAY, entities: { origin: Array.from({ length: 1_001 }, () => "SEA") } },
      413,
      "request_too_large",
      null,
      null,
    ],
    ["5.4 missing request data", { ...RISK, request: { scheduled: 1 } }, 400, "missing_request_data", "/request", null],
    ["5.4 no request data", RISK, 400, "missing_request_data", "/request", null],
    [
      "5.4 null request data",
      { ...RISK, request: { scheduled: 1, seats: [1, null] } },
      400,
      "missing_request_data",
      "/request/seats/1",
      null,
    ],
    [
      "5.4 mistyped request data",
      { ...RISK, request: { scheduled: "1", seats: 1 } },
      400,
      "type_mismatch",
      "/request/scheduled",
      null,
    ],
    [
      "5.4 request data too large for its type",
      { ...RISK, request: { scheduled: 1, seats: 2 ** 63 } },
      400,
      "value_out_of_range",
      "/request/seats",
      null,
    ],
    [
      "unknown request data",
      { ...RISK, request: { scheduled: 1, seats: 1, saets: 1 } },
      400,
      "unknown_request_data",
      "/request/saets",
      'did you mean "seats"?',
    ],
    [
      "request data among the entities",
      { ...RISK, entities: { ...SEA, seats: 1 } },
      400,
      "unknown_entity_key",
      "/entities/seats",
      '"seats" is request data: move it to "request"',
    ],
    ["a member that requests don't have", { features: DELAY, entity: SEA }, 400, "bad_request", "", null],
    ["entities as a list", { features: DELAY, entities: ["SEA"] }, 400, "bad_request", "/entities", null],
    [
      "an include that is none",
      { features: DELAY, entities: SEA, include: ["status"] },
      400,
      "bad_request",
      "/include/0",
      null,
    ],
    [
      "a negative staleness",
      { features: DELAY, entities: SEA, maxStalenessMs: -1 },
      400,
      "bad_request",
      "/maxStalenessMs",
      null,
    ],
    ["a body that is a list", [], 400, "bad_request", "", null],
    ["a body that is null", "null", 400, "bad_request", "", null],
  ])("%s", async (_name, body, status, code, pointer, hint) => {
    const answer = await h.send("POST", "/v1/features", body);
    expect([answer.status, answer.json.code, answer.json.pointer ?? null], answer.text).toEqual([
      status,
      code,
      pointer,
    ]);
    if (hint !== null) expect(answer.json.hint).toBe(hint);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.json).toMatchObject({
      type: `urn:edgefeat:problem:${code}`,
      status,
      title: expect.any(String),
      detail: expect.any(String),
    });
    expect(h.internal).toEqual([]);
  });

  it("__proto__ as a name is a name like others, and not dropped", async () => {
    for (const body of [
      '{"features":["last_flight:delay"],"entities":{"origin":"SEA","__proto__":{"x":1}}}',
      '{"features":["last_flight:delay"],"entities":{"__proto__":{"origin":"SEA"}}}',
    ]) {
      const answer = await h.send("POST", "/v1/features", body);
      expect([answer.status, answer.json.code, answer.json.pointer]).toEqual([
        400,
        "unknown_entity_key",
        "/entities/__proto__",
      ]);
    }
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it("names both lists of two lengths", async () => {
    const answer = await h.features({
      features: ["rating:stars"],
      entities: { user_id: [1, 2], item: ["a", "b", "c"] },
    });
    expect(answer.json.detail).toBe("entities.user_id has 2 values, but entities.item has 3");
  });

  const CHUNKED = { "content-length": NO_HEADER };
  it.each<[string, string | Uint8Array, Record<string, string>, number, string]>([
    ["malformed JSON", '{"features": [}', {}, 400, "malformed_json"],
    ["malformed JSON in chunks", '{"features": [}', CHUNKED, 400, "malformed_json"],
    ["an empty body", "", {}, 400, "malformed_json"],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), {}, 400, "malformed_json"],
    ["bytes that are not UTF-8 in chunks", new Uint8Array([0x22, 0xff, 0x22]), CHUNKED, 400, "malformed_json"],
    ["a form", "features=a", { "content-type": "application/x-www-form-urlencoded" }, 415, "unsupported_media_type"],
    ["text", "{}", { "content-type": "text/plain;charset=UTF-8" }, 415, "unsupported_media_type"],
    ["more than 4 MB", `"${"x".repeat(4_000_000)}"`, {}, 413, "body_too_large"],
    ["more than 4 MB in chunks", `"${"x".repeat(4_000_000)}"`, CHUNKED, 413, "body_too_large"],
  ])("%s", async (_name, body, headers, status, code) => {
    for (const path of ["/v1/features", "/v1/rows/last_flight"]) {
      const answer = await h.send("POST", path, body, headers);
      expect([answer.status, answer.json.code]).toEqual([status, code]);
    }
  });

  it("a U+FFFD that was sent is no sign of a fault", async () => {
    const origin = "caf\ufffd é😀";
    await h.writeRows("last_flight", [flightRow(origin, NOW)]);
    for (const headers of [{}, CHUNKED]) {
      expect((await h.features({ features: DELAY, entities: { origin } }, headers)).json.rows).toEqual([[5]]);
    }
  });

  it("tells where JSON is malformed", async () => {
    const answer = await h.send("POST", "/v1/features", '{"features":\n  [,]}');
    expect(answer.json.position).toEqual({ line: 2, column: 4 });
  });

  it("takes JSON under other names, with parameters, and without any content type", async () => {
    for (const type of ["application/json; charset=utf-8", "application/vnd.x+json", "APPLICATION/JSON"]) {
      const answer = await h.features({ features: DELAY, entities: SEA }, { "content-type": type });
      expect(answer.status).toBe(200);
    }
    const body = new TextEncoder().encode(JSON.stringify({ features: DELAY, entities: SEA }));
    const request = new Request("http://edgefeat.test/v1/features", { method: "POST", body });
    expect((await h.app.fetch(request)).status).toBe(200);
  });

  it("allows join keys and request fields of the project that this request does not need", async () => {
    const answer = await h.features({
      features: DELAY,
      entities: { ...SEA, user_id: 1, destination: "X" },
      request: { seats: 1 },
    });
    expect(answer.status, answer.text).toBe(200);
  });

  it.each([
    [
      "features twice named and an unknown parameter",
      "features=last_flight:delay&origin=SEA&orign=X",
      "unknown_entity_key",
    ],
    ["a parameter twice", "features=last_flight:delay&origin=SEA&origin=PDX", "bad_request"],
    ["a service twice", "service=model&service=model", "bad_request"],
    ["an escape that is no UTF-8", "features=last_flight:delay&origin=%FF", "bad_request"],
    ["a lone %", "features=last_flight:delay&origin=100%", "bad_request"],
    ["no key", "features=last_flight:delay", "missing_entity_key"],
    ["text for a number", "features=everything:a_bool&user_id=one", "type_mismatch"],
    ["a fraction for an integer", "features=everything:a_bool&user_id=1.0", "type_mismatch"],
    ["empty for a number", "features=everything:a_bool&user_id=", "type_mismatch"],
    ["too large for a number", "features=everything:a_bool&user_id=9223372036854775808", "value_out_of_range"],
    ["no request data", "features=risk:per_seat&origin=SEA&scheduled=1", "missing_request_data"],
    ["hexadecimal for a float", "features=risk:per_seat&origin=SEA&scheduled=0x10&seats=1", "type_mismatch"],
    ["an include that is none", "features=last_flight:delay&origin=SEA&include=status", "bad_request"],
    ["a staleness that is none", "features=last_flight:delay&origin=SEA&maxStalenessMs=1s", "bad_request"],
    ["nothing", "", "bad_request"],
    ["__proto__", "features=last_flight:delay&origin=SEA&__proto__=1", "unknown_entity_key"],
  ])("GET with %s", async (_name, query, code) => {
    const answer = await h.send("GET", `/v1/features?${query}`);
    expect([answer.status, answer.json.code], answer.text).toEqual([400, code]);
  });
});

describe("routes", () => {
  it.each([
    ["GET", "/", 404, "not_found", null],
    ["GET", "/v1", 404, "not_found", null],
    ["GET", "/v1/rows/", 404, "not_found", null],
    ["DELETE", "/v1/features", 405, "method_not_allowed", "POST, GET, HEAD"],
    ["DELETE", "/v1/rows/last_flight", 405, "method_not_allowed", "POST, GET, PUT, HEAD"],
    ["POST", "/v1/registry", 405, "method_not_allowed", "GET, PUT, HEAD"],
    ["OPTIONS", "/health", 405, "method_not_allowed", "GET, HEAD"],
  ])("%s %s is %i", async (method, path, status, code, allow) => {
    const answer = await harness(durableObjectStore()).send(method, path);
    expect([answer.status, answer.json.code, answer.headers.get("allow")]).toEqual([status, code, allow]);
  });

  it("HEAD answers as GET, without a body", async () => {
    const answer = await harness(durableObjectStore()).send("HEAD", "/health");
    expect([answer.status, answer.text]).toEqual([200, ""]);
  });

  it("a fault that nobody foresaw is told without its words, and heard by the log", async () => {
    const h = harness(durableObjectStore());
    await h.apply();
    h.clock.nowUs = () => {
      throw new TypeError("a secret");
    };
    const answer = await h.features({ features: DELAY, entities: SEA });
    expect([answer.status, answer.json.code]).toEqual([500, "internal_error"]);
    expect(answer.text).not.toContain("secret");
    expect(h.internal).toEqual([expect.objectContaining({ message: "a secret" })]);
  });
});

describe("who may call", () => {
  const OPEN = [["GET", "/health"]] as const;
  const READS = [
    ["POST", "/v1/features"],
    ["GET", "/v1/features"],
    ["POST", "/get-online-features"],
    ["GET", "/v1/registry"],
    ["GET", "/v1/materializations"],
  ] as const;
  const WRITES = [
    ["PUT", "/v1/registry"],
    ["POST", "/v1/rows/last_flight"],
    ["POST", "/v1/materializations/last_flight"],
  ] as const;
  const call = async (h: Harness, [method, path]: readonly [string, string], authorization: string) => {
    const answer = await h.send(method, path, method === "GET" ? undefined : {}, { authorization });
    return [answer.status, answer.headers.get("www-authenticate")];
  };
  const DENIED = [401, 'Bearer realm="edgefeat"'];

  it.each([...READS, ...WRITES])("%s %s wants the token", async (...route) => {
    const h = harness(durableObjectStore(), { publicReads: false });
    for (const header of [
      "",
      "Bearer ",
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(0, -1)}`,
      `Bearer ${TOKEN}${TOKEN}`,
      `Basic ${TOKEN}`,
      TOKEN,
    ]) {
      expect(await call(h, route, header)).toEqual(DENIED);
    }
    for (const header of [`Bearer ${TOKEN}`, `bearer  ${TOKEN} `])
      expect(await call(h, route, header)).not.toEqual(DENIED);
  });

  it.each([...OPEN, ...READS])("%s %s is open where reads are public", async (...route) => {
    expect(await call(harness(durableObjectStore()), route, "")).not.toEqual(DENIED);
  });

  it.each(WRITES)("%s %s is not, and without a token it is closed to all", async (...route) => {
    expect(await call(harness(durableObjectStore()), route, "")).toEqual(DENIED);
    const closed = harness(durableObjectStore(), { writeToken: null });
    for (const header of ["", "Bearer null", `Bearer ${TOKEN}`])
      expect(await call(closed, route, header)).toEqual(DENIED);
  });

  it("the health is open always", async () => {
    const h = harness(durableObjectStore(), { publicReads: false, writeToken: null });
    expect((await h.send("GET", "/health", undefined, { authorization: "" })).status).toBe(200);
  });
});

describe.each(stores)("health over %s", (kind, makeStore) => {
  it("is 200 before any registry, and names the registry after", async () => {
    const h = harness(makeStore());
    h.clock.frozen = true;
    const before = await h.send("GET", "/health");
    expect(before.status).toBe(200);
    expect(before.json).toEqual({
      status: "ok",
      project: h.project,
      environment: "test",
      store: kind,
      keepsRows: true,
      usedBytes: expect.any(Number),
      limitBytes: kind === "upstash" ? null : expect.any(Number),
      usedShare: kind === "upstash" ? null : 0,
      registry: null,
      now: NOW,
      frozen: true,
    });
    const registry = await h.apply();
    expect((await h.isolate().send("GET", "/health")).json).toMatchObject({ registry });
  });

  it("is 503 and degraded while the store fails, and still answers", async () => {
    const h = harness(makeStore());
    const registry = await h.apply();
    await h.send("GET", "/health");
    h.store.failing = true;
    h.clock.advance(1_000);
    const answer = await h.send("GET", "/health");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(answer.json).toMatchObject({ status: "degraded", store: kind, registry, reason: "store_unavailable" });
    expect((await h.isolate().send("GET", "/health")).json).toMatchObject({ status: "ok" });
  });
});

describe("a clock frozen in 2001", () => {
  it("serves as of then, keeps what it is given, and caches by elapsed time", async () => {
    const h = harness(durableObjectStore());
    h.clock.frozen = true;
    await h.apply();
    await h.writeRows("last_flight", [
      flightRow("SEA", "2001-03-31T07:00:00Z"),
      flightRow("PDX", "2001-03-31T05:00:00Z"),
    ]);
    const ask = () => h.features({ features: DELAY, entities: { origin: ["SEA", "PDX"] }, include: ["statuses"] });
    expect((await ask()).json).toMatchObject({ now: NOW, statuses: [["PRESENT"], ["OUTSIDE_MAX_AGE"]] });
    h.clock.ms += 60_000;
    h.store.reads.length = 0;
    expect((await ask()).json).toMatchObject({ now: NOW, knownAsOf: NOW });
    expect(h.store.reads).toHaveLength(1);
  });
});
