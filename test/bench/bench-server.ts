// The bench Worker in `workerd serve`, on the configuration that `edgefeat serve` generates.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { capnpConfig } from "../../sdk/cli/serve/capnp.ts";
import { compatibilityDate, startWorkerd } from "../../sdk/cli/serve/workerd-process.ts";
import { bundle } from "./bundle.ts";

export interface BenchServer {
  /** Of workerd. */
  readonly pid: number;
  readonly port: number;
  /** What writes need. */
  readonly token: string;
  close(): Promise<void>;
}

export interface BenchServerOptions {
  project: string;
  environment: string;
  /** Freezes *now*: an RFC 3339 time. */
  now: string;
  /** Serves from Redis through a gateway instead of the Durable Object. */
  upstash?: { url: string; token: string };
}

const TOKEN = "bench-token";

/** A server that can be started again and again on the same rows. */
export interface PreparedServer {
  start(): Promise<BenchServer>;
  /** Removes the rows. */
  remove(): void;
}

/** Builds the Worker and its configuration in a folder of its own. */
export async function prepareBenchServer({
  project,
  environment,
  now,
  upstash,
}: BenchServerOptions): Promise<PreparedServer> {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
  const dataDir = join(folder, "rows");
  mkdirSync(dataDir);
  const store = upstash === undefined ? "durable-object" : "upstash";
  const secrets = {
    EDGEFEAT_TOKEN: TOKEN,
    ...(upstash === undefined ? {} : { UPSTASH_REDIS_REST_TOKEN: upstash.token }),
  };
  const config = capnpConfig({
    module: "worker.js",
    compatibilityDate,
    objectClass: "EdgefeatStore",
    objectBinding: "STORE",
    dataDir,
    port: 0,
    variables: {
      EDGEFEAT_PROJECT: project,
      EDGEFEAT_ENVIRONMENT: environment,
      EDGEFEAT_STORE: store,
      EDGEFEAT_NOW: now,
      PUBLIC_READS: "true",
      ...(upstash === undefined ? {} : { UPSTASH_REDIS_REST_URL: upstash.url }),
    },
    secrets: Object.keys(secrets),
  });
  const entry = fileURLToPath(new URL("workerd-entry.ts", import.meta.url));
  writeFileSync(join(folder, "worker.js"), await bundle(entry, { minify: false }));
  const configFile = join(folder, "config.capnp");
  writeFileSync(configFile, config);
  const log = (line: string) => void (line.includes('"event":"audit"') || process.stderr.write(`  workerd: ${line}\n`));
  return {
    async start() {
      const workerd = await startWorkerd({ configFile, env: secrets, log });
      return { pid: workerd.pid, port: workerd.port, token: TOKEN, close: () => workerd.stop() };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Starts a server on a folder of its own, which is removed when it closes. */
export async function startBenchServer(options: BenchServerOptions): Promise<BenchServer> {
  const prepared = await prepareBenchServer(options);
  try {
    const server = await prepared.start();
    return {
      ...server,
      async close() {
        await server.close();
        prepared.remove();
      },
    };
  } catch (fault) {
    prepared.remove();
    throw fault;
  }
}
