// A load generator: one request over and over, on connections that stay open.
import { Agent, request as httpRequest } from "node:http";

export interface Target {
  readonly port: number;
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Loaded {
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** User and system time of this process, in seconds: near `seconds`, the generator was what limited. */
  readonly ownCpuSeconds: number;
  /** From sending a request to having its whole answer. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

export const CONNECTIONS = 16;

/** Sends `requests` POSTs, as many at a time as there are connections. @throws at the first answer that is not a 200 */
export async function load(target: Target, requests: number, connections = CONNECTIONS): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies = new Float64Array(requests);
  const cpu = process.cpuUsage();
  const started = performance.now();
  let left = requests;
  const connection = async () => {
    while (left > 0) {
      const request = --left;
      const sent = performance.now();
      await post(target, agent);
      latencies[request] = performance.now() - sent;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    agent.destroy();
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort();
  // The nearest rank: the smallest that so large a share of them does not exceed.
  const percentile = (share: number) => latencies[Math.ceil(share * requests) - 1] as number;
  return {
    seconds,
    requestsPerSecond: requests / seconds,
    ownCpuSeconds: (user + system) / 1e6,
    latencyMs: { p50: percentile(0.5), p99: percentile(0.99) },
  };
}

/** Sends one POST and returns the answer's text. @throws for any status but 2xx */
export function post({ port, path, body, headers = {} }: Target, agent?: Agent, method = "POST"): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const length = Buffer.byteLength(body);
  const sent = httpRequest({
    host: "127.0.0.1",
    port,
    path,
    method,
    headers: { "content-type": "application/json", "content-length": length, ...headers },
    ...(agent === undefined ? {} : { agent }),
  });
  sent.once("error", reject);
  sent.once("response", (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    response.once("error", reject);
    response.once("end", () => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve(text);
      else reject(new Error(`${path} answered ${status}: ${text.slice(0, 500)}`));
    });
  });
  sent.end(body);
  return promise;
}
