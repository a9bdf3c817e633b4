// `edgefeat reconcile` on both stores: healthy worlds are equal, every kind of wrong row is found, told of and mended.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, openEngine, reconcile, type ReconcileOptions } from "../../offline/index.ts";
import { appliedRegistry, connect, type Connection, type ServerRegistry } from "../../sdk/cli/connection.ts";
import { loadConfig } from "../../sdk/cli/load/config.ts";
import { loadTransforms } from "../../sdk/cli/load/definitions.ts";
import { sourceReader } from "../../sdk/cli/load/sources.ts";
import { reconcileOnline } from "../../sdk/cli/reconcile-online.ts";
import { coveredBy } from "../../sdk/cli/reconcile-views.ts";
import type { RowsPage } from "../../sdk/client/index.ts";
import { typesInSnapshot } from "../../sdk/registry/index.ts";
import { formatTime, US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, type Us } from "../../sdk/time.ts";
import { createUpstashStore, runtimeDeps } from "../../worker/store/index.ts";
import { upstash } from "../support/provided.ts";
import { edgefeat, folderWith, serve } from "./cli-harness.ts";

const FEATURES = `import {
  avg, count, csv, entity, featureService, featureView, float64, int64, last, max, onDemandView, requestSource, string, sum, timestamp,
} from "edgefeat";
const shop = entity("shop", { joinKey: "shop", type: string() });
const pair = entity("pair", { joinKeys: { shop: string(), user: int64() } });
const sales = csv("sales", {
  path: "sales.csv", eventTime: "at", createdTime: "made",
  schema: { shop: string(), user: int64(), at: timestamp(), made: timestamp(), amount: float64(), n: int64() },
});
const cities = csv("cities", { path: "cities.csv", schema: { shop: string(), city: string() } });
export const lastSale = featureView("last_sale", {
  entities: [shop], source: sales, ttl: "2d", features: { amount: float64(), n: int64({ default: -1 }) },
});
export const shopStats = featureView("shop_stats", {
  entities: [shop], source: sales,
  aggregations: { sales_6h: count("6h"), sum_1d: sum("amount", "1d"), n_max_2d: max("n", "2d"), avg_1d: avg("amount", "1d") },
});
export const pairStats = featureView("pair_stats", {
  entities: [pair], source: sales, aggregations: { pair_1d: count("1d"), pair_last: last("amount", "2d") },
});
export const everyone = featureView("everyone", {
  entities: [], source: sales, aggregations: { all_1d: count("1d") },
});
export const place = featureView("place", { entities: [shop], source: cities, features: { city: string() } });
export const big = featureView("big", {
  entities: [shop], source: sales, select: 'SELECT shop, "at", made, amount * 2 AS doubled FROM sales WHERE amount > 5',
  features: { doubled: float64() },
});
export const ratio = onDemandView("ratio", {
  inputs: [lastSale, pairStats], features: { share: float64(), age: int64() },
  expressions: { share: "amount / pair_1d", age: "n + 1" },
});
const asked = requestSource("asked", { limit: float64() });
export const within = onDemandView("within", { inputs: [lastSale, asked], features: { fits: float64() }, expressions: { fits: "limit - amount" } });
export const model = featureService("model", { features: [lastSale, shopStats, pairStats, everyone, place, big, ratio, within] });
`;

const SHOPS = ["books", "food & drink", "a:b+c%", "ünïcode"];
/** The clock is the real one: windows move while two answers are made. */
const NOW_US: Us = Date.now() * 1_000;
const END_US = NOW_US - 30 * US_PER_MINUTE;

function salesCsv(): string {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const at = END_US - i * 13 * US_PER_MINUTE - (i % 7);
    const amount = i % 11 === 0 ? "" : String((i * 37) % 101) + "." + (i % 10);
    return [
      SHOPS[i % SHOPS.length],
      (i * 7) % 5,
      formatTime(at),
      formatTime(at + 1_000_000),
      amount,
      i % 9 === 0 ? "" : i,
    ];
  });
  // What no materialization covered: in the file, and of no account.
  const later = ["books", 1, formatTime(NOW_US - US_PER_MINUTE), formatTime(NOW_US), "1e9", 1];
  return `shop,user,at,made,amount,n\n${[...rows, later].map((row) => row.join(",")).join("\n")}\n`;
}

const config = (project: string, online: string) =>
  `import { defineConfig, env } from "edgefeat";
export default defineConfig({ project: "${project}", definitions: "./features.ts"${online} });
`;

interface World {
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Writes a text under a key as it is; null where there is no way to. */
  readonly writeText: ((key: string, text: string) => Promise<void>) | null;
  readonly project: string;
}

