// Starts what a whole test run shares: one Redis behind the Upstash gateway.
import type { TestProject } from "vitest/node";
import { hasRedisServer } from "./redis-server.ts";
import { reportMissing } from "./requirements.ts";
import { startUpstash } from "./upstash.ts";

export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!hasRedisServer()) {
    reportMissing("redis-server", "the Redis suites", "apt-get install redis-server");
    project.provide("upstash", null);
    return undefined;
  }
  const { url, token, close } = await startUpstash();
  project.provide("upstash", { url, token });
  return close;
}
