// Feast's own Python feature server over its own Redis store, on loopback.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Feast } from "../feast/venv.ts";
import { freePort } from "../support/redis-server.ts";

export interface FeastServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What its command line is given, but for the port: workers that do not restart in mid-run, and no log of requests. */
export const FEAST_SETTINGS = ["--no-access-log", "--max-requests", "0"] as const;
const START_MS = 120_000;

export interface FeastServerOptions {
  redisUrl: string;
  /** The rows to serve: an answer of POST /get-online-features that holds them all. */
  answer: string;
  eventTime: string;
  workers: number;
}

/** Fills Feast's Redis store through Feast, and starts `feast serve` on it. */
export async function startFeastServer({ python, env }: Feast, options: FeastServerOptions): Promise<FeastServer> {
  const repo = mkdtempSync(join(tmpdir(), "edgefeat-feast-"));
  const remove = () => rmSync(repo, { recursive: true, force: true });
  try {
    const { host } = new URL(options.redisUrl);
    writeFileSync(join(repo, "feature_store.yaml"), repoYaml(host));
    await fill(python, [repo, options.eventTime], options.answer, env);
    const port = await freePort();
    const command = "from feast.cli.cli import cli; cli()";
    const serve = ["--chdir", repo, "serve", "--host", "127.0.0.1", "--port", String(port)];
    const workers = ["--workers", String(options.workers)];
    const child = spawn(python, ["-c", command, ...serve, ...workers, ...FEAST_SETTINGS], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
      // Its workers are processes too, and must not outlive it.
      detached: true,
    });
    let log = "";
    child.stderr.on("data", (data) => (log = (log + data).slice(-4_000)));
    const kill = () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    };
    process.once("exit", kill);
    const ended = once(child, "close");
    const close = async () => {
      process.removeListener("exit", kill);
      kill();
      await ended;
      remove();
    };
    for (const until = Date.now() + START_MS; ; await sleep(200)) {
      const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
      if (answer?.ok === true) return { port, close };
      if (child.exitCode === null && Date.now() < until) continue;
      await close();
      throw new Error(`feast serve did not start: ${log}`);
    }
  } catch (fault) {
    remove();
    throw fault;
  }
}

function repoYaml(redis: string): string {
  return `project: bench
provider: local
registry: registry.db
entity_key_serialization_version: 3
online_store:
  type: redis
  connection_string: "${redis}"
`;
}

async function fill(python: string, args: readonly string[], answer: string, env: Feast["env"]): Promise<void> {
  const program = fileURLToPath(new URL("../feast/fill.py", import.meta.url));
  const child = spawn(python, [program, ...args], { env, stdio: ["pipe", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  child.stdin.end(answer);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`Feast could not be filled: ${log.slice(-2_000)}`);
}
