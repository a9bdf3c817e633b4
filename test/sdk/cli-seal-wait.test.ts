// A run just after a hop waits until the log is whole up to it: by an injected clock, and against a real server.
import { createAdminClient, createClient } from "edgefeat/client";
import { expect, describe, it, test } from "vitest";
import { lastHop, sealedAfter } from "../../sdk/cli/seal-wait.ts";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { count, entity, featureView, int64, parquet, string, sum, timestamp } from "../../sdk/index.ts";
import { collectDefinitions, compileDefinitions, snapshotOf } from "../../sdk/registry/index.ts";
import { formatTime, parseTime } from "../../sdk/time.ts";
import { edgefeat, folderWith } from "./cli-harness.ts";

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

test("only tiles that take pushes end on hops: on the coarsest", () => {
  const user = entity("user", { joinKey: "user_id", type: string() });
  const source = parquet("events", {
    path: "e.parquet",
    eventTime: "at",
    eventId: "id",
    schema: { id: string(), user_id: string(), at: timestamp(), n: int64() },
  });
  const common = { entities: [user], source };
  const aggregations = { n_1h: count("1h"), n_60d: sum("n", "60d", { hop: "1d" }) };
  const views = {
    tiles: featureView("tiles", { ...common, push: true, aggregations }),
    batch: featureView("batch", { ...common, aggregations }),
    stored: featureView("stored", { ...common, push: true, features: { n: int64() } }),
  };
  const compiled = compileDefinitions(collectDefinitions(views), { columnsOf: () => undefined });
  const snapshot = snapshotOf("p", "dev", compiled);
  const endUs = parseTime("2001-03-31T00:00:05Z");
  const hops = Object.keys(views).map((view) => lastHop(snapshot, view, 1, endUs));
  expect(hops).toEqual([parseTime(MIDNIGHT), null, null]);
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
