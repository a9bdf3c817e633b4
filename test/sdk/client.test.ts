// What the client sends, what it hands on of the answer, and how it fails.
import {
  csv,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  requestSource,
  timestamp,
} from "edgefeat";
import { createAdminClient, createClient } from "edgefeat/client";
import { expect, test } from "vitest";
import { answerOf, fakeServer } from "./client-fake-server.ts";

const user = entity("user", { type: int64() });
const events = csv("events", { path: "events.csv", eventTime: "at" });
const totals = featureView("totals", { entities: [user], source: events, features: { n: int64(), x: float64() } });
const risk = onDemandView("risk", {
  inputs: [totals, requestSource("r", { at: timestamp(), weight: float64() })],
  features: { score: float64() },
  expressions: { score: "x * weight" },
});
const service = featureService("model", { features: [totals, risk] });
const ANSWER = answerOf(["totals:n", "totals:x", "risk:score"], "1,2,3");

test("sends the query as JSON: exact ids, typed request data, the token, no-cache", async () => {
  const server = fakeServer(ANSWER);
  const client = createClient({ url: "http://x:1/base/", token: "secret", fetch: server.fetch });
  await client.getFeatures({
    service,
    entities: { user: [9223372036854775807n, 1, null], region: 'é"' },
    request: { at: 985_996_800_000_000n, weight: [1.5, Number.NaN, -0] },
    include: ["statuses"],
    maxStalenessMs: 250,
    noCache: true,
  });
  expect(server.sent).toHaveLength(1);
  const [{ url, method, headers, body }] = server.sent as [(typeof server.sent)[0]];
  expect([method, url]).toEqual(["POST", "http://x:1/base/v1/features"]);
  expect(headers).toMatchObject({
    authorization: "Bearer secret",
    "content-type": "application/json",
    "cache-control": "no-cache",
  });
  expect(body).toBe(
    '{"service":"model","entities":{"user":[9223372036854775807,1,null],"region":"é\\""},"include":["statuses"],' +
      '"maxStalenessMs":250,"request":{"at":"2001-03-31T00:00:00Z","weight":[1.5,"NaN",-0]}}',
  );
});

test("asks by features or by a service's name, without what is not asked for", async () => {
  const server = fakeServer(ANSWER);
  const client = createClient({ url: "http://x", fetch: server.fetch });
  await client.getFeatures({ features: ["totals:n", "totals:x", "risk:score"], entities: { user: 1 } });
  await client.getFeatures({ service: "model", entities: { user: 1 } });
  expect(server.sent.map((s) => s.body)).toEqual([
    '{"features":["totals:n","totals:x","risk:score"],"entities":{"user":1}}',
    '{"service":"model","entities":{"user":1}}',
  ]);
  expect(server.sent[0]?.headers).not.toHaveProperty("authorization");
  expect(server.sent[0]?.headers).not.toHaveProperty("cache-control");
});

test("hands on the whole answer, statuses and event times by name", async () => {
  const json = JSON.parse(ANSWER);
  const server = fakeServer(
    JSON.stringify({
      ...json,
      statuses: [["PRESENT", "STALE", "TRANSFORM_ERROR"]],
      eventTimes: [["2001-03-30T23:51:00Z", null, null]],
      versions: { totals: 2, risk: 1 },
    }),
  );
  const answer = await createClient({ url: "http://x", fetch: server.fetch }).getFeatures({
    service,
    entities: { user: 1 },
  });
  expect(answer).toStrictEqual({
    now: "2001-03-31T00:00:00Z",
    knownAsOf: "2001-03-30T23:59:59Z",
    registry: "sha256:ab",
    features: ["totals:n", "totals:x", "risk:score"],
    rows: [{ n: 1n, x: 2, score: 3 }],
    absent: [[0, "delays", "NOT_FOUND"]],
    errors: [],
    statuses: [{ n: "PRESENT", x: "STALE", score: "TRANSFORM_ERROR" }],
    eventTimes: [{ n: "2001-03-30T23:51:00Z", x: null, score: null }],
    versions: { totals: 2, risk: 1 },
  });
});

