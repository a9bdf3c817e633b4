// Starts what a whole test run shares: one Redis behind the Upstash gateway.
import type { TestProject } from "vitest/node";
import { hasRedisServer } from "./redis-server.ts";
import { reportMissing } from "./requirements.ts";
import { startUpstash } from "./upstash.ts";

export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { EDGEFEAT_FUZZ_SEED: seed, EDGEFEAT_FUZZ_REQUESTS: requests, EDGEFEAT_FUZZ_PATH: path = null } = process.env;
  project.provide("fuzz", {
    seed: seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(seed),
    requests: requests === undefined ? null : Number(requests),
    path,
  });
  if (!hasRedisServer()) {
    reportMissing("redis-server", "the Redis suites", "apt-get install redis-server");
    project.provide("upstash", null);
    return undefined;
  }
  const { url, token, close } = await startUpstash();
  project.provide("upstash", { url, token });
  return close;
}
