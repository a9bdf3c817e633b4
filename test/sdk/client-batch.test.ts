// Concurrent reads of one row each: what goes out as one request, and what each caller gets of it.
import { csv, entity, featureService, featureView, int64, onDemandView, requestSource } from "edgefeat";
import { createClient, type FeaturesQuery, type ReadOptions } from "edgefeat/client";
import { describe, expect, it } from "vitest";
import { fakeTiming, problem, scriptedServer, type Step } from "./client-fakes.ts";

interface Body {
  service?: string;
  features?: string[];
  entities: Record<string, unknown>;
  request?: Record<string, unknown>;
  include?: string[];
}

const MAX_ROWS = 1_000;

/** Answers as the server does for `v:x`, the sum of all inputs: an id of 404 is not found, 500 a fault, text refused. */
function serve(text: string): Response {
  const body = JSON.parse(text) as Body;
  const columns = (["entities", "request"] as const).flatMap((member) =>
    Object.entries(body[member] ?? {}).map(([name, values]) => ({ path: `/${member}/${name}`, values })),
  );
  const count = Math.max(1, ...columns.map(({ values }) => (Array.isArray(values) ? values.length : 1)));
  if (count > MAX_ROWS) return problem(413, "request_too_large");
  for (const { path, values } of columns) {
    const list = Array.isArray(values) ? values : [values];
    const bad = list.findIndex((value) => typeof value === "string");
    const pointer = Array.isArray(values) ? `${path}/${bad}` : path;
    if (bad >= 0) return problem(400, "type_mismatch", { pointer, detail: `${list[bad]} is no number` });
  }
  const rows = Array.from({ length: count }, (_, r) =>
    columns.map(({ values }) => Number(Array.isArray(values) ? values[r] : values)).reduce((a, b) => a + b, 0),
  );
  const indexed = rows.map((sum, r) => [sum, r] as const);
  return Response.json({
    now: "2001-03-31T00:00:00Z",
    knownAsOf: "2001-03-31T00:00:00Z",
    registry: "sha256:ab",
    features: body.features ?? ["v:x"],
    rows: rows.map((sum) => [sum === 404 ? null : sum]),
    absent: indexed.filter(([sum]) => sum === 404).map(([, r]) => [r, "v", "NOT_FOUND"]),
    errors: indexed.filter(([sum]) => sum === 500).map(([, r]) => [r, "v:x", "integer_overflow"]),
    ...(body.include?.includes("statuses") ? { statuses: rows.map((sum) => [`S${sum}`]) } : {}),
    ...(body.include?.includes("eventTimes") ? { eventTimes: rows.map((sum) => [`T${sum}`]) } : {}),
    ...(body.include?.includes("versions") ? { versions: { v: 1 } } : {}),
  });
}

function clientOf(options: Partial<ReadOptions> = {}, step: Step = ({ body }) => serve(body as string)) {
  const server = scriptedServer(step);
  const timing = fakeTiming();
  const client = createClient({ url: "http://x", fetch: server.fetch, timing, ...options });
  const read = (user: unknown, more: Partial<FeaturesQuery> = {}) =>
    client.getFeatures({ features: ["v:x"], entities: { user: user as number }, ...more });
  const bodies = () => server.sent.map(({ body }) => JSON.parse(body as string) as Body);
  return { ...server, timing, client, read, bodies };
}

const outcomes = (calls: Promise<{ rows: { [name: string]: unknown }[] }>[]) =>
  Promise.all(
    calls.map((call) =>
      call.then(
        ({ rows }) => rows[0]?.["x"],
        (error: { code: string; pointer?: string; details?: object }) => [error.code, error.pointer],
      ),
    ),
  );

