// Redis behind the Upstash gateway, each a process of its own, so that neither shares a thread with the load generator.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { hasRedisServer, startRedisServer } from "../support/redis-server.ts";
import { Unavailable } from "./metric.ts";

export interface GatewayProcess {
  readonly url: string;
  /** Of Redis itself. */
  readonly redisUrl: string;
  readonly token: string;
  close(): Promise<void>;
}

/** Starts both on free ports of the loopback interface. @throws Unavailable without redis-server */
export async function startGatewayProcess(): Promise<GatewayProcess> {
  if (!hasRedisServer()) throw new Unavailable("redis-server was not found: apt-get install redis-server");
  const redis = await startRedisServer();
  const token = "bench-token";
  const main = fileURLToPath(new URL("../support/upstash-gateway/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "--redis", redis.url, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, GATEWAY_TOKEN: token },
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = once(child, "close");
  const [url] = (await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    ended.then(() => Promise.reject(new Error("the gateway ended before it listened"))),
  ])) as [string];
  return {
    url,
    redisUrl: redis.url,
    token,
    async close() {
      process.removeListener("exit", kill);
      child.kill("SIGTERM");
      await ended;
      await redis.stop();
    },
  };
}
