// The feast package, its online store of type "remote", reading and writing through a server of ours on loopback.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { createAdminClient } from "edgefeat/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { edgefeat, folderWith } from "../sdk/cli-harness.ts";
import { reportSkipped } from "../support/requirements.ts";
import { type FeastClient, type FeastFault, startFeastClient } from "./driver.ts";
import { prepareFeast } from "./venv.ts";

const feast = await prepareFeast();
if (typeof feast === "string") reportSkipped("the tests of the feast package for Python", feast);

const NOW = "2026-11-20T12:00:00Z";
const TIME = { type: "time", values: ["2026-11-20T01:02:03.25Z"] };
const EPOCH = "1970-01-01T00:00:00Z";
const VIEWS = ["everything", "blobs", "driver_hourly_stats", "trips_in_city", "rates"];

/** By feature: how pandas holds it, its value, and what Python makes of it. */
const FULL = {
  a_bool: ["bool", true, "bool True"],
  an_int32: ["int32", -(2 ** 31), "int -2147483648"],
  an_int64: ["int64", 2n ** 63n - 1n, "int 9223372036854775807"],
  a_float32: ["float32", 0.1, "float 0.10000000149011612"],
  a_float64: ["float64", 5, "float 5.0"],
  a_string: ["object", 'é\n"', "str 'é\\n\"'"],
  a_time: ["time", "2026-11-20T01:02:03Z", "int 1795136523"],
  strings: ["object", ["a", ""], "list ['a', '']"],
  integers: ["object", [1, 2n ** 53n + 1n], "list [1, 9007199254740993]"],
  floats: ["object", [1, 2.5], "list [1.0, 2.5]"],
  embedding: ["object", [1, 2.5, -3], "list [1.0, 2.5, -3.0]"],
} as const;
const FEATURES = Object.keys(FULL) as (keyof typeof FULL)[];
const REFERENCES = FEATURES.map((name) => `everything:${name}`);

