// A run just after a hop waits until the log is whole up to it: by an injected clock, and against a real server.
import { createAdminClient, createClient } from "edgefeat/client";
import { expect, describe, it, test } from "vitest";
import { sealedAfter, wholeUntil } from "../../sdk/cli/seal-wait.ts";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { count, entity, featureView, int64, parquet, string, sum, timestamp } from "../../sdk/index.ts";
import { collectDefinitions, compileDefinitions, snapshotOf } from "../../sdk/registry/index.ts";
import { formatTime, parseTime, US_PER_DAY, US_PER_MINUTE, type Us } from "../../sdk/time.ts";
import { edgefeat, folderWith, writeFiles } from "./cli-harness.ts";

const MIDNIGHT = "2001-03-31T00:00:00Z";

describe("the seal, by an injected clock", () => {
  /** Returns when the log was whole, in the time that passes in sleeps: each as long as `lasts` says. */
  async function sealed(
    hop: string | null,
    now: string,
    { frozen = false, lasts = (ms: number) => ms }: { frozen?: boolean; lasts?(ms: number): number } = {},
  ) {
    let nowUs = parseTime(now);
    const waits: number[] = [];
    const us = await sealedAfter(hop === null ? null : parseTime(hop), {
      getHealth: async () => ({ now: formatTime(nowUs), frozen }),
      sleep: async (ms) => void (nowUs += lasts(ms) * 1_000),
      onWait: (ms) => waits.push(ms),
    });
    return [formatTime(us), ...waits];
  }

  it.each([
    ["2001-03-31T00:00:05Z", [MIDNIGHT, 5_000]],
    ["2001-03-31T00:00:00Z", [MIDNIGHT, 10_000]],
    ["2001-03-31T00:00:09.9995Z", ["2001-03-31T00:00:00.000500Z", 1]],
    ["2001-03-31T00:00:10Z", [MIDNIGHT]],
    ["2001-03-31T06:00:00Z", ["2001-03-31T05:59:50Z"]],
  ])("at %s a run up to midnight is sealed at, after waits of: %j", async (now, expected) => {
    expect(await sealed(MIDNIGHT, now)).toEqual(expected);
  });

  it("waits no longer than the delay, whatever the clock does", async () => {
    expect(await sealed(MIDNIGHT, "2001-03-31T00:00:04Z", { lasts: (ms) => ms / 2 })).toEqual([
      "2001-03-30T23:59:59Z",
      6_000,
      3_000,
      1_000,
    ]);
    expect(await sealed("2001-03-31T00:01:00Z", MIDNIGHT)).toEqual([MIDNIGHT, 10_000]);
  });

  it("doesn't wait for a clock that stands still, or for a view that ends anywhere", async () => {
    expect(await sealed(MIDNIGHT, MIDNIGHT, { frozen: true })).toEqual([MIDNIGHT]);
    expect(await sealed(null, "2001-03-31T00:00:05Z")).toEqual(["2001-03-30T23:59:55Z"]);
  });
});

describe("up to when the log must be whole", () => {
  const user = entity("user", { joinKey: "user_id", type: string() });
  const fileOf = (name: string) =>
    parquet(name, {
      path: "e.parquet",
      eventTime: "at",
      eventId: "id",
      schema: { id: string(), user_id: string(), at: timestamp(), n: int64() },
    });
  const common = { entities: [user], source: fileOf("events") };
  const alone = (name: string) => ({ entities: [user], source: fileOf(name) });
  const unpushed = alone("c");
  const aggregations = { n_1h: count("1h"), n_60d: sum("n", "60d", { hop: "1d" }) };
  const reference = parquet("reference", { path: "r.parquet", schema: { user_id: string(), n: int64() } });
  const views = {
    tiles: featureView("tiles", { ...common, push: true, aggregations }),
    batch: featureView("batch", { ...common, aggregations }),
    stored: featureView("stored", { ...common, features: { n: int64() } }),
    alone: featureView("alone", { ...alone("a"), push: true, aggregations }),
    stored_alone: featureView("stored_alone", { ...alone("b"), features: { n: int64() } }),
    untold: featureView("untold", { ...unpushed, aggregations }),
    untold_too: featureView("untold_too", { ...unpushed, aggregations }),
    timeless: featureView("timeless", { entities: [user], source: reference, features: { n: int64() } }),
    timeless_too: featureView("timeless_too", { entities: [user], source: reference, features: { n: int64() } }),
  };
  const compiled = compileDefinitions(collectDefinitions(views), { columnsOf: () => undefined });
  const serving = snapshotOf("p", "dev", compiled);
  const unserved = structuredClone(serving);
  for (const { versions } of Object.values(unserved.views))
    Object.assign(versions["1"] as object, { materialized: false });

  const moments = { beganUs: parseTime("2001-03-31T00:00:07Z"), endUs: parseTime("2001-03-31T00:00:05Z") };
  const [BEGAN, HOP] = [moments.beganUs, parseTime(MIDNIGHT)];

  it.each<[view: keyof typeof views, served: Us | null, before: Us | null]>([
    ["tiles", HOP, BEGAN],
    ["batch", null, BEGAN],
    ["stored", null, BEGAN],
    ["alone", HOP, HOP],
    ["stored_alone", null, null],
    ["untold", null, null],
    ["timeless", null, null],
  ])("of %s: %d where it serves, %d before", (view, served, before) => {
    expect(wholeUntil(serving, view, 1, moments)).toBe(served);
    expect(wholeUntil(unserved, view, 1, moments)).toBe(before);
  });
});