describe("reads of one turn go out as one request", () => {
  it("and each gets its own row, duplicates and nulls too", async () => {
    const { read, sent } = clientOf();
    expect(await outcomes([1, 2, 1, null, 3].map((user) => read(user)))).toEqual([1, 2, 1, 0, 3]);
    expect(sent.map(({ body }) => body)).toEqual(['{"features":["v:x"],"entities":{"user":[1,2,1,null,3]}}']);
  });

  it("with all else that is said of its row, as if it had asked alone", async () => {
    const include = ["statuses", "eventTimes", "versions"] as const;
    const users = [1, 404, 500, 2];
    const together = clientOf();
    const alone = clientOf({ batch: false });
    const answers = await Promise.all(users.map((user) => together.read(user, { include })));
    expect(together.sent).toHaveLength(1);
    expect(answers).toStrictEqual(await Promise.all(users.map((user) => alone.read(user, { include }))));
    expect(alone.sent).toHaveLength(users.length);
    expect(answers[1]).toMatchObject({ absent: [[0, "v", "NOT_FOUND"]], errors: [] });
    expect(answers[2]).toMatchObject({ absent: [], errors: [[0, "v:x", "integer_overflow"]] });
    expect(answers[3]).toMatchObject({ statuses: [{ x: "S2" }], eventTimes: [{ x: "T2" }], absent: [], errors: [] });
  });

  it("also when each comes after as many other promises", async () => {
    const { read, sent } = clientOf();
    const calls = [1, 2, 3].map(async (user) => {
      await Promise.resolve();
      return read(user);
    });
    expect(await outcomes(calls)).toEqual([1, 2, 3]);
    expect(sent).toHaveLength(1);
  });

  it("a value that all share once; exact integers, and request data by row", async () => {
    const { client, sent } = clientOf();
    const big = 9007199254740993n;
    const calls = [10, 20].map((weight) =>
      client.getFeatures({ features: ["v:x"], entities: { item: big, user: 1 }, request: { weight } }),
    );
    await Promise.all(calls);
    expect(sent.map(({ body }) => body)).toEqual([
      '{"features":["v:x"],"entities":{"item":9007199254740993,"user":1},"request":{"weight":[10,20]}}',
    ]);
  });

  it("equal reads as a list still, for it says how many they are", async () => {
    const { read, bodies } = clientOf();
    expect(await outcomes([read(7), read(7)])).toEqual([7, 7]);
    expect(bodies()).toEqual([{ features: ["v:x"], entities: { user: [7, 7] } }]);
  });

  it("but a lone one as it is", async () => {
    const { read, bodies } = clientOf();
    expect(await outcomes([read(7)])).toEqual([7]);
    expect(bodies()).toEqual([{ features: ["v:x"], entities: { user: 7 } }]);
  });

  it("in parts of maxRows", async () => {
    const { read, bodies } = clientOf({ batch: { maxRows: 2 } });
    expect(await outcomes([1, 2, 3, 4, 5].map((user) => read(user)))).toEqual([1, 2, 3, 4, 5]);
    expect(bodies().map(({ entities }) => entities["user"])).toEqual([[1, 2], [3, 4], 5]);
  });

  it("and of waitMs, where told to wait", async () => {
    const { read, sent, timing } = clientOf({ batch: { waitMs: 5 } });
    const first = read(1);
    await new Promise(process.nextTick);
    expect(await outcomes([first, read(2)])).toEqual([1, 2]);
    expect(sent).toHaveLength(1);
    expect(timing.elapsedMs()).toBe(5);
  });
});

