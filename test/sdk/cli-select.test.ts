// Views with a query of their own, without an entity, and over files with bad rows: from definitions to answers, as a user
// goes.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readTableFile } from "../../offline/datasets/files.ts";
import { columnValues } from "../support/snapshots.ts";
import { edgefeat, folderWith, type Run, serve } from "./cli-harness.ts";
import { CONFIG } from "./cli-repo.ts";

const FEATURES = `import { avg, count, csv, entity, featureService, featureView, float64, int64, string, timestamp } from "edgefeat";

const shop = entity("shop", { joinKey: "shop", type: string() });
// Times of its own making, which a select reads: no column of the file is called "at".
const sales = csv("sales", { path: "sales.csv", eventTime: "at" });
const rates = csv("rates", { path: "rates.csv", eventTime: "at" });

const typed = \`SELECT shop, strptime(day || ' ' || hour, '%d.%m.%Y %H') AS at, CAST(cents AS BIGINT) / 100 AS euros
  FROM sales WHERE cents <> 'void'\`;

export const lastSale = featureView("last_sale", { entities: [shop], source: sales, select: typed, features: { euros: float64() } });
export const busy = featureView("busy", {
  entities: [shop],
  source: sales,
  select: { sql: typed, columns: ["shop", "day", "hour", "cents"] },
  aggregations: { sales_1d: count("1d"), mean_1d: avg("euros", "1d") },
});
export const rate = featureView("rate", { entities: [], source: rates, ttl: "2d", features: { dollars: float64() } });
export const traffic = featureView("traffic", { entities: [], source: sales, select: typed, aggregations: { all_1d: count("1d") } });
export const model = featureService("model", { features: [lastSale, busy, rate, traffic] });
export const market = featureService("market", { features: [rate, traffic] });
`;

const SALES = `shop,day,hour,cents
a,01.03.2001,10,1050
a,02.03.2001,09,void
b,02.03.2001,12,99
a,02.03.2001,20,300
`;
const RATES = `at,dollars
2001-03-01,0.9
yesterday,0.95
2001-03-02T00:00:00Z,0.92
2001-03-02T12:00:00Z,much
`;
const NOW = "2001-03-03T00:00:00Z";
const START = "2001-03-01T00:00:00Z";
const ENTITIES = `shop,event_timestamp\na,${NOW}\nb,${NOW}\nc,${NOW}\n`;

function succeeded(run: Run): any {
  expect([run.code, run.stderr]).toEqual([0, run.stderr]);
  return run.json();
}

describe("a repo with selects and without entities", () => {
  const repo = folderWith({
    "edgefeat.config.ts": CONFIG,
    "features.ts": FEATURES,
    "sales.csv": SALES,
    "rates.csv": RATES,
    "entities.csv": ENTITIES,
  });
  const run = (...args: string[]) => edgefeat([...args, "--json"], { cwd: repo });

  beforeAll(async () => {
    await serve(["--port", "0", "--now", NOW], { cwd: repo });
  });

  it("is planned, with DuckDB's word on each query", async () => {
    const { changes } = succeeded(await run("plan"));
    expect(
      changes
        .filter(({ what }: any) => what === "view")
        .map(({ name }: any) => name)
        .toSorted(),
    ).toEqual(["busy", "last_sale", "rate", "traffic"]);
    succeeded(await run("apply"));
  });

  it("fails on bad rows, and materializes the others where it is told to set them aside", async () => {
    const refused = await run("materialize", START, NOW, "--views", "rate");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/bad_time[^]*rates.csv, line 3, column "at"/),
    ]);
    const done = succeeded(await run("materialize", START, NOW, "--on-bad-rows", "quarantine"));
    expect(done.views.map(({ view, keys, quarantined }: any) => [view, keys, quarantined])).toEqual([
      ["busy", 2, {}],
      ["last_sale", 2, {}],
      ["rate", 1, { rates: 2 }],
      ["traffic", 1, {}],
    ]);
    const [kept] = done.views[2].quarantine;
    expect(kept).toEqual({ of: "rates", rows: 2, file: join(".edgefeat", "quarantine", "rate@1.source.parquet") });
    const table = await readTableFile(join(repo, kept.file));
    expect(columnValues(table, "edgefeat_reason", { kind: "string" })).toEqual([
      expect.stringContaining('rates.csv, line 3, column "at"'),
      expect.stringContaining('rates.csv, line 5, column "dollars"'),
    ]);
    expect(existsSync(join(repo, ".edgefeat/quarantine/busy@1.source.parquet"))).toBe(false);
  });

  it("answers online what it joins offline, one row for all without any id", async () => {
    const alone = succeeded(await run("online", "--service", "market"));
    expect(alone.rows).toEqual([{ dollars: 0.92, all_1d: 2 }]);
    const out = join(repo, "training.parquet");
    const { quarantined } = succeeded(
      await run(
        "historical",
        "--entities",
        join(repo, "entities.csv"),
        "--service",
        "model",
        "--out",
        out,
        "--on-bad-rows",
        "quarantine",
      ),
    );
    expect(quarantined).toEqual({ rates: 2 });
    const table = await readTableFile(out);
    const offline: Record<string, unknown[]> = Object.fromEntries(
      [
        ["euros", "float64"],
        ["sales_1d", "int64"],
        ["mean_1d", "float64"],
        ["dollars", "float64"],
        ["all_1d", "int64"],
      ].map(([name, kind]) => [name, columnValues(table, name as string, { kind } as never)]),
    );
    expect(offline).toEqual({
      euros: [3, 0.99, null],
      sales_1d: [1n, 1n, 0n],
      mean_1d: [3, 0.99, null],
      dollars: [0.92, 0.92, 0.92],
      all_1d: [2n, 2n, 2n],
    });
    for (const [row, shop] of ["a", "b", "c"].entries()) {
      const [online] = succeeded(await run("online", "--service", "model", "--entity", `shop=${shop}`)).rows;
      for (const [name, values] of Object.entries(offline)) {
        const value = values[row];
        expect([shop, name, online[name]]).toEqual([shop, name, typeof value === "bigint" ? Number(value) : value]);
      }
    }
  });
});

it("tells of a query that can't run when it is planned, with DuckDB's line", async () => {
  const repo = folderWith({
    "edgefeat.config.ts": CONFIG,
    "features.ts": FEATURES.replace("hour, '%d", "\\n hours, '%d"),
    "sales.csv": SALES,
    "rates.csv": RATES,
  });
  const refused = await edgefeat(["plan"], { cwd: repo });
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/sql_error[^]*select of view "busy" failed: Binder Error[^]*"hours" not found[^]*LINE 2/),
  ]);
});
