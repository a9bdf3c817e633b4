// A stand-in for an Upstash database: a throwaway redis-server behind the gateway.
import { startGateway } from "./upstash-gateway/index.ts";
import { startRedisServer } from "./redis-server.ts";

export interface Upstash {
  readonly url: string;
  readonly token: string;
  readonly redisUrl: string;
  close(): Promise<void>;
}

/** Starts a database of one's own, for suites that count commands or break the connection. */
export async function startUpstash(): Promise<Upstash> {
  const server = await startRedisServer();
  const token = "test-token";
  const gateway = await startGateway({ redisUrl: server.url, token });
  return {
    url: gateway.url,
    token,
    redisUrl: server.url,
    async close() {
      await gateway.close();
      await server.stop();
    },
  };
}
