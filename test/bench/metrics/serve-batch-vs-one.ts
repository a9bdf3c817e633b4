// serve.batch_vs_one: what 100 entities × 50 features cost beside one entity's.
import { startBenchServer } from "../bench-server.ts";
import { cpuRounds, needCpuTime } from "../cpu-rounds.ts";
import type { Metric } from "../metric.ts";
import { spreadOf } from "../rounds.ts";
import { NOW } from "../serving.ts";
import { World } from "../world.ts";

export const serveBatchVsOne: Metric = {
  name: "serve.batch_vs_one",
  description: "CPU time of workerd a cached POST /v1/features, 100 entities × 50 features, over 1 × 50",
  async run() {
    needCpuTime();
    const world = new World({ views: 1, features: 50, expressions: 0, entities: 1_000 });
    const { project, environment } = world.snapshot;
    const server = await startBenchServer({ project, environment, now: NOW });
    try {
      await world.fill(server);
      const [ours, baseline] = [world.request(server, "first_1", 100), world.request(server, "first_1", 1)];
      const rounds = await cpuRounds(server, { ours, baseline }, { requests: 1_000, rounds: 7 });
      const each = (spreadOf(rounds.values).median - spreadOf(rounds.baselines).median) / 99;
      return {
        measurements: [{ variant: "", unit: "µs", ...rounds, against: "1 entity", better: "lower" }],
        notes: [`each further entity of 50 features: ${each.toFixed(2)} µs`],
      };
    } finally {
      await server.close();
    }
  },
};