test("a name that two views share is view__feature by name, and refused where it would be a typed row's", async () => {
  const twice = featureService("twice", {
    features: [totals.pick("n").withName("home"), totals.pick("n").withName("away")],
  });
  const server = fakeServer(answerOf(["home:n", "away:n"], "1,2"));
  const client = createClient({ url: "http://x", fetch: server.fetch });
  const { rows } = await client.getFeatures({ service: "twice", entities: { user: 1 } });
  expect(rows).toStrictEqual([{ home__n: 1, away__n: 2 }]);
  await expect(client.getFeatures({ service: twice, entities: { user: 1 } })).rejects.toMatchObject({
    code: "duplicate_feature",
  });
  expect(server.sent).toHaveLength(1);
});

const problem = {
  type: "about:blank",
  title: "Unknown feature",
  detail: 'view "totals" has no feature "m"',
  status: 404,
  code: "unknown_feature",
  pointer: "/features/0",
  hint: 'did you mean "n"?',
  position: { line: 1, column: 27 },
  details: { known: 3 },
};

test("a problem document is the error it was", async () => {
  const server = fakeServer(JSON.stringify(problem), 404);
  const asked = createClient({ url: "http://x", fetch: server.fetch }).getFeatures({
    features: ["totals:m"],
    entities: { user: 1 },
  });
  await expect(asked).rejects.toMatchObject({
    name: "EdgefeatError",
    code: "unknown_feature",
    message: 'view "totals" has no feature "m"',
    hint: 'did you mean "n"?',
    pointer: "/features/0",
    position: { line: 1, column: 27 },
    details: { status: 404, known: 3 },
  });
});

const failures: [what: string, status: number, body: string, code: string][] = [
  ["a proxy's page", 502, "<html>Bad Gateway</html>", "server_failed"],
  ["an empty failure", 500, "", "server_failed"],
  ["a problem without code", 400, '{"title":"no"}', "server_failed"],
  ["a code of a later version", 400, '{"code":"from_the_future","title":"no"}', "server_failed"],
  ["a success that is not JSON", 200, "hello", "server_failed"],
  ["a success of something else", 200, '{"status":"ok"}', "server_failed"],
  ["other features than the definition's", 200, answerOf(["totals:n"], "1"), "server_failed"],
  [
    "another type than the definition's",
    200,
    answerOf(["totals:n", "totals:x", "risk:score"], '"a",2,3'),
    "server_failed",
  ],
];

test.each(failures)("%s (%i) is %s%s", async (_what, status, body, code) => {
  const client = createClient({ url: "http://x", fetch: fakeServer(body, status).fetch });
  await expect(client.getFeatures({ service, entities: { user: 1 } })).rejects.toMatchObject({
    name: "EdgefeatError",
    code,
  });
});

test("a connection that fails is server_unreachable with a hint", async () => {
  const client = createClient({ url: "http://127.0.0.1:1" });
  await expect(client.getFeatures({ service, entities: { user: 1 } })).rejects.toMatchObject({
    code: "server_unreachable",
    message: "http://127.0.0.1:1 cannot be reached",
    hint: expect.stringContaining("edgefeat serve"),
  });
});

test("a server that does not answer in time is server_unreachable", async () => {
  const never: typeof fetch = (_url, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const client = createClient({ url: "http://x", fetch: never, timeoutMs: 5 });
  await expect(client.getFeatures({ service, entities: { user: 1 } })).rejects.toMatchObject({
    code: "server_unreachable",
    message: "http://x did not answer within 5 ms",
  });
});

test.each(["", "features.example.com", "ftp://x"])('"%s" is no address', (url) => {
  expect(() => createClient({ url })).toThrow(expect.objectContaining({ code: "config_invalid" }));
});

test("the admin client: no registry yet is null, If-Match only where one is replaced", async () => {
  const none = fakeServer('{"code":"registry_not_found","title":"none"}', 404);
  expect(await createAdminClient({ url: "http://x", fetch: none.fetch }).getRegistry()).toBeNull();
  const server = fakeServer('{"registry":"sha256:cd"}');
  const admin = createAdminClient({ url: "http://x", fetch: server.fetch });
  await admin.putRegistry({ format: 1 }, null);
  await admin.putRegistry({ format: 1 }, "sha256:ab");
  expect(server.sent.map(({ method, headers }) => [method, headers["if-match"]])).toEqual([
    ["PUT", undefined],
    ["PUT", '"sha256:ab"'],
  ]);
});
