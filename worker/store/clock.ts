// The clock, chance and timers of a store's guard, as the runtime has them.
import type { GuardDeps } from "./guarded.ts";

export const runtimeDeps: GuardDeps = {
  elapsedMs: () => performance.now(),
  random: () => Math.random(),
  timeout: (ms) => AbortSignal.timeout(ms),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
