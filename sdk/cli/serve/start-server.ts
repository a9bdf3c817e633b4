// A local server for a repo folder: the Worker in workerd, its rows on disk, its address left for the other commands.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EdgefeatError } from "../../errors.ts";
import { formatTime, type Us } from "../../time.ts";
import { configText, type LoadedConfig, loadConfig } from "../load/config.ts";
import { loadTransforms } from "../load/definitions.ts";
import { removeLocalServer, writeLocalServer } from "../local-server.ts";
import { capnpConfig } from "./capnp.ts";
import { checkNotServed, markServed } from "./data-in-use.ts";
import { checkPortIsFree, HOST } from "./free-port.ts";
import { bundleWorker } from "./worker-bundle.ts";
import { compatibilityDate, startWorkerd, type WorkerdProcess } from "./workerd-process.ts";
import { keptToken } from "./write-token.ts";

export interface ServeOptions {
  /** The folder of edgefeat.config.ts, absolute. */
  repo: string;
  /** On 127.0.0.1; default 0, a free one. */
  port?: number;
  /** Where rows are kept; default `.edgefeat/data` in the repo folder. */
  dataDir?: string;
  /** Freezes *now*; default: the clock. */
  nowUs?: Us;
  /** Default: this process's environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Given every line that workerd and the Worker print; default: dropped. */
  log?: (line: string) => void;
}

export interface RunningServer {
  readonly url: string;
  /** The write token. */
  readonly token: string;
  /** Of workerd. */
  readonly pid: number;
  /** Resolves when workerd has ended, wanted or not, with its exit code and what it said last. */
  readonly ended: Promise<{ code: number | null; words: string }>;
  /** Stops workerd and removes the address file. */
  close(): Promise<void>;
}

/**
 * Returns a running server once it answers.
 * @throws config_invalid, definitions_do_not_compile and the like; server_failed when the port is taken or workerd fails
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { repo, port = 0, env = process.env, log = () => {} } = options;
  const loaded = await loadConfig(repo);
  const transforms = await loadTransforms(loaded);
  if (port !== 0) await checkPortIsFree(port);
  const dataDir = resolve(repo, options.dataDir ?? join(".edgefeat", "data"));
  await checkNotServed(dataDir);
  const store = storeSettings(loaded, env);
  const token = writeToken(loaded, env) ?? keptToken(dataDir);
  const rowsDir = join(dataDir, "rows");
  mkdirSync(rowsDir, { recursive: true });
  const secrets = { EDGEFEAT_TOKEN: token, ...store.secrets };
  const code = await bundleWorker(loaded.definitionsFile, repo, transforms);
  const text = capnpConfig({
    module: "worker.js",
    compatibilityDate,
    objectClass: "EdgefeatStore",
    objectBinding: "STORE",
    dataDir: rowsDir,
    port,
    variables: { ...variables(loaded, options.nowUs), ...store.variables },
    secrets: Object.keys(secrets),
  });
  const workerd = await withFiles(repo, { "worker.js": code, "config.capnp": text }, (folder) =>
    startWorkerd({ configFile: join(folder, "config.capnp"), env: secrets, log }),
  );
  const url = `http://${HOST}:${workerd.port}`;
  await waitUntilHealthy(url, workerd);
  const local = { url, token, pid: process.pid };
  writeLocalServer(repo, local);
  const release = markServed(dataDir, url);
  const ended = workerd.ended.then((last) => {
    removeLocalServer(repo, local);
    release();
    return last;
  });
  const close = async () => {
    await workerd.stop();
    await ended;
  };
  return { url, token, pid: workerd.pid, ended, close };
}

/** workerd has read its files once it listens, so they need not stay. */
async function withFiles<T>(
  repo: string,
  files: Record<string, string>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const parent = join(repo, ".edgefeat", "serve");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "run-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function variables({ config }: LoadedConfig, nowUs: Us | undefined): Record<string, string> {
  return {
    EDGEFEAT_PROJECT: config.project,
    EDGEFEAT_ENVIRONMENT: config.environment,
    PUBLIC_READS: "true",
    EDGEFEAT_CACHE_TTL: config.cache.ttl,
    EDGEFEAT_STALE_IF_ERROR: config.cache.staleIfError,
    ...(nowUs === undefined ? {} : { EDGEFEAT_NOW: formatTime(nowUs) }),
  };
}

interface StoreSettings {
  variables: Record<string, string>;
  secrets: Record<string, string>;
}

function storeSettings({ config }: LoadedConfig, env: Readonly<Record<string, string | undefined>>): StoreSettings {
  const { online } = config;
  if (online?.type !== "upstash") return { variables: { EDGEFEAT_STORE: "durable-object" }, secrets: {} };
  return {
    variables: {
      EDGEFEAT_STORE: "upstash",
      UPSTASH_REDIS_REST_URL: configText(online.url, "online.url", env) as string,
    },
    secrets: { UPSTASH_REDIS_REST_TOKEN: configText(online.token, "online.token", env) as string },
  };
}

/** The token that the config or the environment gives; a variable that is not set is no fault: `serve` makes a token itself. */
function writeToken({ config }: LoadedConfig, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const given = config.online?.type === "durable-object" ? config.online.token : undefined;
  const named = typeof given === "object" ? env[given.env] : given;
  return [named, env["EDGEFEAT_TOKEN"]].find((token) => token !== undefined && token !== "");
}

async function waitUntilHealthy(url: string, workerd: WorkerdProcess): Promise<void> {
  let last = "";
  for (let attempt = 0; attempt < 50; attempt++) {
    const status = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
      async (response) => (response.ok ? "ok" : `${response.status} ${await response.text()}`),
      (fault: unknown) => String(fault),
    );
    if (status === "ok") return;
    last = status;
    const ended = await Promise.race([workerd.ended, new Promise<null>((wake) => setTimeout(wake, 100, null))]);
    if (ended !== null) throw new EdgefeatError("server_failed", `workerd ended at once: ${ended.words.trim()}`);
  }
  await workerd.stop();
  throw new EdgefeatError("server_failed", `the server did not become healthy: ${last}`);
}
