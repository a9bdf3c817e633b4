// The CPU time that another process has used, which varies far less than its throughput on a busy machine.
import { existsSync, readFileSync } from "node:fs";

/** What the kernel counts in, wherever it shows this file to programs. */
const TICKS_PER_SECOND = 100;

/** True where this system tells the CPU time of a process. */
export function canReadCpuTime(): boolean {
  return existsSync("/proc/self/stat");
}

/** Returns the user and system time of a process and all its threads, in seconds, to 10 ms. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses, which may hold spaces; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
