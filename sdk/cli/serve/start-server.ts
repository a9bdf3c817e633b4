// A local server for a repo folder: the Worker in workerd, its rows on disk, its address left for the other commands.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EdgefeatError } from "../../errors.ts";
import { formatTime, type Us } from "../../time.ts";
import { assetFolder, startAssetServer } from "../assets/index.ts";
import { configText, type LoadedConfig, loadConfig } from "../load/config.ts";
import { logFolder } from "../../log/index.ts";
import { loadServed } from "../load/definitions.ts";
import { logFolderOf } from "../load/event-log.ts";
import { removeLocalServer, writeLocalServer } from "../local-server.ts";
import { boundSocket, capnpConfig, SOCKET } from "./capnp.ts";
import { checkNotServed, markServed } from "./data-in-use.ts";
import { checkPortIsFree, HOST } from "./free-port.ts";
import { bundleOwnWorker, bundleWorker } from "./worker-bundle.ts";
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
  /** Default: this process's environment. Its EDGEFEAT_SHARDS is the embedded store's count of shards. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Files of Workers to run beside it, absolute: each finds the features as FEATURES, and the store as the Worker does. */
  workers?: readonly string[];
  /** Given every line that workerd and the Worker print; default: dropped. */
  log?: (line: string) => void;
}

export interface RunningServer {
  readonly url: string;
  /** Of the Workers beside it, in their order. */
  readonly workerUrls: readonly string[];
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
  const { repo, port = 0, env = process.env, workers = [], log = () => {} } = options;
  const loaded = await loadConfig(repo);
  const { transforms, takesPushes } = await loadServed(loaded);
  // The ports after the first one's, so that they too stay the same from run to run.
  const ports = [port, ...workers.map((_, i) => (port === 0 ? 0 : port + 1 + i))];
  for (const wanted of ports) if (wanted !== 0) await checkPortIsFree(wanted);
  const dataDir = resolve(repo, options.dataDir ?? join(".edgefeat", "data"));
  await checkNotServed(dataDir);
  const store = storeSettings(loaded, env);
  const token = writeToken(loaded, env) ?? keptToken(dataDir);
  const rowsDir = join(dataDir, "rows");
  mkdirSync(rowsDir, { recursive: true });
  const logDir = servedLog(loaded, takesPushes);
  const secrets = { EDGEFEAT_TOKEN: token, ...store.secrets };
  const code = await bundleWorker(loaded.definitionsFile, repo, transforms);
  const codes = await Promise.all(workers.map((file) => bundleOwnWorker(file, repo)));
  const shared = { ...variables(loaded, options.nowUs), ...store.variables };
  const assets = await startAssetServer(assetFolder());
  const text = capnpConfig({
    module: "worker.js",
    compatibilityDate,
    objectClass: "EdgefeatStore",
    objectBinding: "STORE",
    dataDir: rowsDir,
    port,
    variables: shared,
    secrets: Object.keys(secrets),
    assetsPort: assets.port,
    ...(logDir === null ? {} : { logDir }),
    // Not the write token: they read.
    bound: workers.map((_, i) => ({
      module: boundFile(i),
      port: ports[i + 1] as number,
      variables: shared,
      secrets: Object.keys(store.secrets),
    })),
  });
  const files = Object.fromEntries(codes.map((code, i) => [boundFile(i), code]));
  const workerd = await withFiles(repo, { ...files, "worker.js": code, "config.capnp": text }, (folder) =>
    startWorkerd({
      configFile: join(folder, "config.capnp"),
      env: secrets,
      sockets: [SOCKET, ...workers.map((_, i) => boundSocket(i))],
      log,
    }),
  ).catch(async (fault: unknown) => {
    await assets.close();
    throw fault;
  });
  void workerd.ended.then(() => assets.close());
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
  const workerUrls = workerd.ports.slice(1).map((own) => `http://${HOST}:${own}`);
  return { url, workerUrls, token, pid: workerd.pid, ended, close };
}

/** Returns the folder of the event log, made where there is none; null where nothing is to be kept in one. */
function servedLog(loaded: LoadedConfig, takesPushes: boolean): string | null {
  const folder = logFolderOf(loaded);
  if (folder === null || (loaded.config.offline.log === undefined && !takesPushes)) return null;
  // The project's own folder too: by it the other commands find the log.
  mkdirSync(join(folder, logFolder(loaded.config)), { recursive: true });
  return folder;
}

const boundFile = (index: number): string => `bound-${index}.js`;

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
  if (online?.type !== "upstash") {
    const shards = env["EDGEFEAT_SHARDS"];
    const variables = {
      EDGEFEAT_STORE: "durable-object",
      ...(shards === undefined ? {} : { EDGEFEAT_SHARDS: shards }),
    };
    return { variables, secrets: {} };
  }
  const { secondary } = online;
  return {
    variables: {
      EDGEFEAT_STORE: "upstash",
      UPSTASH_REDIS_REST_URL: configText(online.url, "online.url", env) as string,
      ...(secondary === undefined
        ? {}
        : { UPSTASH_SECONDARY_REST_URL: configText(secondary.url, "online.secondary.url", env) as string }),
    },
    secrets: {
      UPSTASH_REDIS_REST_TOKEN: configText(online.token, "online.token", env) as string,
      ...(secondary === undefined
        ? {}
        : { UPSTASH_SECONDARY_REST_TOKEN: configText(secondary.token, "online.secondary.token", env) as string }),
    },
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
