// serve.latency_vs_rtt: how long a read takes when the store is 0, 20 or 100 ms away: one round trip, and no more.
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { startBenchServer } from "../bench-server.ts";
import { type GatewayProcess, startGatewayProcess } from "../gateway-process.ts";
import { post, type Target } from "../load.ts";
import type { Measurement, Metric } from "../metric.ts";
import { interleave } from "../rounds.ts";
import { countValues, featuresRequest, fill, NOW, servingSnapshot } from "../serving.ts";

const ROUNDS = 40;

export const serveLatencyVsRtt: Metric = {
  name: "serve.latency_vs_rtt",
  description:
    "ms of one POST /v1/features past the cache with 20 ms (and 0, 100) put before the store, over a bare fetch",
  async run(say) {
    const gateway = await startGatewayProcess();
    const { project, environment } = servingSnapshot();
    try {
      const measurements: Measurement[] = [];
      for (const delayMs of [20, 0, 100]) {
        say(`${delayMs} ms`);
        const distant = await delayed(gateway, delayMs);
        const server = await startBenchServer({ project, environment, now: NOW, upstash: distant });
        try {
          await fill(server, servingSnapshot());
          const ours = featuresRequest(server, 10, { "cache-control": "no-cache" });
          const bare: Target = { port: server.port, path: "/bare-fetch", body: JSON.stringify(["PING"]) };
          if (countValues(await post(ours)) !== 100) throw new Error("the answer lacks values");
          const rounds = await interleave(
            ROUNDS,
            () => milliseconds(ours),
            () => milliseconds(bare),
          );
          const variant = delayMs === 20 ? "" : `${delayMs}_ms`;
          measurements.push({ variant, unit: "ms", ...rounds, against: "one bare round trip", better: "lower" });
        } finally {
          await server.close();
          await distant.close();
        }
      }
      return {
        measurements,
        notes: [
          "10 entities × 10 features, one request at a time; baseline: a route that fetches a PING from the store",
        ],
      };
    } finally {
      await gateway.close();
    }
  },
};

async function milliseconds(target: Target): Promise<number> {
  const started = performance.now();
  await post(target);
  return performance.now() - started;
}

/** A proxy that keeps each request waiting before it passes it on. */
async function delayed({ url, token, redisUrl }: GatewayProcess, delayMs: number): Promise<GatewayProcess> {
  const { hostname: host, port } = new URL(url);
  const server = createServer((incoming, answer) => {
    setTimeout(() => {
      const { method, headers, url: path } = incoming;
      const passed = httpRequest({ host, port, path, method, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      incoming.pipe(passed);
    }, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    redisUrl,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
