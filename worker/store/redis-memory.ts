// What Redis tells of its memory: whether it may evict rows, how full it is, and what an operator should mend.
import { fullness } from "./fullness.ts";
import type { StoreStatus } from "./port.ts";

/** Returns the status that the text of `INFO memory` comes to; an empty text tells nothing. */
export function redisStatus(info: string): StoreStatus {
  const usedBytes = numberOf(info, "used_memory");
  const limit = numberOf(info, "maxmemory");
  // 0 is Redis's word for no limit.
  const limitBytes = limit === 0 ? null : limit;
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  const keepsRows = policy === undefined ? null : policy === "noeviction" || limit === 0;
  const warnings: string[] = [];
  if (keepsRows === null) {
    warnings.push("the database does not tell whether it evicts rows: see that eviction is off in its settings");
  }
  if (keepsRows === false) {
    warnings.push(`the database evicts rows when full (${policy}), which read as NOT_FOUND: turn eviction off`);
  }
  warnings.push(...fullness("the database", usedBytes, limitBytes));
  return { kind: "upstash", keepsRows, usedBytes, limitBytes, warnings };
}

function numberOf(info: string, name: string): number | null {
  const digits = new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1];
  return digits === undefined ? null : Number(digits);
}
