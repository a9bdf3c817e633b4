// Prometheus's own checker, where it is installed.
import { spawnSync } from "node:child_process";

export interface Checked {
  readonly code: number | null;
  /** What it wrote, on both streams. */
  readonly output: string;
}

/** Runs promtool with arguments and a text for its stdin; null where there is no promtool. */
export const promtool: ((args: readonly string[], input?: string) => Checked) | null =
  spawnSync("promtool", ["--version"]).status === 0 ? run : null;

function run(args: readonly string[], input = ""): Checked {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  return { code: status, output: stdout + stderr };
}

/** Says which checks are skipped for want of promtool. They are a second opinion: our own parsers check the same files. */
export function reportNoPromtool(checks: string): void {
  if (promtool !== null) return;
  process.stderr.write(
    `\n  promtool was not found, so ${checks} is skipped. To run it: apt-get install prometheus\n\n`,
  );
}
