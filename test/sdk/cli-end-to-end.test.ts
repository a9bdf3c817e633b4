// The whole way by the command line: init or a repo, serve, plan, apply, materialize, online, historical.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { edgefeat, folderWith, serve, writeFiles } from "./cli-harness.ts";
import { FEATURES, PAYMENTS, REPO } from "./cli-repo.ts";

test("init's repo works as it is, as its own words say", async () => {
  const parent = folderWith();
  const init = await edgefeat(["init", "shop", "--json"], { cwd: parent });
  expect(init.code).toBe(0);
  const cwd = join(parent, "shop");
  expect(init.json()).toEqual({
    folder: cwd,
    files: ["edgefeat.config.ts", "features.ts", "data/orders.csv", "entities.csv", ".gitignore"],
  });
  const again = await edgefeat(["init", "shop"], { cwd: parent });
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("would be overwritten")]);

  const steps = init.stderr
    .match(/^ {2}edgefeat .*$/gm)
    ?.map((line) => line.trim().split(/ {2,}/)[0]?.split(" ").slice(1)) as string[][];
  expect(steps.map(([command]) => command)).toEqual(["serve", "apply", "materialize", "online", "historical"]);
  await serve(["--port", "0"], { cwd });
  const outputs: string[] = [];
  for (const step of steps.slice(1)) {
    const run = await edgefeat(step, { cwd });
    expect([step, run.code, run.stderr.includes("error")]).toEqual([step, 0, false]);
    outputs.push(run.stdout);
  }
  expect(outputs[2]).toMatch(/^last_order:channel +web +PRESENT/m);
  expect(outputs[2]).toMatch(/^basket_risk:times_average +1 +PRESENT/m);
  expect(existsSync(join(cwd, "training.parquet"))).toBe(true);
});

