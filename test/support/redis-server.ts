// A throwaway redis-server of one's own: free port, loopback, its files in a folder that goes with it.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RedisServer {
  readonly url: string;
  /** Ends it as a power cut would; its files stay. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and files. */
  restart(): Promise<void>;
  /** Stops it in its tracks: connections stay open, and nobody answers. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Writes each command to disk before it is acknowledged, so that a killed server has lost nothing; default false. */
  durable?: boolean;
  /** The address of a server that it is to follow. */
  replicaOf?: string;
}

/** True when redis-server is on the PATH. */
export function hasRedisServer(): boolean {
  return spawnSync("redis-server", ["--version"]).status === 0;
}

/** Starts a server that takes connections when this returns. @throws with its output when it ends before that. */
export async function startRedisServer({ durable = false, replicaOf }: RedisServerOptions = {}): Promise<RedisServer> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "edgefeat-redis-"));
  const files = durable ? { appendonly: "yes", appendfsync: "always" } : { appendonly: "no" };
  const followed = replicaOf === undefined ? {} : { replicaof: new URL(replicaOf).host.replace(":", " ") };
  // By default a replica's first copy waits 5 s for others to come.
  const atOnce = { "repl-diskless-sync-delay": "0" };
  const settings = { bind: "127.0.0.1", port: String(port), save: "", dir, ...files, ...atOnce, ...followed };
  let server = await run(settings);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => server.kill(),
    async restart() {
      server = await run(settings);
    },
    pause: () => server.signal("SIGSTOP"),
    resume: () => server.signal("SIGCONT"),
    async stop() {
      await server.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface Running {
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

async function run(settings: Readonly<Record<string, string>>): Promise<Running> {
  const server = spawn(
    "redis-server",
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  // A test run that is killed must not leave servers behind.
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let log = "";
    server.once("error", reject);
    server.once("close", () => reject(new Error(`redis-server ended:\n${log}`)));
    server.stdout.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("Ready to accept connections")) resolve();
    });
  });
  return {
    async kill() {
      process.removeListener("exit", kill);
      kill();
      await ended;
    },
    signal: (name) => void server.kill(name),
  };
}

/** Returns a port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => probe.once("listening", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
