// `edgefeat historical` beyond the plain join: provenance, what was known, bad rows, all entities, metadata, time travel.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readSchemaFile, readTableFile } from "../../offline/datasets/files.ts";
import { edgefeat, folderWith, type Run, serve, writeFiles } from "./cli-harness.ts";
import { FEATURES, REPO } from "./cli-repo.ts";

const rowsOf = async (file: string) =>
  [...(await readTableFile(file))].map((row) => row?.toJSON() as Record<string, unknown>);
const historical = (cwd: string, ...args: string[]) => edgefeat(["historical", ...args, "--json"], { cwd });

describe("what the file says of itself", () => {
  let home: string;
  let made: Run;
  beforeAll(async () => {
    home = folderWith(REPO);
    const args = [
      "--entities",
      "entities.csv",
      "--service",
      "risk_model",
      "--embargo",
      "1h",
      "--out",
      "made/t.parquet",
    ];
    made = await historical(home, ...args);
  });

  test("the features in their order, the registry, the rules, and the command that makes it again", async () => {
    expect(made.code, made.stderr).toBe(0);
    const { metadata } = await readSchemaFile(join(home, "made/t.parquet"));
    const features = JSON.parse(metadata.get("edgefeat.features") as string);
    expect(features.map((f: { column: string; feature: string }) => [f.column, f.feature])).toEqual([
      ["amount", "last_payment@1:amount"],
      ["shop", "last_payment@1:shop"],
      ["payments_1d", "payment_stats@1:payments_1d"],
      ["spent_1d", "payment_stats@1:spent_1d"],
      ["cents_1d", "payment_stats@1:cents_1d"],
      ["share", "risk@1:share"],
    ]);
    for (const { version, fingerprint } of features) {
      expect(version).toBe(1);
      expect(fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
    const registry = metadata.get("edgefeat.registry") as string;
    expect(metadata.get("edgefeat.entity_time")).toBe("event_timestamp");
    expect(metadata.get("edgefeat.embargo")).toBe("1h");
    expect(metadata.get("edgefeat.command")).toBe(
      `edgefeat historical --registry-version ${registry} --entities entities.csv --service risk_model --embargo 1h --out made/t.parquet`,
    );
    expect(existsSync(join(home, `.edgefeat/registry/${registry.slice(7)}.json`))).toBe(true);
  });

  test("the definitions change, and the command of the old file makes it again, byte for byte", async () => {
    const { metadata } = await readSchemaFile(join(home, "made/t.parquet"));
    const before = readFileSync(join(home, "made/t.parquet"));
    writeFiles(home, {
      "features.ts": FEATURES.replace('ttl: "7d"', 'ttl: "1s"').replace('sum("amount", "1d")', 'sum("amount", "2d")'),
    });
    const now = await historical(
      home,
      "--entities",
      "entities.csv",
      "--service",
      "risk_model",
      "--embargo",
      "1h",
      "--out",
      "now.parquet",
    );
    expect(now.code, now.stderr).toBe(0);
    expect(await rowsOf(join(home, "now.parquet"))).not.toEqual(await rowsOf(join(home, "made/t.parquet")));
    const [, ...args] = (metadata.get("edgefeat.command") as string).split(" ");
    const again = await edgefeat(args, { cwd: home });
    expect(again.code, again.stderr).toBe(0);
    expect(readFileSync(join(home, "made/t.parquet")).equals(before)).toBe(true);
  });

  test("by the first digits of the hash, or its number; what is kept is told where neither fits", async () => {
    const { metadata } = await readSchemaFile(join(home, "made/t.parquet"));
    const registry = metadata.get("edgefeat.registry") as string;
    for (const version of [registry.slice(7, 20), registry.slice(0, 20), "1"]) {
      const args = [
        "--entities",
        "entities.csv",
        "--features",
        "payment_stats:spent_1d",
        "--registry-version",
        version,
      ];
      const run = await historical(home, ...args, "--out", "by.csv");
      expect(run.json().registry, version).toBe(registry);
    }
    const none = await historical(
      home,
      "--entities",
      "entities.csv",
      "--service",
      "x",
      "--registry-version",
      "9",
      "--out",
      "n.csv",
    );
    expect(none.json().error).toMatchObject({ code: "registry_not_found" });
    expect(none.json().error.hint).toContain(`1 (${registry.slice(0, 19)}…, historical`);
  });

  test("a kept registry that was changed is refused", async () => {
    const { metadata } = await readSchemaFile(join(home, "made/t.parquet"));
    const registry = metadata.get("edgefeat.registry") as string;
    const folder = folderWith(REPO);
    const text = readFileSync(join(home, `.edgefeat/registry/${registry.slice(7)}.json`), "utf8");
    writeFiles(folder, {
      [`.edgefeat/registry/${registry.slice(7)}.json`]: text.replace("604800000000", "604800000001"),
    });
    const args = [
      "--entities",
      "entities.csv",
      "--service",
      "risk_model",
      "--registry-version",
      registry,
      "--out",
      "t.csv",
    ];
    expect((await historical(folder, ...args)).json().error.code).toBe("registry_invalid");
  });
});

test("a registry that only the server still has", async () => {
  const home = folderWith(REPO);
  await serve(["--port", "0", "--now", "2001-03-05T00:00:00Z"], { cwd: home });
  const first = (await edgefeat(["apply", "--json"], { cwd: home })).json().registry as string;
  expect(existsSync(join(home, `.edgefeat/registry/${first.slice(7)}.json`))).toBe(true);
  writeFiles(home, { "features.ts": FEATURES.replace('ttl: "7d"', 'ttl: "1s"') });
  const second = (await edgefeat(["apply", "--json"], { cwd: home })).json().registry as string;
  expect(second).not.toBe(first);
  const materialized = await edgefeat(["materialize", "2001-01-01T00:00:00Z", "2001-03-04T00:00:00Z"], { cwd: home });
  expect(materialized.code, materialized.stderr).toBe(0);
  const whole = (await edgefeat(["plan", "--json"], { cwd: home })).json().registry as string;
  const args = ["--entities", "entities.csv", "--features", "payment_stats:spent_1d", "--out", "t.csv"];
  expect(existsSync(join(home, `.edgefeat/registry/${whole.slice(7)}.json`))).toBe(false);
  const run = await historical(home, "--registry-version", whole, ...args);
  expect(run.json().registry, run.stderr).toBe(whole);
  const never = await historical(home, "--registry-version", `sha256:${"0".repeat(64)}`, ...args);
  expect(never.json().error.code).toBe("registry_not_found");
});

test("a TypeScript transform whose code is another now is told as that", async () => {
  const transform = (
    factor: number,
  ) => `import { entity, csv, featureView, float64, int64, onDemandView } from "edgefeat";
    const user = entity("user", { joinKey: "user_id", type: int64() });
    const payments = csv("payments", { path: "data/payments.csv", eventTime: "at" });
    export const last = featureView("last", { entities: [user], source: payments, features: { amount: float64() } });
    export const twice = onDemandView("twice", { inputs: [last], features: { double: float64() },
      transform: (row) => ({ double: row.amount === null ? null : row.amount * ${factor} }) });`;
  const home = folderWith({ ...REPO, "features.ts": transform(2) });
  const args = ["--entities", "entities.csv", "--features", "twice:double", "--out", "t.csv"];
  const { registry } = (await historical(home, ...args)).json();
  writeFiles(home, { "features.ts": transform(3) });
  const run = await historical(home, ...args, "--registry-version", registry);
  expect(run.json().error).toMatchObject({ code: "transform_not_bundled" });
  expect(run.json().error.message).toContain("was made with other code");
  expect(run.json().error.hint).toContain("check out the definitions of that time");
});

test("event times beside the features", async () => {
  const home = folderWith(REPO);
  const run = await historical(
    home,
    "--entities",
    "entities.csv",
    "--features",
    "last_payment:amount,risk:share",
    "--provenance",
    "--out",
    "t.csv",
  );
  expect(run.json().columns.slice(-2)).toEqual(["amount__event_time", "share__event_time"]);
  expect(readFileSync(join(home, "t.csv"), "utf8").split("\n")[1]).toContain(
    "2001-03-02T09:00:00Z,2001-03-02T09:00:00Z",
  );
});

test("only what was known: at the row's time, or at a column's", async () => {
  const created = (text: string, at: readonly string[]) =>
    text
      .split("\n")
      .map((line, i) => (line === "" ? line : `${line},${i === 0 ? "made" : at[i - 1]}`))
      .join("\n");
  const home = folderWith({
    ...REPO,
    "features.ts": FEATURES.replace('eventTime: "at" }', 'eventTime: "at", createdTime: "made" }'),
    "data/payments.csv": created(REPO["data/payments.csv"], [
      "2001-03-01T10:00:00Z",
      "2001-03-02T09:30:00Z",
      "2001-03-02T12:00:00Z",
      "2001-03-03T00:00:00Z",
    ]),
    "later.csv": REPO["entities.csv"]
      .replaceAll(/^(\d+,[^,]*)/gm, "$1,2001-03-02T09:30:00Z")
      .replace("event_timestamp", "event_timestamp,asked_at"),
  });
  const amounts = async (file: string, ...args: string[]) => {
    const run = await historical(
      home,
      "--entities",
      file,
      "--features",
      "last_payment:amount",
      ...args,
      "--out",
      "t.parquet",
    );
    expect(run.code, run.stderr).toBe(0);
    return (await rowsOf(join(home, "t.parquet"))).map((row) => row["amount"]);
  };
  expect((await amounts("entities.csv"))[0]).toBe(2.5);
  expect((await amounts("entities.csv", "--as-known-at"))[0]).toBe(10);
  expect((await amounts("later.csv", "--as-known-at", "asked_at"))[0]).toBe(2.5);
});

test("rows without a time are set aside in files of their own", async () => {
  const home = folderWith({
    ...REPO,
    "entities.csv": `${REPO["entities.csv"]}1,,100,e\n`,
    "data/payments.csv": `${REPO["data/payments.csv"]}1,,5,500,toys\n`,
  });
  const args = [
    "--entities",
    "entities.csv",
    "--features",
    "last_payment:amount,payment_stats:payments_1d",
    "--out",
    "t.csv",
  ];
  expect((await historical(home, ...args)).json().error.code).toBe("null_time");
  expect(existsSync(join(home, "t.csv"))).toBe(false);
  const run = await historical(home, ...args, "--on-bad-rows", "quarantine");
  expect(run.code, run.stderr).toBe(0);
  expect(run.json()).toMatchObject({
    rows: 4,
    quarantined: { "the entity rows": 1, payments: 1 },
    quarantine: [
      { of: "the entity rows", file: "t.quarantine-the_entity_rows.csv", rows: 1 },
      { of: "payments", file: "t.quarantine-payments.csv", rows: 1 },
    ],
  });
  expect(readFileSync(join(home, "t.quarantine-payments.csv"), "utf8")).toContain("edgefeat_reason");
  expect(run.stderr).toContain("warning: 1 row of payments set aside in t.quarantine-payments.csv");
});

describe("all entities", () => {
  let home: string;
  beforeAll(() => {
    home = folderWith(REPO);
  });
  const all = (...args: string[]) => historical(home, "--all-entities", ...args);

  test("at some times", async () => {
    const run = await all(
      "--at",
      "2001-03-02T00:00:00Z,2001-03-03T00:00:00Z",
      "--features",
      "payment_stats:payments_1d",
      "--out",
      "t.csv",
    );
    expect(run.code, run.stderr).toBe(0);
    expect(readFileSync(join(home, "t.csv"), "utf8")).toBe(
      [
        "user_id,event_timestamp,payments_1d",
        "1,2001-03-02T00:00:00Z,1",
        "1,2001-03-03T00:00:00Z,1",
        "2,2001-03-03T00:00:00Z,1",
        "9007199254740993,2001-03-03T00:00:00Z,1",
        "",
      ].join("\n"),
    );
  });

  test("over a range at a step, with request data", async () => {
    const range = ["--from", "2001-03-01T00:00:00Z", "--to", "2001-03-02T00:00:00Z", "--every", "12h"];
    const run = await all(...range, "--service", "risk_model", "--request", "limit=20", "--out", "t.parquet");
    expect(run.code, run.stderr).toBe(0);
    const rows = await rowsOf(join(home, "t.parquet"));
    expect(rows.map((row) => [row["user_id"], row["limit"], row["share"]])).toEqual([
      [1n, 20, 0.5],
      [1n, 20, 0.5],
    ]);
  });

  test.each([
    ["nothing said of times", [], 2, "--at, or --from, --to and --every"],
    ["both kinds of times", ["--at", "2001-03-02T00:00:00Z", "--every", "1d"], 2, "either --at"],
    ["a file as well", ["--at", "2001-03-02T00:00:00Z", "--entities", "entities.csv"], 2, "either --entities"],
    ["a time without a zone", ["--at", "2001-03-02T00:00:00"], 2, "no time zone"],
    ["request data of another type", ["--at", "2001-03-02T00:00:00Z", "--request", "limit=x"], 2, "is not float64"],
    ["no request data", ["--at", "2001-03-02T00:00:00Z"], 1, "limit"],
    [
      "too many rows",
      ["--at", "2001-03-04T00:00:00Z", "--request", "limit=1", "--max-rows", "2"],
      1,
      "3 rows, more than 2",
    ],
  ])("%s", async (_, args, code, said) => {
    const run = await all(...args, "--service", "risk_model", "--out", "n.csv");
    expect([run.code, existsSync(join(home, "n.csv"))]).toEqual([code, false]);
    expect(run.stderr).toContain(said);
  });

  test("--at without --all-entities is bad usage", async () => {
    const run = await historical(home, "--at", "2001-03-02T00:00:00Z", "--service", "risk_model", "--out", "n.csv");
    expect([run.code, run.json().error.message]).toEqual([2, "--at goes with --all-entities"]);
  });
});

test("nothing is left beside the training set", async () => {
  const home = folderWith(REPO);
  writeFileSync(join(home, "t.csv"), "old");
  expect((await historical(home, "--entities", "entities.csv", "--service", "risk_model", "--out", "t.csv")).code).toBe(
    0,
  );
  expect(readdirSync(home).toSorted()).toEqual([
    ".edgefeat",
    "data",
    "edgefeat.config.ts",
    "entities.csv",
    "features.ts",
    "t.csv",
  ]);
  expect(readdirSync(join(home, ".edgefeat"))).toEqual(["registry"]);
});
