// A stand-in for an Upstash database: a throwaway redis-server behind the gateway.
import { type GatewayOptions, startGateway } from "./upstash-gateway/index.ts";
import { type RedisServer, type RedisServerOptions, startRedisServer } from "./redis-server.ts";

export interface Upstash extends Pick<RedisServer, "kill" | "restart" | "pause" | "resume"> {
  readonly url: string;
  readonly token: string;
  readonly redisUrl: string;
  close(): Promise<void>;
}

/** Starts a database of one's own, for suites that count commands or break the connection. */
export async function startUpstash(
  options: RedisServerOptions & Pick<GatewayOptions, "syncTokens"> = {},
): Promise<Upstash> {
  const { syncTokens = false, ...redis } = options;
  const server = await startRedisServer(redis);
  const token = "test-token";
  const gateway = await startGateway({ redisUrl: server.url, token, syncTokens });
  return {
    url: gateway.url,
    token,
    redisUrl: server.url,
    kill: () => server.kill(),
    restart: () => server.restart(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    async close() {
      await gateway.close();
      await server.stop();
    },
  };
}
