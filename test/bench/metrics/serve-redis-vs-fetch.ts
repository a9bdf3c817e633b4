// serve.redis_vs_fetch: reading through Redis, the whole way, beside a bare fetch of the same command.
import { controlKey, keyId, keyPrefix, keySuffix } from "../../../sdk/rows/index.ts";
import { type BenchServer, startBenchServer } from "../bench-server.ts";
import { canReadCpuTime, cpuSeconds } from "../cpu-time.ts";
import { startGatewayProcess } from "../gateway-process.ts";
import { CONNECTIONS, load, post, type Target } from "../load.ts";
import type { Measurement, Metric } from "../metric.ts";
import { interleave, spreadOf } from "../rounds.ts";
import { countValues, featuresRequest, fill, NOW, servingSnapshot } from "../serving.ts";

const ROUNDS = 9;
/** Rows read, and requests a round. */
const SIZES = [
  [10, 3_000],
  [1, 3_000],
  [100, 1_500],
] as const;

export const serveRedisVsFetch: Metric = {
  name: "serve.redis_vs_fetch",
  description:
    "requests/s of POST /v1/features through Redis, past the cache, 10 keys (and 1, 100), over a bare fetch of the MGET",
  async run(say) {
    const gateway = await startGatewayProcess();
    const { project, environment } = servingSnapshot();
    try {
      const server = await startBenchServer({ project, environment, now: NOW, upstash: gateway });
      try {
        await fill(server, servingSnapshot());
        const measured: [Measurement, string][] = [];
        for (const [keys, requests] of SIZES) measured.push(await measure(server, keys, requests, say));
        return {
          measurements: measured.map(([measurement]) => measurement),
          notes: [
            "redis-server behind the test gateway (a Node process) on this machine; all processes share its cores",
            "ours: POST /v1/features with Cache-Control: no-cache, n entities × 10 features: one MGET of n rows and the",
            "  control key, decoded and answered; baseline: a route of the same Worker that fetches that MGET with the body",
            `  it was sent, and answers with the text it gets; ${CONNECTIONS} connections`,
            ...measured.map(([, note]) => note),
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

async function measure(
  server: BenchServer,
  keys: number,
  requests: number,
  say: (line: string) => void,
): Promise<[Measurement, string]> {
  say(`${keys} keys`);
  const ours = featuresRequest(server, keys, { "cache-control": "no-cache" });
  const bare: Target = { port: server.port, path: "/bare-fetch", body: JSON.stringify(mgetOf(ours)) };
  const answer = await post(ours);
  if (countValues(answer) !== keys * 10) throw new Error(`the answer lacks values: ${answer.slice(0, 300)}`);
  const { now, knownAsOf } = JSON.parse(answer) as { now: string; knownAsOf: string };
  if (now !== knownAsOf) throw new Error("the answer came from the cache");
  const { result } = JSON.parse(await post(bare)) as { result: (string | null)[] };
  if (result.length !== keys + 1 || result.includes(null)) throw new Error("the bare fetch does not find the rows");
  for (const target of [ours, bare]) await load(target, requests);

  const cpu = { ours: [] as number[], bare: [] as number[] };
  const round = async (target: Target, into: number[]) => {
    const cpuNow = () => (canReadCpuTime() ? cpuSeconds(server.pid) : Number.NaN);
    const before = cpuNow();
    const { requestsPerSecond } = await load(target, requests);
    into.push(((cpuNow() - before) / requests) * 1e6);
    return requestsPerSecond;
  };
  const rounds = await interleave(
    ROUNDS,
    () => round(ours, cpu.ours),
    () => round(bare, cpu.bare),
  );
  const [a, b] = [cpu.ours, cpu.bare].map((list) => Math.round(spreadOf(list).median));
  const variant = keys === 10 ? "" : `${keys}_key${keys === 1 ? "" : "s"}`;
  const measurement: Measurement = { variant, unit: "requests/s", ...rounds, against: "bare fetch", better: "higher" };
  return [measurement, `${keys} keys: CPU time of workerd a request ${a} µs against ${b} µs`];
}

/** The command that a request for features sends. */
function mgetOf({ body }: Target): string[] {
  const space = servingSnapshot();
  const { entities } = JSON.parse(body) as { entities: { user_id: number[] } };
  const [prefix, suffix] = [keyPrefix(space, ["user"]), keySuffix("profile", 1)];
  return ["MGET", ...entities.user_id.map((id) => prefix + keyId([id]) + suffix), controlKey(space)];
}
