// Every aggregate as it is served: from packed tiles, by key and without one, in each form of an answer (SEMANTICS 4).
import { tableFromIPC } from "@uwdata/flechette";
import { beforeEach, describe, expect, it } from "vitest";
import {
  approxPercentile,
  count,
  countDistinct,
  daysSinceLast,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  lag,
  lastK,
  lastN,
  lifetime,
  onDemandView,
  parquet,
  secondsSinceLast,
  stddevPop,
  string,
  sum,
  timestamp,
  tumbling,
  varSample,
} from "../../sdk/index.ts";
import { type AggregatedViewSpec, collectDefinitions, compileDefinitions } from "../../sdk/registry/index.ts";
import { packTileRow } from "../../sdk/rows/index.ts";
import { parseTime } from "../../sdk/time.ts";
import { tileLayout } from "../../sdk/windows/index.ts";
import type { OracleRow } from "../support/oracle.ts";
import { tilesOf } from "../support/window-tiles.ts";
import { stores } from "../support/workerd-stores.ts";
import { type Harness, harness, NOW, TOKEN } from "./support/harness.ts";

const source = parquet("visits", {
  path: "visits.parquet",
  eventTime: "at",
  schema: { at: timestamp(), user: string(), spent: float64(), seats: int64(), shop: string() },
});
const aggregations = {
  visits: count(lifetime()),
  recent: sum("spent", lastN(2)),
  hourly: sum("seats", tumbling("1h")),
  shops: lastK("shop", 3, "1d"),
  paid: lastK("seats", 2, lifetime()),
  before: lag("shop", 2),
  kinds: countDistinct("shop", "1d"),
  most: approxPercentile("spent", 1, "1d"),
  spread: stddevPop("spent", "1d"),
  guess: varSample("spent", lastN(2)),
  seconds: secondsSinceLast(),
  days: daysSinceLast("spent", lifetime()),
};
const user = entity("user", { joinKey: "user", type: string() });
const visits = featureView("visits", { entities: [user], source, aggregations });
const all = featureView("all", { entities: [], source, aggregations });
const habit = onDemandView("habit", {
  inputs: [visits],
  features: { familiar: int64() },
  expressions: { familiar: "before in shops ? 1 : 0" },
});
const compiled = compileDefinitions(
  collectDefinitions({ visits, all, habit, service: featureService("service", { features: [visits, habit] }) }),
  { columnsOf: () => undefined },
);
const NAMES = Object.keys(aggregations);

const event = (at: string, spent: number | null, seats: bigint, shop: string | null): OracleRow => ({
  key: "u",
  e: parseTime(at),
  c: null,
  values: { spent, seats, shop },
});
// NOW is 12:00: the last full hour is 11:00 to 12:00, and the first event lies more than a day before.
const EVENTS = [
  event("2001-02-01T00:00:00Z", 100, 9_007_199_254_740_993n, "old"),
  event("2001-03-31T10:00:00Z", 2, 1n, "a"),
  event("2001-03-31T11:30:00Z", 4, 3n, "b"),
  event("2001-03-31T11:59:00Z", null, 5n, "b"),
];
const ROW = [4, 4, 8, ["b", "b", "a"], [5, 3], "b", 2, 4, 1, null, 60, 0.5 / 24];
const EMPTY = [0, null, null, null, null, null, 0, null, null, null, null, null];

function packed(view: string): string {
  const layout = tileLayout(compiled.views[view]?.spec as AggregatedViewSpec);
  const boundaryUs = parseTime("2001-03-31T11:00:00Z");
  const newestEventUs = (EVENTS.at(-1) as OracleRow).e;
  return packTileRow(layout, {
    newestEventUs,
    writtenAtUs: 0,
    boundaryUs,
    groups: tilesOf(layout, EVENTS, { boundaryUs }),
  });
}

const ROWS = [
  ["visits", { user: "u" }],
  ["all", {}],
] as const;
const tiles = (view: string, entities: object) => ({ tiles: [{ entities, packed: packed(view) }] });

describe.each(stores)("aggregates over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore());
    await h.apply(compiled);
    for (const [view, entities] of ROWS) await h.send("POST", `/v1/rows/${view}`, tiles(view, entities));
  });

  const ask = (path: string, body: unknown, accept: string) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${TOKEN}`, accept };
    const request = new Request(`http://edgefeat.test${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return h.app.fetch(request, undefined, { waitUntil: () => {} });
  };
  const service = { service: "service", entities: { user: ["u", "nobody"] } };

  it("stay as they are when their tiles are written again", async () => {
    for (const [view, entities] of ROWS) {
      const again = await h.send("POST", `/v1/rows/${view}`, tiles(view, entities));
      expect(again.json).toMatchObject({ unchanged: 1, written: 0 });
    }
  });

  it("answer as JSON, empty ones too, and feed on-demand features", async () => {
    const answer = await h.isolate().features({ ...service, include: ["statuses"] });
    expect(answer.json).toMatchObject({
      now: NOW,
      rows: [
        [...ROW, 1],
        [...EMPTY, null],
      ],
    });
  });

  it("of no entity answer one row for all", async () => {
    const answer = await h.isolate().features({ features: NAMES.map((name) => `all:${name}`) });
    expect(answer.json).toMatchObject({ rows: [ROW] });
  });

  it("answer the same from the cache as from the store, and past it", async () => {
    const isolate = h.isolate();
    const first = await isolate.features(service);
    expect((await isolate.features(service)).json).toEqual(first.json);
  });

  it("answer as Arrow, lists as lists", async () => {
    const response = await ask("/v1/features", service, "application/vnd.apache.arrow.stream");
    const table = tableFromIPC(await response.arrayBuffer(), { useBigInt: true });
    const rowOf = (r: number) =>
      table.names.map((name) => {
        const value: unknown = table.getChild(name).at(r);
        const plain = (v: unknown) => (typeof v === "bigint" ? Number(v) : v);
        return typeof value === "object" && value !== null
          ? Array.from(value as ArrayLike<unknown>, plain)
          : plain(value);
      });
    expect([rowOf(0), rowOf(1)]).toEqual([
      [...ROW, 1],
      [...EMPTY, null],
    ]);
  });

  it("as a matrix refuse lists, and give the rest as numbers", async () => {
    const refused = await ask("/v1/features", service, "application/octet-stream");
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ code: "type_mismatch", detail: expect.stringContaining("shops") }),
    ]);
    const features = ["visits", "recent", "kinds", "seconds"].map((name) => `visits:${name}`);
    const matrix = await ask("/v1/features", { features, entities: { user: ["u"] } }, "application/octet-stream");
    expect([...new Float32Array(await matrix.arrayBuffer())]).toEqual([4, 4, 2, 60]);
  });

  it("answer in Feast's shape", async () => {
    const features = ["visits:visits", "visits:shops", "visits:days"];
    const response = await ask("/get-online-features", { features, entities: { user: ["u"] } }, "application/json");
    const { results } = await response.json<{ results: { values: unknown[] }[] }>();
    expect(results.slice(1).map(({ values }) => values)).toEqual([[4], [["b", "b", "a"]], [0.5 / 24]]);
  });
});
