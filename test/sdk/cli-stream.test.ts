// A source without a file: its views answer from apply on, history is the log alone, a later version catches up from it (SEMANTICS 7.2).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type RunningServer } from "../../sdk/cli/serve/index.ts";
import { edgefeat, folderWith, writeFiles } from "./cli-harness.ts";

const NOW = "2001-03-04T00:00:00Z";
const features = (
  more = "",
) => `import { count, entity, featureView, float64, last, lifetime, stream, string, timestamp } from "edgefeat";
const user = entity("user", { joinKey: "user", type: string() });
const clicks = stream("clicks", { eventTime: "at", eventId: "id",
  schema: { id: string(), at: timestamp(), user: string(), price: float64() } });
export const clicked = featureView("clicked", { entities: [user], source: clicks, push: true,
  aggregations: { clicks: count(lifetime(), { hop: "1h" }), price: last("price", lifetime(), { hop: "1h" })${more} } });
export const latest = featureView("latest", { entities: [user], source: clicks, push: true, features: { price: float64() } });
`;

describe("a stream", () => {
  const cwd = folderWith({
    "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "clicks", definitions: "./features.ts" });
`,
    "features.ts": features(),
    "entities.csv": `user,event_timestamp\na,${NOW}\na,2001-03-03T10:30:00Z\nb,${NOW}\n`,
  });
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ repo: cwd, nowUs: Date.parse(NOW) * 1000 });
  });
  afterAll(() => server.close());

  const run = async (...args: string[]) => {
    const { code, stdout, stderr, json } = await edgefeat([...args, "--json"], { cwd });
    if (code !== 0) throw new Error(stdout + stderr);
    return json();
  };
  const push = async (view: string, ...events: object[]) => {
    const response = await fetch(`${server.url}/v1/push/${view}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${server.token}` },
      body: JSON.stringify(events),
    });
    return [response.status, await response.json()];
  };
  const online = async (...names: string[]) =>
    (await run("online", "--features", names.join(","), "--entity", "user=a")).rows[0];
  const click = (id: string, time: string, price: number | null, user = "a") => ({ id, time, values: { user, price } });

  it("7.2: answers from apply on, and counts what is pushed at once", async () => {
    const applied = await run("apply");
    expect(JSON.stringify(applied)).not.toContain('"needsMaterialization":true');
    expect(await online("clicked:clicks", "clicked:price")).toEqual({ clicks: 0, price: null });
    const events = [click("1", "2001-03-03T10:00:00Z", 1), click("2", "2001-03-03T11:00:00Z", 2)];
    expect(await push("clicked", ...events)).toMatchObject([200, { accepted: 2, logged: true }]);
    expect(await push("latest", ...events)).toMatchObject([200, { accepted: 2, logged: true }]);
    expect(await online("clicked:clicks", "clicked:price")).toEqual({ clicks: 2, price: 2 });
    expect(await online("latest:price")).toEqual({ price: 2 });
  });

  it("2.1: is joined from its log", async () => {
    const features = "clicked:clicks,latest:price";
    await run("historical", "--entities", "entities.csv", "--features", features, "--out", "out.csv");
    expect(readFileSync(join(cwd, "out.csv"), "utf8").split(/\r?\n/)).toEqual([
      "user,event_timestamp,clicks,price",
      "a,2001-03-04T00:00:00Z,2,2",
      "a,2001-03-03T10:30:00Z,1,1",
      "b,2001-03-04T00:00:00Z,0,",
      "",
    ]);
  });

  it("7.2: a later version answers once it has caught up with the log, what came after its boundary too", async () => {
    expect(await push("clicked", click("3", "2001-03-03T23:20:00Z", 3))).toMatchObject([200, { accepted: 1 }]);
    const late = click("4", "2001-03-03T23:10:00Z", 4);
    expect(await push("clicked?to=offline", late)).toMatchObject([200, { deferred: 1 }]);
    writeFiles(cwd, { "features.ts": features(`, day: count("1d", { hop: "1h" })`) });
    await run("apply");
    await expect(online("clicked:day")).rejects.toThrow(/view_not_materialized/);
    expect(await push("clicked", click("5", "2001-03-03T23:30:00Z", 5))).toMatchObject([200, { accepted: 1 }]);
    const { views } = await run("materialize-incremental", "2001-03-03T23:59:00Z");
    expect(views.map((one: Record<string, unknown>) => [one["view"], one["version"], one["caughtUp"]])).toEqual([
      ["clicked", 2, { accepted: 2, duplicate: 1, deferred: 0, rejected: 0 }],
      ["latest", 1, null],
      ["clicked", 1, null],
    ]);
    expect(await online("clicked:clicks", "clicked:day")).toEqual({ clicks: 5, day: 5 });
    await run("reconcile", "--all");
    // Once it serves, only pushes bring it what comes after its boundary.
    expect(await push("clicked?to=offline", click("6", "2001-03-03T23:40:00Z", 6))).toMatchObject([200, {}]);
    await run("materialize-incremental", "2001-03-03T23:59:00Z");
    expect(await online("clicked:clicks")).toEqual({ clicks: 5 });
  });

  it("7.2: a view that comes later has what was pushed before it once it is materialized", async () => {
    const later = `export const later = featureView("later", { entities: [user], source: clicks, push: true,
  aggregations: { total: count(lifetime(), { hop: "1h" }) } });
`;
    writeFiles(cwd, { "features.ts": `${features(`, day: count("1d", { hop: "1h" })`)}${later}` });
    const { stdout } = await edgefeat(["apply"], { cwd });
    expect(stdout).toMatch(/\+ view later@1; to be materialized/);
    await expect(online("later:total")).rejects.toThrow(/view_not_materialized/);
    await run("materialize-incremental", NOW);
    expect(await online("later:total")).toEqual({ total: 6 });
    await run("reconcile", "--all");
  });

  it("is refused where nothing could come of it", async () => {
    const bad = (text: string) => writeFiles(cwd, { "features.ts": text });
    bad(features().replaceAll("push: true,", ""));
    await expect(run("plan")).rejects.toThrow(
      /view "clicked": its source is a stream, of pushed events alone[^]*add push: true/,
    );
    bad(features().replace('eventId: "id"', 'eventId: "idd"'));
    await expect(run("plan")).rejects.toThrow(
      /there is no column of source "clicks" called "idd"[^]*did you mean "id"/,
    );
    bad(features().replace('eventId: "id",', 'eventId: "id", path: "x.csv",'));
    await expect(run("plan")).rejects.toThrow(/path/);
  });
});
