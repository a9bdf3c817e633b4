// Sync tokens: how far a Redis has come in what its primary wrote, and waiting for a replica to come as far.
import type { RedisConnection } from "./connection.ts";

/** A replica that has not caught up by then is told to be failing. */
const WAIT_MS = 1_000;

/** Returns what a later request sends along, so that a replica shows all that this Redis has shown. */
export async function syncToken(redis: RedisConnection): Promise<string> {
  return String(await offsetOf(redis));
}

/** Waits until this Redis has come as far as a token says. @throws when it does not in time */
export async function catchUp(redis: RedisConnection, token: string | string[] | undefined): Promise<void> {
  if (typeof token !== "string" || token === "") return;
  const endMs = performance.now() + WAIT_MS;
  while ((await offsetOf(redis)) < Number(token)) {
    if (performance.now() > endMs) throw new Error("the replica does not catch up with its primary");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function offsetOf(redis: RedisConnection): Promise<number> {
  const info = String(await redis.run(["INFO", "replication"]));
  const [, offset] = /^(?:slave|master)_repl_offset:(\d+)/m.exec(info) ?? [];
  return Number(offset ?? 0);
}
