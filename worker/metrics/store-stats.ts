// What a store that counts its own work tells: commands, bytes, errors, retries, and whether its breaker is open.
import type { BreakerState, StoreStats } from "../store/port.ts";
import type { Exposition } from "./exposition.ts";

const BREAKER_STATES = ["closed", "open", "half_open"] as const satisfies BreakerState[];
/** What the one store is called, as the first of several is. */
const ONLY = "primary";

/** Writes a store's families; without samples where it has no figures. */
export function writeStoreStats(page: Exposition, stats: StoreStats | null): void {
  const commands = page.counter("edgefeat_store_commands", "Commands sent to the store, as billed, by kind.");
  const bytes = page.counter(
    "edgefeat_store_bytes",
    "Characters exchanged with the store, by direction: bytes where they are ASCII.",
  );
  const errors = page.counter("edgefeat_store_errors", "Calls that the store failed, by reason.");
  const retries = page.counter("edgefeat_store_retries", "Commands sent to the store again.");
  const opened = page.counter("edgefeat_store_breaker_opened", "How often the circuit breaker opened.");
  const breaker = page.gauge("edgefeat_store_breaker_state", "1 for the state of the circuit breaker.");
  const failing = page.gauge("edgefeat_store_failing", "Whether the last call had no answer.");
  // A store made of several counts nothing beyond what these do, but for what follows.
  for (const [store, part] of Object.entries(stats === null ? {} : (stats.parts ?? { [ONLY]: stats }))) {
    for (const [command, count] of Object.entries(part.commands)) commands.sample(count, { store, command });
    bytes.sample(part.sentBytes, { store, direction: "sent" });
    bytes.sample(part.receivedBytes, { store, direction: "received" });
    for (const [reason, count] of Object.entries(part.errors)) errors.sample(count, { store, reason });
    retries.sample(part.retries, { store });
    opened.sample(part.opened, { store });
    failing.sample(part.failing ? 1 : 0, { store });
    if (part.breaker === null) continue;
    for (const state of BREAKER_STATES) breaker.sample(state === part.breaker ? 1 : 0, { store, state });
  }
  const fallbacks = page.counter(
    "edgefeat_store_fallback_reads",
    "Reads that another store answered than the one meant.",
  );
  if (stats?.fallbackReads !== undefined) fallbacks.sample(stats.fallbackReads);
  const mended = page.counter("edgefeat_store_mended_rows", "Rows copied to the secondary store, which lacked them.");
  if (stats?.mendedRows !== undefined) mended.sample(stats.mendedRows);
}