describe("reads stay apart", () => {
  const user = entity("user", { type: int64() });
  const events = csv("events", { path: "events.csv", eventTime: "at" });
  const view = featureView("v", { entities: [user], source: events, features: { x: int64() } });
  const service = featureService("s", { features: [view] });
  const first = { features: ["v:x"], entities: { user: 1 } };
  const others: [what: string, other: object][] = [
    ["of other features", { features: ["v:y"] }],
    ["of a service", { features: undefined, service: "s" }],
    ["of other join keys", { entities: { item: 1 } }],
    ["of further join keys", { entities: { user: 1, item: 1 } }],
    ["with request data", { request: { weight: 1 } }],
    ["with other parts of the answer", { include: ["statuses"] }],
    ["of another staleness", { maxStalenessMs: 5 }],
    ["past the caches", { noCache: true }],
    ["of lists", { entities: { user: [1] } }],
    ["with lists as request data", { request: { weight: [1] } }],
    ["with vectors as request data", { request: { weight: new Float32Array([1]) } }],
  ];
  it.each(others)("%s", async (_what, other) => {
    const { client, sent } = clientOf();
    const query = Object.fromEntries(Object.entries({ ...first, ...other }).filter(([, v]) => v !== undefined));
    await Promise.all([client.getFeatures(first), client.getFeatures(query as typeof first)]);
    expect(sent).toHaveLength(2);
  });

  it("of a definition from those by its name: their values have other types", async () => {
    const { client, sent } = clientOf();
    const [typed, untyped] = await Promise.all([
      client.getFeatures({ service, entities: { user: 1 } }),
      client.getFeatures({ service: "s", entities: { user: 1 } }),
    ]);
    expect([typed.rows, untyped.rows]).toEqual([[{ x: 1n }], [{ x: 1 }]]);
    expect(sent).toHaveLength(2);
  });

  it("without anything that tells rows apart, and where batching is off", async () => {
    const { client, sent } = clientOf();
    await Promise.all([1, 2].map(() => client.getFeatures({ features: ["v:x"], entities: {} })));
    expect(sent).toHaveLength(2);
    const off = clientOf({ batch: false });
    await Promise.all([off.read(1), off.read(2)]);
    expect(off.sent).toHaveLength(2);
  });

  it("of another turn", async () => {
    const { read, sent } = clientOf();
    await read(1);
    await read(2);
    expect(sent).toHaveLength(2);
  });

  it("typed request data is encoded for each caller by its definition", async () => {
    const ratio = onDemandView("ratio", {
      inputs: [view, requestSource("r", { weight: int64() })],
      features: { y: int64() },
      expressions: { y: "x * weight" },
    });
    const both = featureService("both", { features: [ratio] });
    const { client, sent } = clientOf({}, () => {
      const answer = serve('{"entities":{"user":[1,2]},"features":["ratio:y"]}');
      return answer;
    });
    const calls = [1n, 2n].map((weight) =>
      client.getFeatures({ service: both, entities: { user: weight }, request: { weight } }),
    );
    expect((await Promise.all(calls)).map(({ rows }) => rows)).toEqual([[{ y: 1n }], [{ y: 2n }]]);
    expect(sent).toHaveLength(1);
  });
});

