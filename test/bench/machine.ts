// The machine that a benchmark ran on, without which its figures mean little.
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";

/** Returns one line: cores, memory, Node, and how busy the machine is with other work. */
export function machineFacts(): string {
  const model = cpus()[0]?.model.trim() ?? "an unknown processor";
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const load = loadavg().map((n) => n.toFixed(1));
  return (
    `${availableParallelism()} cores (${model}), ${gigabytes} GiB, ${platform()} ${arch()}, ` +
    `Node ${process.versions.node}, load ${load.join(" ")}`
  );
}
