// serve.views_vs_one: what 5 and 20 views a request cost beside one, each row read from Redis.
import { startBenchServer } from "../bench-server.ts";
import { cpuRounds, needCpuTime } from "../cpu-rounds.ts";
import { startGatewayProcess } from "../gateway-process.ts";
import type { Measurement, Metric } from "../metric.ts";
import { NOW } from "../serving.ts";
import { World } from "../world.ts";

export const serveViewsVsOne: Metric = {
  name: "serve.views_vs_one",
  description: "CPU time of workerd a POST /v1/features past the cache, 5 views × 10 features (and 20), over 1 view",
  async run(say) {
    needCpuTime();
    const gateway = await startGatewayProcess();
    const world = new World({ views: 20, features: 10, expressions: 0, entities: 100 });
    const { project, environment } = world.snapshot;
    try {
      const server = await startBenchServer({ project, environment, now: NOW, upstash: gateway });
      try {
        await world.fill(server);
        const request = (views: number) => world.request(server, `first_${views}`, 1, { "cache-control": "no-cache" });
        const measurements: Measurement[] = [];
        for (const views of [5, 20]) {
          say(`${views} views`);
          const targets = { ours: request(views), baseline: request(1) };
          const rounds = await cpuRounds(server, targets, { requests: 1_500, rounds: 7 });
          const variant = views === 5 ? "" : `${views}_views`;
          measurements.push({ variant, unit: "µs", ...rounds, against: "1 view", better: "lower" });
        }
        return { measurements, notes: ["one MGET a request, whatever the number of views; one entity"] };
      } finally {
        await server.close();
      }
    } finally {
      await gateway.close();
    }
  },
};
