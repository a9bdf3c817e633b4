// serve.windows_vs_stored: what an aggregated view of 5 windows × 4 functions costs to read beside a stored one of 20 features.
import {
  avg,
  count,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  max,
  parquet,
  string,
  sum,
  timestamp,
} from "../../../sdk/index.ts";
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";
import { packTileRow } from "../../../sdk/rows/index.ts";
import { parseTime, US_PER_DAY, US_PER_MINUTE } from "../../../sdk/time.ts";
import { eventAdder, tileLayout, type TileEvent } from "../../../sdk/windows/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";
import { type BenchServer, startBenchServer } from "../bench-server.ts";
import { cpuRounds, needCpuTime } from "../cpu-rounds.ts";
import { startGatewayProcess } from "../gateway-process.ts";
import { post, type Target } from "../load.ts";
import type { Measurement, Metric } from "../metric.ts";
import { EVENT_TIME, NOW } from "../serving.ts";

const WINDOWS = ["1h", "6h", "1d", "7d", "30d"] as const;
const ENTITIES = 100;
/** So often that every tile but those of the shortest window has an event. */
const EVENT_EVERY_US = 20 * US_PER_MINUTE;

export const serveWindowsVsStored: Metric = {
  name: "serve.windows_vs_stored",
  description:
    "CPU time of workerd a POST /v1/features of one row, 5 windows × 4 functions over 20 stored features, from the cache and past it",
  async run(say) {
    needCpuTime();
    const gateway = await startGatewayProcess();
    const { snapshot, spec } = definitions();
    const { project, environment } = snapshot;
    try {
      const server = await startBenchServer({ project, environment, now: NOW, upstash: gateway });
      try {
        const bytes = await fill(server, snapshot, spec);
        const measurements: Measurement[] = [];
        for (const [variant, control] of [
          ["", {}],
          ["store", { "cache-control": "no-cache" }],
        ] as const) {
          say(variant === "" ? "from the cache" : "from the store");
          const request = (service: string): Target => ({
            port: server.port,
            path: "/v1/features",
            body: JSON.stringify({ service, entities: { user_id: ["u0"] } }),
            headers: control,
          });
          const targets = { ours: request("windows"), baseline: request("stored") };
          const rounds = await cpuRounds(server, targets, { requests: 1_500, rounds: 9 });
          measurements.push({ variant, unit: "µs", ...rounds, against: "20 stored features", better: "lower" });
        }
        return {
          measurements,
          notes: [
            `an event of a key every 20 minutes for 30 days, amounts in cents; ${bytes} characters a row of tiles, before compression`,
            "goal: at most 1.5 ×; the cache holds tiles, so that each read merges them anew",
          ],
        };
      } finally {
        await server.close();
      }
    } finally {
      await gateway.close();
    }
  },
};

function definitions() {
  const user = entity("user", { joinKeys: { user_id: string() } });
  const source = parquet("payments", {
    path: "payments.parquet",
    eventTime: "time",
    schema: { amount: float64(), user_id: string(), time: timestamp() },
  });
  const functions = WINDOWS.flatMap((window) => [
    [`count_${window}`, count(window)] as const,
    [`sum_${window}`, sum("amount", window)] as const,
    [`avg_${window}`, avg("amount", window)] as const,
    [`max_${window}`, max("amount", window)] as const,
  ]);
  const windows = featureView("spent", { entities: [user], source, aggregations: Object.fromEntries(functions) });
  const profile = parquet("profiles", { path: "profiles.parquet", eventTime: "time" });
  const features = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`f_${i}`, i % 2 === 0 ? float64() : int64()]),
  );
  const stored = featureView("profile", { entities: [user], source: profile, features });
  const { snapshot } = snapshotFrom({
    windows,
    stored,
    a: featureService("windows", { features: [windows] }),
    b: featureService("stored", { features: [stored] }),
  });
  return { snapshot, spec: snapshot.views["spent"]?.versions["1"]?.spec as AggregatedViewSpec };
}

/** Writes a row of each view for every entity, and returns how long a row of tiles is. */
async function fill(
  { port, token }: BenchServer,
  snapshot: ReturnType<typeof definitions>["snapshot"],
  spec: AggregatedViewSpec,
): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const to = (path: string, body: unknown): Target => ({ port, path, body: JSON.stringify(body), headers });
  await post(to("/v1/registry", snapshot), undefined, "PUT");
  const tiles = Array.from({ length: ENTITIES }, (_, id) => ({
    entities: { user_id: `u${id}` },
    packed: packedTiles(spec, id),
  }));
  await post(to("/v1/rows/spent", { tiles }));
  const rows = tiles.map(({ entities }, id) => ({
    entities,
    eventTime: EVENT_TIME,
    createdTime: null,
    values: Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`f_${i}`, i % 2 === 0 ? (id * 37 + i + 1) / 7 : id * 1_009 + i]),
    ),
  }));
  await post(to("/v1/rows/profile", { rows }));
  return tiles[0]?.packed.length ?? 0;
}

function packedTiles(spec: AggregatedViewSpec, id: number): string {
  const layout = tileLayout(spec);
  const nowUs = parseTime(NOW);
  const events: TileEvent[] = [];
  for (let e = nowUs - 30 * US_PER_DAY + EVENT_EVERY_US; e <= nowUs; e += EVENT_EVERY_US) {
    const amount = (((e / EVENT_EVERY_US + id) * 7_919) % 50_000) / 100;
    events.push({ id: "", eventTimeUs: e, createdTimeUs: null, values: spec.columns.map(() => amount) });
  }
  const all = eventAdder(spec, layout)(
    layout.groups.map(() => []),
    events,
  );
  const groups = layout.groups.map(({ hopUs, spanUs }, g) =>
    (all[g] ?? []).filter(({ startUs }) => startUs >= nowUs - spanUs - hopUs),
  );
  return packTileRow(layout, { newestEventUs: nowUs, writtenAtUs: nowUs, boundaryUs: nowUs, groups });
}
