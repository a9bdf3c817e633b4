// CPU time a request of one kind beside another, in a server's process: interleaved rounds after a warm-up.
import type { BenchServer } from "./bench-server.ts";
import { canReadCpuTime, cpuSeconds } from "./cpu-time.ts";
import { load, type Target } from "./load.ts";
import { Unavailable } from "./metric.ts";
import { interleave, type Interleaved } from "./rounds.ts";

/** @throws Unavailable where the CPU time of a process can't be read */
export function needCpuTime(): void {
  if (!canReadCpuTime()) throw new Unavailable("this system has no /proc to read a process's CPU time from: use Linux");
}

/** Returns the µs a request of each kind, by round. */
export async function cpuRounds(
  { pid }: BenchServer,
  { ours, baseline }: { ours: Target; baseline: Target },
  { requests, rounds }: { requests: number; rounds: number },
): Promise<Interleaved> {
  const round = async (target: Target) => {
    const before = cpuSeconds(pid);
    await load(target, requests);
    return ((cpuSeconds(pid) - before) / requests) * 1e6;
  };
  for (const target of [ours, baseline]) await load(target, requests);
  return interleave(
    rounds,
    () => round(ours),
    () => round(baseline),
  );
}
