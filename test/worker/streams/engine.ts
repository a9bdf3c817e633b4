// Redpanda Connect's own engine, where a machine has it: the shipped configuration run over messages from standard input,
// between them and the dead letters all as it is shipped.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A message as Kafka would hand it over. */
export interface Message {
  readonly value: string;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** What went to the topic of the rejected. */
export type DeadLetter = Message;

const BINARY = process.env["EDGEFEAT_REDPANDA_CONNECT"] ?? "redpanda-connect";

export const hasEngine = spawnSync(BINARY, ["--version"]).status === 0;

/** Returns what the engine's own linter finds in a configuration file; empty: nothing. */
export function lint(file: string, env: Readonly<Record<string, string>>): string {
  const { stdout, stderr } = spawnSync(BINARY, ["lint", file], { env: { ...process.env, ...env }, encoding: "utf8" });
  return stdout + stderr;
}

/** Runs a configuration's pipeline over messages, all handed over as one batch, to its end; returns what it dead-lettered. */
export async function run(
  config: { pipeline: unknown; output: Record<string, unknown> },
  messages: readonly Message[],
  env: Readonly<Record<string, string>>,
): Promise<DeadLetter[]> {
  const [around] = Object.keys(config.output);
  const text = JSON.stringify({
    http: { enabled: false },
    input: {
      batched: {
        child: { stdin: {} },
        policy: { count: messages.length },
      },
      processors: [{ mapping: "meta = this.meta\nroot = this.value" }],
    },
    pipeline: config.pipeline,
    output: {
      [around as string]: { stdout: {} },
      processors: [{ mapping: "root.meta = @\nroot.value = content().string()" }],
    },
    logger: { level: "error" },
  });
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-streams-"));
  try {
    const file = join(folder, "config.json");
    writeFileSync(file, text);
    const child = spawn(BINARY, ["run", file], { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    const told = { out: "", err: "" };
    child.stdout.on("data", (data) => (told.out += data));
    child.stderr.on("data", (data) => (told.err += data));
    child.stdin.end(messages.map((message) => JSON.stringify(message)).join("\n"));
    const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    if (code !== 0) throw new Error(`the engine ended with ${String(code)}: ${told.err}${told.out}`);
    return told.out
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as DeadLetter);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