function reconciles(name: string, open: () => Promise<World>): void {
  describe(`edgefeat reconcile on ${name}`, () => {
    let world: World;
    let engine: Engine;
    let connection: Connection;
    let registry: ServerRegistry;
    let base: ReconcileOptions;
    const run = (args: string[]) => edgefeat([...args, "--json"], { cwd: world.cwd, env: world.env });

    beforeAll(async () => {
      world = await open();
      for (const args of [["apply"], ["materialize", formatTime(END_US - 30 * US_PER_DAY), formatTime(END_US)]]) {
        const { code, stderr } = await run(args);
        expect([code, stderr]).toEqual([0, expect.any(String)]);
      }
      engine = await openEngine();
      const loaded = await loadConfig(world.cwd);
      connection = await connect(loaded, world.env);
      registry = await appliedRegistry(connection, loaded);
      const { hash, snapshot } = registry;
      base = {
        engine,
        snapshot,
        registry: hash,
        transforms: await loadTransforms(loaded),
        readSource: sourceReader(world.cwd, (source) => typesInSnapshot(snapshot, source)),
        hasLog: false,
        online: await reconcileOnline(connection, snapshot),
        covered: await coveredBy(await connection.admin.getMaterializations(), null),
        sample: { by: "all" },
      };
    });
    afterAll(() => engine?.close());

    const look = async (view: string | null, more: Partial<ReconcileOptions> = {}) => {
      const views = view === null ? {} : { views: [{ view, version: 1 }] };
      const report = await reconcile({ ...base, ...views, ...more });
      return { ...report, by: Object.fromEntries(report.views.map((one) => [one.view, one])) };
    };
    const expectEqual = async () => {
      const { verdict, differences } = await look(null);
      expect([verdict, differences]).toEqual(["equal", []]);
    };

    it("finds a healthy store equal, whatever is in the files beyond what was materialized", async () => {
      const { verdict, by, differences, skipped } = await look(null);
      expect([verdict, differences]).toEqual(["equal", []]);
      expect(Object.keys(by).toSorted()).toEqual([
        "big",
        "everyone",
        "last_sale",
        "pair_stats",
        "place",
        "ratio",
        "shop_stats",
      ]);
      for (const view of Object.values(by)) {
        expect([view.view, view.wrongKeys, view.keys.compared]).toEqual([view.view, 0, expect.any(Number)]);
        for (const feature of view.features) expect(feature.equal).toBe(view.keys.compared);
      }
      expect(by["last_sale"]?.keys).toMatchObject({ online: 4, offline: 4, compared: 4 });
      expect(by["pair_stats"]?.keys).toMatchObject({ online: 20, offline: 20, compared: 20 });
      expect(by["everyone"]?.keys).toMatchObject({ online: 1, compared: 1 });
      expect(by["ratio"]?.keys).toMatchObject({ online: 0, compared: 20 });
      expect(skipped).toEqual([{ view: "within@1", why: "it needs request data: limit" }]);
    });

    it("as a command: equal and 0, then 1 for a difference and a file of it, then mended", async () => {
      const healthy = await run(["reconcile", "--all"]);
      expect([healthy.code, healthy.json().verdict, healthy.stderr.includes("warning")]).toEqual([0, "equal", false]);
      const entities = { shop: "books" };
      await put("last_sale", "books", (revision) => ({
        entities,
        ...at(END_US),
        values: { amount: 1.5, n: 7 },
        revision,
      }));
      const seen = await run(["reconcile", "--views", "last_sale", "--out", "differences.csv"]);
      expect([seen.code, seen.json()]).toMatchObject([
        1,
        { verdict: "different", views: [{ wrongKeys: 1 }], differences: 2 },
      ]);
      expect(seen.stderr).toMatch(
        /last_sale@1: 4 keys, 1 key wrong\n[^]*amount of \{"shop":"books"\}: online 1.5, offline null/,
      );
      const lines = readFileSync(join(world.cwd, "differences.csv"), "utf8").trim().split("\n");
      expect([lines.length, lines[1]]).toEqual([3, expect.stringContaining("last_sale@1,amount")]);
      const mended = await run(["reconcile", "--sample", "1", "--repair"]);
      expect([mended.code, mended.json().verdict]).toEqual([0, "repaired"]);
      await expectEqual();
      const audited = (await edgefeat(["help"], { cwd: world.cwd })).stdout;
      expect(audited).toContain("reconcile");
    });

    it("refuses what it can't take", async ({ skip }) => {
      if (world.writeText !== null) skip("the command line is the same on each store, and each run is a process");
      for (const [args, code, error] of [
        [["--views", "nothing"], 1, "unknown_view"],
        [["--views", "last_sale@7"], 1, "unknown_version"],
        [["--all", "--keys", "3"], 2, "bad_request"],
        [["--sample", "2"], 2, "bad_request"],
        [["--tolerance", "x"], 2, "bad_request"],
        [["--out", "file.txt"], 1, "file_format_unknown"],
      ] as const) {
        const wrong = await run(["reconcile", ...args]);
        expect([args, wrong.code, wrong.json().error.code]).toEqual([args, code, error]);
      }
    });

    it("takes a part of the keys, always the same", async () => {
      const seven = await look("pair_stats", { sample: { by: "keys", keys: 7 } });
      expect(seven.by["pair_stats"]?.keys).toMatchObject({ online: 20, compared: 7 });
      const half = (await look("pair_stats", { sample: { by: "part", part: 0.5 } })).by["pair_stats"]?.keys.compared;
      expect([half, (half ?? 0) > 3 && (half ?? 0) < 17]).toEqual([half, true]);
    });

    /** Puts a row in the place of another's, as an admin can. */
    async function put(view: string, id: string, row: (revision: string | null) => object): Promise<void> {
      const { rows } = await connection.admin.listRows(view, { version: 1, ids: [id] });
      const member = ["last_sale", "big", "place"].includes(view) ? "rows" : "tiles";
      const body = { version: 1, until: formatTime(Date.now() * 1_000), [member]: [row(rows[0]?.revision ?? null)] };
      expect(await connection.admin.replaceRows(view, JSON.stringify(body))).toMatchObject({ written: 1 });
    }

    const WRONG: [what: string, view: string, id: string, row: (revision: string | null) => object, found: object][] = [
      [
        "a value changed under the same times",
        "last_sale",
        "books",
        (revision) => ({ entities: { shop: "books" }, ...at(END_US), values: { amount: 1.5, n: 7 }, revision }),
        {
          keys: { onlyOnline: 0, onlyOffline: 0 },
          features: [
            { feature: "amount", mismatch: 0, nullOffline: 1 },
            { feature: "n", mismatch: 1 },
          ],
        },
      ],
      [
        "a later row that no source has",
        "last_sale",
        "food%20%26%20drink",
        (revision) => ({
          entities: { shop: "food & drink" },
          ...at(NOW_US),
          values: { amount: -1, n: null },
          revision,
        }),
        { features: [{ mismatch: 1, greatestAbsolute: 38.1 }, { mismatch: 1 }] },
      ],
      [
        "a value lost",
        "last_sale",
        "food%20%26%20drink",
        (revision) => ({
          entities: { shop: "food & drink" },
          ...at(END_US),
          values: { amount: null, n: null },
          revision,
        }),
        { features: [{ nullOnline: 1 }, { mismatch: 1 }] },
      ],
      [
        "a row lost",
        "last_sale",
        "a%3Ab%2Bc%25",
        (revision) => ({ entities: { shop: "a:b+c%" }, values: null, revision }),
        { keys: { onlyOffline: 1 }, features: [{ nullOnline: 1 }, { mismatch: 1 }] },
      ],
      [
        "a row of a key that no source has",
        "last_sale",
        "stray",
        (revision) => ({ entities: { shop: "stray" }, ...at(END_US), values: { amount: 1, n: null }, revision }),
        { keys: { onlyOnline: 1, online: 5, compared: 5 }, features: [{ nullOffline: 1 }, { equal: 5 }] },
      ],
      [
        "a row of a reference table lost",
        "place",
        "books",
        (revision) => ({ entities: { shop: "books" }, values: null, revision }),
        { keys: { onlyOffline: 1 }, features: [{ nullOnline: 1 }] },
      ],
      [
        "a row that a view's own query makes changed",
        "big",
        "books",
        (revision) => ({ entities: { shop: "books" }, ...at(END_US - US_PER_HOUR), values: { doubled: 3 }, revision }),
        { features: [{ mismatch: 1 }] },
      ],
      [
        "the tiles of a key lost",
        "shop_stats",
        "books",
        (revision) => ({ entities: { shop: "books" }, packed: null, revision }),
        {
          keys: { onlyOffline: 1 },
          features: [{ mismatch: 1 }, { nullOnline: 1 }, { nullOnline: 1 }, { nullOnline: 1 }],
        },
      ],
    ];

    it.each(WRONG)("finds and mends %s", async (_, view, id, row, found) => {
      await put(view, id, row);
      const seen = await look(view);
      expect([seen.verdict, seen.by[view]?.wrongKeys]).toEqual(["different", 1]);
      expect(seen.by[view]).toMatchObject(found);
      const mended = await look(view, { repair: true });
      expect([mended.verdict, mended.by[view]]).toMatchObject(["repaired", { wrongKeys: 1, repaired: 1 }]);
      await expectEqual();
    });

    it("leaves B as it was where tiles are mended", async () => {
      const boundaries = async () => {
        const rows = [];
        let cursor: string | null = null;
        do {
          const page: RowsPage = await connection.admin.listRows("shop_stats", { version: 1, cursor });
          rows.push(...page.rows);
          ({ cursor } = page);
        } while (cursor !== null);
        return rows.map((one) => one.boundary);
      };
      expect(await boundaries()).toEqual(SHOPS.map(() => formatTime(END_US)));
      await put("shop_stats", "books", (revision) => ({ entities: { shop: "books" }, packed: null, revision }));
      expect((await look("shop_stats", { repair: true })).verdict).toBe("repaired");
      expect(await boundaries()).toEqual(SHOPS.map(() => formatTime(END_US)));
    });

    it("mends no row that has changed since it was looked at", async () => {
      const { rows } = await connection.admin.listRows("last_sale", { version: 1, ids: ["books"] });
      const entities = { shop: "books" };
      const body = (revision: string) =>
        JSON.stringify({
          until: formatTime(NOW_US),
          rows: [{ entities, ...at(END_US), values: { amount: 9, n: 9 }, revision }],
        });
      expect(await connection.admin.replaceRows("last_sale", body("0".repeat(32)))).toMatchObject({
        written: 0,
        superseded: 1,
      });
      await expectEqual();
      expect(rows.length).toBe(1);
    });

    it("lets a tolerance excuse what is small, and tells what is computed of it", async () => {
      await put("last_sale", "food%20%26%20drink", (revision) => ({
        entities: { shop: "food & drink" },
        ...at(END_US),
        values: { amount: 37.1000001, n: 1 },
        revision,
      }));
      const excused = await look("last_sale", { tolerance: 1e-6 });
      expect([excused.verdict, excused.by["last_sale"]?.features[0]]).toMatchObject([
        "equal",
        { mismatch: 1, beyond: 0 },
      ]);
      // Of what is computed nothing can be rewritten.
      const ratio = await look("ratio", { repair: true });
      expect([ratio.verdict, ratio.by["ratio"]?.repaired]).toEqual(["different", 0]);
      expect((await look("last_sale", { repair: true })).verdict).toBe("repaired");
      await expectEqual();
    });

    it("finds and mends rows that can't be read", async ({ skip }) => {
      if (world.writeText === null) skip("texts can only be written past the server where the store is Redis");
      const key = (view: string) => `feature:${world.project}:dev:shop:books:${view}@1`;
      for (const text of ["[1,", "garbage", "[]", "z9:AAAA", `[${END_US},0,null,"x"]`]) {
        for (const view of ["last_sale", "shop_stats"]) {
          await world.writeText?.(key(view), text);
          const seen = await look(view);
          expect([text, seen.verdict, seen.by[view]]).toMatchObject([
            text,
            "different",
            { wrongKeys: 1, keys: { unreadable: 1 } },
          ]);
          expect([text, (await look(view, { repair: true })).verdict]).toEqual([text, "repaired"]);
        }
      }
      await expectEqual();
    });
  });
}