test("a run up to now ends at the hop that was passed, says what it waits for, and holds what was pushed before", async () => {
  const cwd = folderWith({
    "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "sealed", definitions: "./features.ts", offline: { log: "./log" } });
`,
    "features.ts": `import { count, csv, entity, featureView, int64, timestamp } from "edgefeat";
const user = entity("user", { joinKey: "user_id", type: int64() });
const clicks = csv("clicks", { path: "clicks.csv", eventTime: "at", eventId: "click",
  schema: { click: int64(), user_id: int64(), at: timestamp() } });
export const clicked = featureView("clicked", { entities: [user], source: clicks, push: true,
  aggregations: { clicks_1m: count("1m", { hop: "1s" }) } });
`,
    "clicks.csv": "click,user_id,at\n1,1,2001-03-01T10:00:00Z\n",
  });
  const server = await startServer({ repo: cwd });
  try {
    expect((await edgefeat(["apply"], { cwd })).code).toBe(0);
    const reach = { url: server.url, token: server.token };
    const [admin, client] = [createAdminClient(reach), createClient(reach)];
    const time = (await admin.getHealth()).now;
    await client.push("clicked", [{ id: 2, time, values: { user_id: 1 } }]);
    const end = (await admin.getHealth()).now;
    const run = await edgefeat(["materialize-incremental", end, "--json"], { cwd });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/wait \d+\.\d s until the log is whole …/);
    expect(run.json().views).toMatchObject([{ view: "clicked", boundary: end.replace(/\.\d+/, "") }]);
  } finally {
    await server.close();
  }
});

test("a version that is new has what the one before it was pushed just before, in its rows and its tiles", async () => {
  const features = (more: {
    column: string;
    window: string;
  }) => `import { count, entity, featureView, float64, stream, string, timestamp } from "edgefeat";
const user = entity("user", { joinKey: "user", type: string() });
const clicks = stream("clicks", { eventTime: "at", eventId: "id",
  schema: { id: string(), at: timestamp(), user: string(), price: float64(), tax: float64() } });
const common = { entities: [user], source: clicks, push: true };
export const clicked = featureView("clicked", { ...common, aggregations: { clicks: count("1h", { hop: "1s" })${more.window} } });
export const latest = featureView("latest", { ...common, features: { price: float64()${more.column} } });
`;
  const cwd = folderWith({
    "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "versions", definitions: "./features.ts" });
`,
    "features.ts": features({ column: "", window: "" }),
  });
  const server = await startServer({ repo: cwd });
  try {
    const run = async (...args: string[]) => {
      const done = await edgefeat([...args, "--json"], { cwd });
      expect(done.code, done.stderr).toBe(0);
      return done;
    };
    await run("apply");
    const reach = { url: server.url, token: server.token };
    const [admin, client] = [createAdminClient(reach), createClient(reach)];
    writeFiles(cwd, {
      "features.ts": features({ column: ", tax: float64()", window: `, two: count("2h", { hop: "1s" })` }),
    });
    const before = (us: Us, now: string) => formatTime(parseTime(now) - us);
    const { now } = await admin.getHealth();
    const values = { user: "a", price: 1, tax: 2 };
    await client.push("clicked", [{ id: "1", time: before(US_PER_MINUTE, now), values }]);
    await client.push("latest", [{ id: "1", time: before(3 * US_PER_DAY, now), values }]);
    await run("apply");
    const first = await run("materialize-incremental", (await admin.getHealth()).now);
    expect(first.stderr).toMatch(/wait \d+\.\d s until the log is whole …/);
    expect(
      await client.getFeatures({ features: ["clicked:two", "latest:tax"], entities: { user: ["a"] }, noCache: true }),
    ).toMatchObject({ rows: [{ two: 1, tax: 2 }] });
    const next = await run("materialize-incremental", before(US_PER_MINUTE, (await admin.getHealth()).now));
    expect(next.stderr).not.toContain("until the log is whole");
  } finally {
    await server.close();
  }
});