describe("a repo on a server with a frozen clock", () => {
  const cwd = folderWith(REPO);
  const run = (...args: string[]) => edgefeat([...args, "--json"], { cwd });
  const NOW = "2001-03-03T00:00:00Z";

  test("serve answers before any registry, and leaves its address and token for this user alone", async () => {
    const { url } = await serve(["--port", "0", "--now", NOW], { cwd });
    const health = await fetch(`${url}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ project: "pay", environment: "dev", now: NOW, registry: null });
    const file = join(cwd, ".edgefeat/serve.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ url, token: expect.any(String), pid: expect.any(Number) });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const unauthorized = await fetch(`${url}/v1/registry`, { method: "PUT", body: "{}" });
    expect(unauthorized.status).toBe(401);
  });

  test("plan tells what would be added; it changes nothing", async () => {
    for (let times = 0; times < 2; times++) {
      const plan = await run("plan");
      expect([plan.code, plan.json()]).toMatchObject([0, { project: "pay", environment: "dev", registry: null }]);
      expect(plan.json().changes).toContainEqual({
        what: "view",
        name: "payment_stats",
        kind: "add",
        version: 1,
        needsMaterialization: true,
        services: ["risk_model"],
      });
    }
  });

  test("apply is idempotent", async () => {
    const first = await run("apply");
    expect([first.code, first.json()]).toMatchObject([0, { changed: true }]);
    const again = await run("apply");
    expect(again.json()).toMatchObject({ changed: false, changes: [], registry: first.json().registry });
    expect(again.stderr).toContain("nothing to change");
  });

  test("before it is materialized a view answers view_not_materialized", async () => {
    const online = await run("online", "--service", "risk_model", "--entity", "user_id=1", "--request", "limit=100");
    expect([online.code, online.json().error.code]).toEqual([1, "view_not_materialized"]);
  });

  test("SEMANTICS 3.6: an END later than the server's clock is refused before anything is read", async () => {
    const late = await run("materialize", "2001-03-01T00:00:00Z", "2001-03-03T01:00:00Z");
    expect([late.code, late.json().error.code]).toEqual([1, "event_time_in_future"]);
  });

  test("SEMANTICS 3.3: materialize writes what is new, and nothing when it runs again", async () => {
    const first = await run("materialize", "2001-03-01T00:00:00Z", NOW);
    expect(first.json().views).toMatchObject([
      { view: "last_payment", version: 1, keys: 3, written: 3, unchanged: 0, start: "2001-03-01T00:00:00Z", end: NOW },
      { view: "payment_stats", version: 1, keys: 3, written: 3, unchanged: 0 },
    ]);
    const again = await run("materialize", "2001-03-01T00:00:00Z", NOW);
    expect(again.json().views).toMatchObject([
      { written: 0, unchanged: 3 },
      { written: 0, unchanged: 3 },
    ]);
  });

  test("materialize-incremental starts a day before the last end", async () => {
    writeFiles(cwd, { "data/payments.csv": `${PAYMENTS}2,2001-03-02T20:00:00Z,3,1,late\n` });
    const next = await run("materialize-incremental", NOW, "--views", "last_payment");
    expect(next.json().views).toMatchObject([
      { view: "last_payment", keys: 3, written: 1, start: "2001-03-02T00:00:00Z", end: NOW },
    ]);
    const all = await run("materialize-incremental", NOW, "--views", "payment_stats");
    expect(all.json().views).toMatchObject([{ view: "payment_stats", written: 1, unchanged: 2 }]);
  });

  test("views to materialize are named by their names", async () => {
    const typo = await run("materialize-incremental", NOW, "--views", "last_paymnt");
    expect([typo.code, typo.json().error]).toMatchObject([
      1,
      { code: "unknown_view", hint: 'did you mean "last_payment"?' },
    ]);
    const onDemand = await run("materialize-incremental", NOW, "--views", "risk");
    expect([onDemand.code, onDemand.json().error.code]).toEqual([1, "bad_request"]);
  });

  test("online prints exact values, statuses and event times", async () => {
    const online = await run(
      "online",
      "--service",
      "risk_model",
      "--entity",
      "user_id=9007199254740993",
      "--request",
      "limit=2",
    );
    expect(online.json()).toMatchObject({
      now: NOW,
      features: [
        "last_payment:amount",
        "last_payment:shop",
        "payment_stats:payments_1d",
        "payment_stats:spent_1d",
        "payment_stats:cents_1d",
        "risk:share",
      ],
      rows: [{ amount: 1, shop: "music", payments_1d: 1, spent_1d: 1, cents_1d: 100, share: 0.5 }],
      statuses: [{ amount: "PRESENT", share: "PRESENT" }],
      eventTimes: [{ amount: "2001-03-03T00:00:00Z", share: null }],
      versions: { last_payment: 1, payment_stats: 1, risk: 1 },
    });
    const exact = await edgefeat(
      ["online", "--features", "payment_stats:cents_1d,last_payment:shop", "--entity", "user_id=2"],
      { cwd },
    );
    expect(exact.stdout).toMatch(/^payment_stats:cents_1d +9007199254740994 +PRESENT +2001-03-02T20:00:00Z$/m);
    expect(exact.stdout).toMatch(/^last_payment:shop +late +PRESENT +2001-03-02T20:00:00Z$/m);
    expect(exact.stdout).toContain(`as of ${NOW}`);
  });

  const mistakes: [args: string[], code: number, error: { code: string; hint?: unknown }][] = [
    [
      ["--service", "risk_modl", "--entity", "user_id=1"],
      1,
      { code: "unknown_service", hint: 'did you mean "risk_model"?' },
    ],
    [
      ["--features", "payment_stats:spent_2d", "--entity", "user_id=1"],
      1,
      { code: "unknown_feature", hint: 'did you mean "spent_1d"?' },
    ],
    [
      ["--features", "payment_stat:spent_1d", "--entity", "user_id=1"],
      1,
      { code: "unknown_view", hint: 'did you mean "payment_stats"?' },
    ],
    [["--features", "risk:share", "--entity", "user_id=1"], 1, { code: "missing_request_data" }],
    [["--features", "risk:share", "--entity", "user=1"], 1, { code: "unknown_entity_key" }],
    [["--features", "payment_stats:spent_1d", "--entity", "user_id=one"], 2, { code: "type_mismatch" }],
  ];

  test.each(mistakes)("online %j fails with %i", async (args, code, error) => {
    const online = await run("online", ...args);
    expect([online.code, online.json().error]).toMatchObject([code, error]);
  });

  test("historical gives what serving at the same time gives, and passes labels through", async () => {
    const historical = await run(
      "historical",
      "--entities",
      "entities.csv",
      "--service",
      "risk_model",
      "--out",
      "out/set.csv",
      "--full-names",
    );
    expect([historical.code, historical.json()]).toMatchObject([
      0,
      { rows: 4, nulls: { risk__share: 2 }, out: "out/set.csv" },
    ]);
    expect(readFileSync(join(cwd, "out/set.csv"), "utf8")).toBe(
      `user_id,event_timestamp,limit,label,last_payment__amount,last_payment__shop,payment_stats__payments_1d,payment_stats__spent_1d,payment_stats__cents_1d,risk__share
1,2001-03-02T09:00:00Z,100,a,2.5,"food, fresh",2,12.5,1250,0.125
1,2001-03-02T08:59:59Z,100,b,10,books,1,10,1000,0.1
2,2001-03-02T11:00:00Z,5,c,,,0,,,
9007199254740993,2001-03-04T00:00:00Z,2,d,1,music,0,,,
`,
    );
  });

  test("historical refuses what does not exist", async () => {
    const typo = await run(
      "historical",
      "--entities",
      "entities.csv",
      "--features",
      "last_payment:amout",
      "--out",
      "o.csv",
    );
    expect([typo.code, typo.json().error]).toMatchObject([
      1,
      { code: "unknown_feature", hint: 'did you mean "amount"?' },
    ]);
    const format = await run(
      "historical",
      "--entities",
      "entities.csv",
      "--features",
      "last_payment:amount",
      "--out",
      "o.xls",
    );
    expect([format.code, format.json().error.code]).toEqual([1, "file_format_unknown"]);
  });

  test("SEMANTICS 7.1: an added feature is compatible, a changed window breaking, a description neither", async () => {
    writeFiles(cwd, { "features.ts": FEATURES.replace('count("1d")', 'count("1d", { description: "all" })') });
    expect((await run("plan")).json().changes).toEqual([
      { what: "view", name: "payment_stats", kind: "metadata", version: 1, services: ["risk_model"] },
    ]);
    writeFiles(cwd, { "features.ts": FEATURES.replace('count("1d")', 'count("1d"), payments_7d: count("7d")') });
    expect((await run("plan")).json().changes).toContainEqual(
      expect.objectContaining({
        name: "payment_stats",
        kind: "new-version",
        version: 2,
        breaking: false,
        needsMaterialization: true,
      }),
    );
    writeFiles(cwd, { "features.ts": FEATURES.replace('count("1d")', 'count("2d")') });
    expect((await run("plan")).json().changes).toContainEqual(
      expect.objectContaining({ name: "payment_stats", kind: "new-version", version: 2, breaking: true }),
    );
  });
});