const at = (us: Us) => ({ eventTime: formatTime(us), createdTime: formatTime(us) });

const FILES = {
  "features.ts": FEATURES,
  "sales.csv": salesCsv(),
  "cities.csv": `shop,city\n${SHOPS.map((shop, i) => `${shop},c${i}`).join("\n")}\n`,
};

reconciles("the durable object", async () => {
  const project = "reconcile";
  const cwd = folderWith({ ...FILES, "edgefeat.config.ts": config(project, "") });
  await serve(["--port", "0"], { cwd });
  return { cwd, env: {}, writeText: null, project };
});

describe.skipIf(upstash === null)("with redis-server", () => {
  reconciles("upstash", async () => {
    const project = `reconcile-${process.pid}`;
    const database = upstash as { url: string; token: string };
    const online = `, online: { type: "upstash", url: env("REDIS_URL"), token: env("REDIS_TOKEN") }`;
    const cwd = folderWith({ ...FILES, "edgefeat.config.ts": config(project, online) });
    const store = createUpstashStore({ ...database, ...runtimeDeps });
    return {
      cwd,
      env: { REDIS_URL: database.url, REDIS_TOKEN: database.token },
      async writeText(key: string, value: string) {
        const [expected = null] = await store.read([key]);
        await store.compareAndSet([{ key, expected, value, expireInMs: null }]);
      },
      project,
    };
  });
});
