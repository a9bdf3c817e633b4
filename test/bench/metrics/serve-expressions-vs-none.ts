// serve.expressions_vs_none: what 20 expressions × 100 rows add to a request that reads the same rows.
import { startBenchServer } from "../bench-server.ts";
import { cpuRounds, needCpuTime } from "../cpu-rounds.ts";
import type { Metric } from "../metric.ts";
import { spreadOf } from "../rounds.ts";
import { NOW } from "../serving.ts";
import { World } from "../world.ts";

const EXPRESSIONS = 20;
const ROWS = 100;

export const serveExpressionsVsNone: Metric = {
  name: "serve.expressions_vs_none",
  description: `CPU time of workerd a cached POST /v1/features with ${EXPRESSIONS} expressions × ${ROWS} rows, over one with none`,
  async run() {
    needCpuTime();
    const world = new World({ views: 2, features: 20, expressions: EXPRESSIONS, entities: 1_000 });
    const { project, environment } = world.snapshot;
    const server = await startBenchServer({ project, environment, now: NOW });
    try {
      await world.fill(server);
      const ours = features(
        world,
        server,
        Array.from({ length: EXPRESSIONS }, (_, i) => `computed:computed_${i}`),
      );
      const plain = Array.from({ length: EXPRESSIONS }, (_, i) => `view_${i % 2}:f_${i % 2}_${i}`);
      const rounds = await cpuRounds(
        server,
        { ours, baseline: features(world, server, plain) },
        { requests: 800, rounds: 7 },
      );
      const added = spreadOf(rounds.values).median - spreadOf(rounds.baselines).median;
      return {
        measurements: [{ variant: "", unit: "µs", ...rounds, against: "20 stored features", better: "lower" }],
        notes: [
          `${EXPRESSIONS} expressions × ${ROWS} rows add ${Math.round(added)} µs of CPU (goal: at most 1,000)`,
          "baseline: as many stored features of the same rows, whose text the cache keeps",
        ],
      };
    } finally {
      await server.close();
    }
  },
};

function features(world: World, server: Parameters<World["request"]>[0], names: readonly string[]) {
  const target = world.request(server, "first_1", ROWS);
  const { entities } = JSON.parse(target.body) as { entities: unknown };
  return { ...target, body: JSON.stringify({ features: names, entities }) };
}
