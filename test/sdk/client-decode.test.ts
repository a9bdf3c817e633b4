// Every type's JSON comes back as the definition says (SEMANTICS 6), and as what it is where nothing says.
import {
  approxPercentile,
  bool,
  bytes,
  countDistinct,
  csv,
  decimal,
  entity,
  featureService,
  featureView,
  float32,
  float64,
  int32,
  int64,
  lag,
  last,
  lastK,
  lifetime,
  list,
  max,
  onDemandView,
  requestSource,
  secondsSinceLast,
  string,
  sum,
  timestamp,
  vector,
} from "edgefeat";
import { createClient } from "edgefeat/client";
import { expect, test } from "vitest";
import { answerOf, fakeServer } from "./client-fake-server.ts";

const user = entity("user", { type: int64() });
const events = csv("events", { path: "events.csv", eventTime: "at" });
const typedEvents = csv("typed_events", {
  path: "events.csv",
  eventTime: "at",
  schema: { n: int64(), x: float64(), c: string() },
});

const kinds = {
  bool: bool(),
  int32: int32(),
  int64: int64(),
  float32: float32(),
  float64: float64(),
  decimal: decimal(10, 2),
  string: string(),
  bytes: bytes(),
  timestamp: timestamp(),
  list: list(int64()),
  vector: vector(2),
};

const cases: [type: keyof typeof kinds, json: string, value: unknown][] = [
  ["bool", "true", true],
  ["int32", "-7", -7],
  ["int64", "1", 1n],
  ["int64", "9223372036854775807", 9223372036854775807n],
  ["float32", "0.10000000149011612", Math.fround(0.1)],
  ["float64", "3", 3],
  ["float64", "100000000000000000000", 1e20],
  ["float64", "9007199254740993", 9007199254740992],
  ["float64", "-0", -0],
  ["float64", '"NaN"', Number.NaN],
  ["float64", '"-Infinity"', -Infinity],
  ["decimal", '"12.30"', "12.30"],
  ["string", '"NaN"', "NaN"],
  ["bytes", '"AP8="', new Uint8Array([0, 255])],
  ["timestamp", '"2001-03-31T00:00:00.000001Z"', 985_996_800_000_001n],
  ["list", "[1,9007199254740993]", [1n, 9007199254740993n]],
  ["vector", "[0.5,1]", new Float32Array([0.5, 1])],
  ["int64", "null", null],
];

test.each(cases)("SEMANTICS 6: a %s of %s is %o with the definition at hand", async (type, json, value) => {
  const view = featureView("v", { entities: [user], source: events, features: { x: kinds[type] } });
  const service = featureService("s", { features: [view] });
  const server = fakeServer(answerOf(["v:x"], json));
  const { rows } = await createClient({ url: "http://x", fetch: server.fetch }).getFeatures({
    service,
    entities: { user: 1n },
  });
  expect(rows).toStrictEqual([{ x: value }]);
});

const untyped: [json: string, value: unknown][] = [
  ["1", 1],
  ["9007199254740992", 9007199254740992n],
  ["100000000000000000000", 1e20],
  ['"NaN"', "NaN"],
  ["[1,9007199254740993]", [1, 9007199254740993n]],
  ["null", null],
];

test.each(untyped)("without a definition %s is %o", async (json, value) => {
  const server = fakeServer(answerOf(["v:x"], json));
  const client = createClient({ url: "http://x", fetch: server.fetch });
  const { rows } = await client.getFeatures({ features: ["v:x"], entities: { user: 1 } });
  expect(rows).toStrictEqual([{ x: value }]);
});

const aggregates: [source: "typed" | "untyped", aggregation: ReturnType<typeof sum>, json: string, value: unknown][] = [
  ["typed", sum("n", "1h"), "5", 5n],
  ["typed", sum("x", "1h"), "5", 5],
  ["typed", last("c", "1h") as never, '"NaN"', "NaN"],
  ["typed", lastK("n", 2, lifetime()) as never, "[2,9007199254740993]", [2n, 9007199254740993n]],
  ["typed", lag("n", 2) as never, "5", 5n],
  ["typed", countDistinct("c", "1h") as never, "5", 5n],
  ["typed", approxPercentile("n", 0.5, "1h") as never, "5", 5],
  ["untyped", lastK("n", 2, lifetime()) as never, "[2,9007199254740993]", [2, 9007199254740993n]],
  ["untyped", countDistinct("c", "1h") as never, "5", 5n],
  ["untyped", secondsSinceLast() as never, '"NaN"', Number.NaN],
  ["untyped", sum("n", "1h"), "5", 5],
  ["untyped", sum("x", "1h"), '"NaN"', Number.NaN],
  ["untyped", max("x", "1h") as never, '"Infinity"', Infinity],
  ["untyped", max("n", "1h") as never, "9007199254740993", 9007199254740993n],
  ["untyped", last("c", "1h") as never, '"NaN"', "NaN"],
];

test.each(aggregates)("an aggregate of an %s source: $fn", async (source, aggregation, json, value) => {
  const view = featureView("v", {
    entities: [user],
    source: source === "typed" ? typedEvents : events,
    aggregations: { x: aggregation },
  });
  const service = featureService("s", { features: [view] });
  const server = fakeServer(answerOf(["v:x"], json));
  const { rows } = await createClient({ url: "http://x", fetch: server.fetch }).getFeatures({
    service,
    entities: { user: 1n },
  });
  expect(rows).toStrictEqual([{ x: value }]);
});

test("an on-demand feature has its field's type, a pinned version its feature's", async () => {
  const view = featureView("v", { entities: [user], source: events, features: { n: int64() } });
  const risk = onDemandView("risk", {
    inputs: [view, requestSource("r", { at: timestamp() })],
    features: { score: int64() },
    expressions: { score: "n" },
  });
  const service = featureService("s", { features: [view.withName("home"), risk] });
  const server = fakeServer(answerOf(["home@2:n", "risk:score"], "1,2"));
  const { rows } = await createClient({ url: "http://x", fetch: server.fetch }).getFeatures({
    service,
    entities: { user: 1n },
  });
  expect(rows).toStrictEqual([{ n: 1n, score: 2n }]);
});