describe("a refused batch", () => {
  it("fails the caller at fault alone, with the error of its own request", async () => {
    const { read, sent } = clientOf();
    const results = await outcomes([1, "SEA", 3, 4, 5].map((user) => read(user)));
    expect(results).toEqual([1, ["type_mismatch", "/entities/user"], 3, 4, 5]);
    expect(sent).toHaveLength(4);
  });

  it("asks at most twice as often as without batching, however many are at fault", async () => {
    const { read, sent } = clientOf();
    const users = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? i : `bad${i}`));
    const results = await outcomes(users.map((user) => read(user)));
    expect(results).toEqual(
      users.map((user) => (typeof user === "number" ? user : ["type_mismatch", "/entities/user"])),
    );
    expect(sent.length).toBeLessThanOrEqual(2 * users.length);
  });

  it("finds one among a thousand at once, by what the server points to", async () => {
    const { read, sent } = clientOf();
    const users = Array.from({ length: 1_000 }, (_, i) => (i === 617 ? "x" : 1_000 + i));
    const results = await outcomes(users.map((user) => read(user)));
    expect(results.filter((result) => typeof result !== "number")).toHaveLength(1);
    expect(sent).toHaveLength(4);
  });

  it.each([
    ["too large", 413, "request_too_large"],
    ["for no row that it names", 400, "bad_request"],
    ["for a row that is damaged in the store", 500, "row_corrupt"],
  ])("%s is sent in halves", async (_what, status, code) => {
    const { read, sent } = clientOf({}, ({ body }) => {
      const { user } = (JSON.parse(body as string) as Body).entities;
      const users = Array.isArray(user) ? user : [user];
      return users.includes(3) ? problem(status, code) : serve(body as string);
    });
    expect(await outcomes([1, 2, 3, 4, 5].map((user) => read(user)))).toEqual([1, 2, [code, undefined], 4, 5]);
    expect(sent).toHaveLength(5);
  });

  it("beyond the server's bound is served in parts that are not", async () => {
    const { read, sent } = clientOf({ batch: { maxRows: 2_500 } });
    const users = Array.from({ length: 2_500 }, (_, i) => 1_000 + i);
    expect(await outcomes(users.map((user) => read(user)))).toEqual(users);
    expect(sent).toHaveLength(7);
  });

  const shared: [status: number, code: string, pointer?: string][] = [
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "unknown_feature", "/features/0"],
    [409, "view_not_materialized"],
    [400, "unknown_entity_key", "/entities/user"],
    [500, "internal_error"],
  ];
  it.each(shared)("for what all share fails all alike: %i %s", async (status, code, pointer) => {
    const { read, sent } = clientOf({}, problem(status, code, { pointer }));
    const results = await outcomes([1, 2, 3].map((user) => read(user)));
    expect(results).toEqual([1, 2, 3].map(() => [code, pointer]));
    expect(sent).toHaveLength(1);
  });

  it("by a failing server fails all alike, after the attempts of one call", async () => {
    const { read, sent } = clientOf({}, problem(503, "store_unavailable"));
    const results = await outcomes([1, 2, 3].map((user) => read(user)));
    expect(results).toEqual([1, 2, 3].map(() => ["store_unavailable", undefined]));
    expect(sent).toHaveLength(3);
  });

  it("by an answer of other rows is the server's fault", async () => {
    const { read } = clientOf({}, () => serve('{"entities":{"user":[1,2]}}'));
    expect(await outcomes([1, 2, 3].map((user) => read(user)))).toEqual(
      [1, 2, 3].map(() => ["server_failed", undefined]),
    );
  });
});

describe("a caller of a batch", () => {
  it("that gives up leaves the others in peace", async () => {
    const caller = new AbortController();
    const { read, sent, signals } = clientOf({}, async ({ body }) => {
      caller.abort();
      await new Promise(setImmediate);
      return serve(body as string);
    });
    const calls = [read(1), read(2, { signal: caller.signal }), read(3)];
    expect(await outcomes(calls)).toEqual([1, ["cancelled", undefined], 3]);
    expect(sent).toHaveLength(1);
    expect(signals[0]?.aborted).toBe(false);
  });

  it("that gives up before the batch goes out is not in it", async () => {
    const caller = new AbortController();
    const { read, bodies } = clientOf();
    const calls = [read(1), read(2, { signal: caller.signal }), read(3)];
    caller.abort();
    expect(await outcomes(calls)).toEqual([1, ["cancelled", undefined], 3]);
    expect(bodies().map(({ entities }) => entities["user"])).toEqual([[1, 3]]);
  });

  it("has its own time limit", async () => {
    const { read, signals, timing } = clientOf({}, "hang");
    const calls = [read(1, { timeoutMs: 50 }), read(2, { timeoutMs: 20 })];
    await expect(calls[1]).rejects.toMatchObject({ message: "http://x did not answer within 20 ms" });
    expect([timing.elapsedMs(), signals[0]?.aborted]).toEqual([20, false]);
    await expect(calls[0]).rejects.toMatchObject({ message: "http://x did not answer within 50 ms" });
    expect([timing.elapsedMs(), signals[0]?.aborted]).toEqual([50, true]);
    expect(timing.pending).toBe(0);
  });

  it("can change its answer without changing another's", async () => {
    const { read } = clientOf();
    const [first, second] = await Promise.all([1, 2].map((user) => read(user, { include: ["versions"] })));
    first!.features.push("mine");
    first!.versions!["mine"] = 1;
    expect(second).toMatchObject({ features: ["v:x"], versions: { v: 1 } });
    expect(second!.versions).not.toHaveProperty("mine");
  });
});
