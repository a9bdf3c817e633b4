// serve.cache_vs_static: what an answer from the local cache costs beside a route that answers the same bytes.
import { type BenchServer, startBenchServer } from "../bench-server.ts";
import { canReadCpuTime, cpuSeconds } from "../cpu-time.ts";
import { CONNECTIONS, load, post, type Target } from "../load.ts";
import { type Measurement, type Metric, Unavailable } from "../metric.ts";
import { interleave, spreadOf } from "../rounds.ts";
import { countValues, featuresRequest, fill, NOW, servingSnapshot } from "../serving.ts";

const ROUNDS = 9;

export const serveCacheVsStatic: Metric = {
  name: "serve.cache_vs_static",
  description:
    "CPU time of workerd a cached POST /v1/features, 1 entity × 10 features (and 100 × 10), over a static route",
  async run(say) {
    if (!canReadCpuTime())
      throw new Unavailable("this system has no /proc to read a process's CPU time from: use Linux");
    const snapshot = servingSnapshot();
    const { project, environment } = snapshot;
    const server = await startBenchServer({ project, environment, now: NOW });
    try {
      await fill(server, snapshot);
      const one = await measure(server, 1, 6_000, "/static", say);
      const hundred = await measure(server, 100, 3_000, "/static", say);
      const bare = await measure(server, 1, 6_000, "/static-bare", say);
      return {
        measurements: [
          { ...one.measurement, variant: "" },
          { ...hundred.measurement, variant: "100x10" },
          { ...bare.measurement, variant: "bare", against: "bare handler" },
        ],
        notes: [
          "user + system time of the workerd process (unminified Worker, Durable Object store), by request, after warm-up",
          "ours: POST /v1/features of a service, every row from the local cache (checked: its rows were read earlier than",
          "  the request came); baseline: POST to a route of a Hono app in the same Worker that reads the same body and",
          "  answers the same bytes; the bare handler does so before any routing",
          `${CONNECTIONS} connections from one Node process; 1 × 10: ${one.load}; 100 × 10: ${hundred.load}`,
        ],
      };
    } finally {
      await server.close();
    }
  },
};

interface Cost {
  readonly measurement: Omit<Measurement, "variant">;
  readonly load: string;
}

async function measure(
  server: BenchServer,
  entities: number,
  requests: number,
  baseline: string,
  say: (line: string) => void,
): Promise<Cost> {
  say(`${entities} × 10 over ${baseline}`);
  const ours = featuresRequest(server, entities);
  const fixed: Target = { ...ours, path: baseline };
  for (const target of [ours, fixed]) await load(target, requests);
  const answer = await post(ours);
  if (countValues(answer) !== entities * 10) throw new Error(`the answer lacks values: ${answer.slice(0, 300)}`);
  const { now, knownAsOf } = JSON.parse(answer) as { now: string; knownAsOf: string };
  if (now === knownAsOf) throw new Error("the answer did not come from the cache");
  await post({ ...ours, path: "/static-answer", body: answer });
  if ((await post(fixed)) !== answer) throw new Error("the static route answers something else");
  for (const target of [ours, fixed]) await load(target, requests);

  const throughput = { ours: [] as number[], fixed: [] as number[], generator: [] as number[] };
  const round = async (target: Target, into: number[]) => {
    const before = cpuSeconds(server.pid);
    const { requestsPerSecond, seconds, ownCpuSeconds } = await load(target, requests);
    into.push(requestsPerSecond);
    throughput.generator.push(ownCpuSeconds / seconds);
    return ((cpuSeconds(server.pid) - before) / requests) * 1e6;
  };
  const rounds = await interleave(
    ROUNDS,
    () => round(ours, throughput.ours),
    () => round(fixed, throughput.fixed),
  );
  const [a, b] = [throughput.ours, throughput.fixed].map((list) => Math.round(spreadOf(list).median));
  const busy = Math.round(spreadOf(throughput.generator).median * 100);
  return {
    measurement: { unit: "µs", ...rounds, against: "static Hono route", better: "lower" },
    load: `${a} requests/s against ${b}, the generator ${busy} % of a core`,
  };
}