describe.skipIf(typeof feast === "string")("the feast package", () => {
  const folder = folderWith({
    "repo/edgefeat.config.ts": `import { defineConfig } from "edgefeat";
      export default defineConfig({ project: "feast_client", definitions: ${JSON.stringify(new URL("features.ts", import.meta.url).pathname)} });`,
  });
  const repo = join(folder, "repo");
  const parquet = join(repo, "driver_stats.parquet");
  let server: Awaited<ReturnType<typeof startServer>>;
  let client: FeastClient;

  beforeAll(async () => {
    copyFileSync(new URL("../fixtures/driver_stats.parquet", import.meta.url), parquet);
    server = await startServer({ repo, nowUs: Date.parse(NOW) * 1_000 });
    const { code, stderr } = await edgefeat(["apply"], { cwd: repo });
    if (code !== 0) throw new Error(stderr);
    const admin = createAdminClient({ url: server.url, token: server.token });
    for (const view of VIEWS) {
      await admin.completeMaterialization(view, `{"version":1,"start":null,"end":"${NOW}","rows":0}`);
    }
    const { token: readToken } = await admin.createToken({ name: "reader", access: "read" });
    const { token: limited } = await admin.createToken({ name: "trips", access: "write", views: ["trips_in_city"] });
    const remote = (token: string) => storeYaml(`  type: remote\n  path: ${server.url}`, token);
    const repos = {
      remote: remote(server.token),
      reader: remote(readToken),
      limited: remote(limited),
      own: storeYaml("  type: sqlite\n  path: online.db"),
    };
    if (typeof feast !== "string") client = await startFeastClient(feast, { folder, parquet, repos });
  });
  afterAll(async () => {
    await client?.close();
    await server?.close();
  });

  const send = (op: string, command: Record<string, unknown>) => client.send({ op, store: "remote", ...command });
  const get = async (features: string[] | string, entities: Record<string, unknown[]>, more = {}) =>
    (await send("get", { features, entities, ...more })).columns;
  const fault = (sent: Promise<unknown>): Promise<FeastFault> =>
    sent.then(
      () => expect.unreachable("it was done"),
      (raised) => raised,
    );
  const fullRow = (id: number) => ({
    user_id: { type: "int64", values: [id] },
    event_timestamp: TIME,
    created: { type: "time", values: ["2026-11-20T01:02:04Z"] },
    ...Object.fromEntries(FEATURES.map((name) => [name, { type: FULL[name][0], values: [FULL[name][1]] }])),
  });
  const trip = (driver: number, trips: number, at: string) => ({
    driver_id: { type: "int64", values: [driver] },
    city: { type: "object", values: ["Zürich/ä+b"] },
    event_timestamp: { type: "time", values: [at] },
    trips: { type: "int64", values: [trips] },
  });

  it("writes every type and reads it back as the same Python type; an id that was never written is NOT_FOUND", async () => {
    await send("write", { view: "everything", columns: fullRow(1) });
    const columns = await get(REFERENCES, { user_id: [1, 404] });
    expect(columns).toEqual({
      user_id: { values: ["int 1", "int 404"], statuses: ["PRESENT", "PRESENT"] },
      ...Object.fromEntries(
        FEATURES.map((name) => [name, { values: [FULL[name][2], null], statuses: ["PRESENT", "NOT_FOUND"] }]),
      ),
    });
  });

  it("writes nulls, and null times of both kinds", async () => {
    const nulls = FEATURES.map((name) => {
      const type = FULL[name][0];
      return [name, { type: type === "time" || type.startsWith("float") ? type : "object", values: [null] }];
    });
    const columns = {
      ...fullRow(2),
      created: { type: "time", values: [null] },
      ...Object.fromEntries(nulls),
      a_string: { type: "object", values: ["Feast itself skips rows without any value"] },
    };
    await send("write", { view: "everything", columns });
    const read = await get(REFERENCES, { user_id: [2] });
    for (const name of FEATURES.filter((one) => one !== "a_string")) {
      expect(read[name], name).toEqual({ values: [null], statuses: ["NULL_VALUE"] });
    }
  });

  it("reads at the low level, where types are checked and a time is the first row's", async () => {
    await send("write", { view: "everything", columns: fullRow(3) });
    const rows = await send("read", { view: "everything", join_key: "user_id", ids: [3, 404], features: FEATURES });
    const time = "2026-11-20T01:02:03.250000+00:00";
    const values = Object.fromEntries(FEATURES.map((name) => [name, FULL[name][2]]));
    const a_time = "datetime datetime.datetime(2026, 11, 20, 1, 2, 3, tzinfo=datetime.timezone.utc)";
    expect(rows).toEqual([
      { time, values: { ...values, a_time } },
      { time, values: Object.fromEntries(FEATURES.map((name) => [name, null])) },
    ]);
  });

  it("gets what Feast's own server sends, to the letter", async () => {
    // A whole second: Feast's store of SQLite drops the rest.
    const columns = { ...fullRow(4), event_timestamp: { type: "time", values: ["2026-11-20T01:02:03Z"] } };
    for (const store of ["remote", "own"]) await send("write", { store, view: "everything", columns });
    const request = { features: REFERENCES, entities: { user_id: [4, 404] } };
    const theirs = await send("wire", { store: "own", ...request });
    const response = await fetch(`${server.url}/get-online-features`, {
      method: "POST",
      body: new Blob([JSON.stringify(request)]),
    });
    const ours = await response.text();
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(columnTexts(ours)).toEqual(columnTexts(theirs));
    expect(Object.keys(JSON.parse(ours)).toSorted()).toEqual(Object.keys(JSON.parse(theirs)).toSorted());
  });

  it("asks for a service with an on-demand view, by full names, and for the views' versions", async () => {
    const entity = { driver_id: { type: "int64", values: [7] } };
    const columns = {
      ...entity,
      event_timestamp: TIME,
      created: TIME,
      conv_rate: { type: "float32", values: [0.5] },
      acc_rate: { type: "float32", values: [1] },
      avg_daily_trips: { type: "int32", values: [3] },
    };
    await send("push", { source: "driver_stats", to: "online", columns });
    const answer = await send("get", {
      features: "driver_model",
      entities: { driver_id: [7], val_to_add: [2] },
      full_feature_names: true,
      versions: true,
    });
    expect(answer).toEqual({
      columns: {
        driver_id: { values: ["int 7"], statuses: ["PRESENT"] },
        driver_hourly_stats__conv_rate: { values: ["float 0.5"], statuses: ["PRESENT"] },
        driver_hourly_stats__avg_daily_trips: { values: ["int 3"], statuses: ["PRESENT"] },
        adjusted__conv_rate_plus: { values: ["float 2.5"], statuses: ["PRESENT"] },
      },
      versions: { driver_hourly_stats: 1 },
    });
  });

  it("asks for a version as Feast writes it", async () => {
    await send("write", { view: "everything", columns: fullRow(5) });
    const features = ["everything@v1:a_float64", "everything@latest:a_bool"];
    expect(Object.keys(await get(features, { user_id: [5] }, { full_feature_names: true }))).toEqual([
      "user_id",
      "everything@v1__a_float64",
      "everything__a_bool",
    ]);
  });

  it("3.3 writes by a composite key; the latest event time wins, whatever comes last, however often", async () => {
    for (const [trips, at] of [
      [5, "2026-11-20T02:00:00Z"],
      [4, "2026-11-20T01:00:00Z"],
      [5, "2026-11-20T02:00:00Z"],
    ] as const) {
      await send("write", { view: "trips_in_city", columns: trip(8, trips, at) });
    }
    const { trips } = await get(["trips_in_city:trips"], { driver_id: [8, 8], city: ["Zürich/ä+b", "Zürich"] });
    expect(trips).toEqual({ values: ["int 5", null], statuses: ["PRESENT", "NOT_FOUND"] });
  });

  it("writes and reads a view without an entity, beside one that has some", async () => {
    const rate = (at: string, value: number) => ({
      event_timestamp: { type: "time", values: [at] },
      rate: { type: "float64", values: [value] },
    });
    await send("write", { view: "rates", columns: rate("2026-11-20T01:00:00Z", 1.25) });
    await send("write", { view: "rates", columns: rate("2026-11-20T00:00:00Z", 9) });
    const both = await get(["rates:rate", "driver_hourly_stats:acc_rate"], { driver_id: [1, 2] });
    expect(both.rate).toEqual({ values: ["float 1.25", "float 1.25"], statuses: ["PRESENT", "PRESENT"] });
    expect(both.acc_rate.statuses).toEqual(["NOT_FOUND", "NOT_FOUND"]);
  });

  it("agrees with Feast's own store on what is materialized of hourly statistics", async () => {
    const { code, stderr } = await edgefeat(
      ["materialize", EPOCH, "2022-01-01T00:00:00Z", "--views", "driver_hourly_stats"],
      {
        cwd: repo,
      },
    );
    expect(code, stderr).toBe(0);
    const views = ["driver_hourly_stats"];
    await send("materialize", {
      store: "own",
      views,
      start: "1970-01-02T00:00:00+00:00",
      end: "2022-01-01T00:00:00+00:00",
    });
    const features = ["conv_rate", "acc_rate", "avg_daily_trips"].map((name) => `driver_hourly_stats:${name}`);
    const request = { features, entities: { driver_id: [1001, 1002, 1003, 1004, 1005] } };
    const [ours, theirs] = [await send("get", request), await send("get", { store: "own", ...request })];
    expect(ours).toEqual(theirs);
    expect(ours.columns.conv_rate.values).not.toContain(null);
  });

  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      "a view that is not here",
      () => get(["unknown:x"], { user_id: [1] }),
      "feast.errors.FeatureViewNotFoundException",
      /^there is no view "unknown"/,
    ],
    [
      "a feature that is not here",
      () => get(["everything:x"], { user_id: [1] }),
      "feast.errors.FeastObjectNotFoundException",
      /has no feature "x"/,
    ],
    [
      "a write to a view that is not here",
      () => {
        const columns = { user_id: { type: "int64", values: [1] }, event_timestamp: TIME, created: TIME };
        return send("write", { view: "unknown", columns: { ...columns, x: { type: "int64", values: [1] } } });
      },
      "feast.errors.FeatureViewNotFoundException",
      /^there is no view called "unknown"/,
    ],
    [
      "a row of the future",
      () => send("write", { view: "trips_in_city", columns: trip(1, 1, "2026-11-21T00:00:00Z") }),
      "feast.errors.FeastError",
      /^df\.event_timestamp\[0\]: its event time is later/,
    ],
    [
      "a write with a token that may only read",
      () => send("write", { store: "reader", view: "everything", columns: fullRow(1) }),
      "feast.errors.FeastPermissionError",
      /the token may read, but this needs write/,
    ],
    [
      "a write with a token for another view",
      () => send("write", { store: "limited", view: "everything", columns: fullRow(1) }),
      "feast.errors.FeastPermissionError",
      /the token is not for the view "everything"/,
    ],
    [
      "materialization, which its client leaves to the server",
      () =>
        send("materialize", { views: ["blobs"], start: "2026-01-01T00:00:00+00:00", end: "2026-11-20T00:00:00+00:00" }),
      "feast.errors.FeastError",
      /run edgefeat materialize START END.*or "edgefeat runner"/,
    ],
  ])("raises Feast's exception for %s", async (_name, act, type, message) => {
    const raised = await fault(act());
    expect([raised.type, raised.message]).toEqual([type, expect.stringMatching(message)]);
  });

  it("leaves a materialization to the runner that is there, which does it as it was asked for", async () => {
    const admin = createAdminClient({ url: server.url, token: server.token });
    await admin.beatRunner("one", {});
    const asked = {
      views: ["driver_hourly_stats"],
      start: "2021-04-12T00:00:00+00:00",
      end: "2021-04-13T00:00:00+00:00",
    };
    await send("materialize", asked);
    await send("materialize", { store: "limited", ...asked, views: ["trips_in_city"] });
    const run = await edgefeat(["runner", "--once", "--json"], { cwd: repo });
    const [mine, other] = JSON.parse(run.stdout.trimEnd().split("\n").at(-1) as string).jobs;
    const interval = { incremental: false, start: "2021-04-12T00:00:00Z", end: "2021-04-13T00:00:00Z" };
    expect(mine).toMatchObject({ view: "driver_hourly_stats", state: "succeeded", origin: "feast", ...interval });
    expect(mine.rows.keys).toBeGreaterThan(0);
    expect(other).toMatchObject({ view: "trips_in_city", createdBy: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect((await admin.listJobs()).runners).toEqual(["one"]);
    await admin.leaveRunner("one");
  });

  it("writes with a token for that view alone", async () => {
    await send("write", { store: "limited", view: "trips_in_city", columns: trip(9, 1, "2026-11-20T00:00:00Z") });
    const { trips } = await get(["trips_in_city:trips"], { driver_id: [9], city: ["Zürich/ä+b"] });
    expect(trips.values).toEqual(["int 1"]);
  });

  it("can't send bytes, whatever the server; those written otherwise it reads as base64", async () => {
    const columns = { user_id: { type: "int64", values: [6] }, event_timestamp: TIME };
    const some_bytes = { type: "bytes", values: ["abc"] };
    expect(await fault(send("write", { view: "blobs", columns: { ...columns, some_bytes } }))).toMatchObject({
      type: "builtins.TypeError",
      message: "Object of type bytes is not JSON serializable",
    });
    const df = { user_id: [6], event_timestamp: ["2026-11-20 01:02:03"], some_bytes: ["YWJj"] };
    const response = await fetch(`${server.url}/write-to-online-store`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.token}` },
      body: new Blob([JSON.stringify({ feature_view_name: "blobs", df })]),
    });
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { rows: 1, views: [{ view: "blobs", written: 1 }] },
    ]);
    expect((await get(["blobs:some_bytes"], { user_id: [6] })).some_bytes.values).toEqual(["str 'YWJj'"]);
  });
});

/** The feature_store.yaml of a store; with a token, as Feast sends one. */
function storeYaml(online: string, token?: string): string {
  const auth = token === undefined ? "" : `auth:\n  type: oidc\n  token: ${token}\n`;
  return `project: feast_client\nprovider: local\nregistry: registry.db\nentity_key_serialization_version: 3\nonline_store:\n${online}\n${auth}`;
}

/** By name, because Feast's own server sends them in no order. */
function columnTexts(wire: string): Record<string, string> {
  const { feature_names: names } = JSON.parse(wire).metadata as { feature_names: string[] };
  const texts = wire.match(/\{"values":.*?,"event_timestamps":\[.*?\]\}/g) ?? [];
  expect(texts).toHaveLength(names.length);
  return Object.fromEntries(names.map((name, i) => [name, texts[i] as string]));
}
