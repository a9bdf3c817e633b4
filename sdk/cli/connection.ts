// How the command line reaches the online side: a server over HTTP, or for Upstash the Worker's own code in this process.
import { type AdminClient, type Client, createAdminClient, createClient } from "../client/index.ts";
import type { Config } from "../definitions/index.ts";
import { EdgefeatError } from "../errors.ts";
import type { Transforms } from "../plan/index.ts";
import { checkSnapshot, type Snapshot } from "../registry/index.ts";
import { configText, type LoadedConfig } from "./load/config.ts";
import { appendingLog } from "./load/event-log.ts";
import { readLocalServer } from "./local-server.ts";

/** Writing a batch can take a while on a slow link. */
const ADMIN_TIMEOUT_MS = 60_000;

export interface Connection {
  /** What it is connected to, for people. */
  readonly target: string;
  /** Tells one store from another, without showing the token. */
  readonly storeId: string;
  readonly admin: AdminClient;
  readonly client: Client;
}

/** A registry, and the hash that the server names it by. */
export interface ServerRegistry {
  readonly hash: string;
  readonly snapshot: Snapshot;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns the connection that a config describes; nothing is sent yet. `transforms` loads the definitions' TypeScript
 * transforms, for commands that read features: without a server they run here.
 * @throws config_invalid for a variable that is not set; server_unreachable where there is no server to talk to
 */
export async function connect(
  loaded: LoadedConfig,
  env: Env,
  transforms: (loaded: LoadedConfig) => Promise<Transforms> = async () => new Map(),
): Promise<Connection> {
  const { online = { type: "durable-object" } } = loaded.config;
  if (online.type === "durable-object") {
    const { url, token } = serverAddress(loaded, env);
    const options = { url, ...(token === undefined ? {} : { token }) };
    return {
      target: url,
      storeId: `${url} ${token}`,
      admin: createAdminClient({ ...options, timeoutMs: ADMIN_TIMEOUT_MS }),
      client: createClient(options),
    };
  }
  const url = configText(online.url, "online.url", env) as string;
  const token = configText(online.token, "online.token", env) as string;
  const workerUrl = configText(online.workerUrl, "online.workerUrl", env);
  const readToken = env["EDGEFEAT_TOKEN"];
  const { upstashFetch } = await import("./upstash-app.ts");
  const { secondary } = online;
  const here = upstashFetch(
    loaded.config,
    {
      primary: { url, token },
      secondary:
        secondary === undefined
          ? null
          : {
              url: configText(secondary.url, "online.secondary.url", env) as string,
              token: configText(secondary.token, "online.secondary.token", env) as string,
            },
    },
    workerUrl === undefined ? await transforms(loaded) : new Map(),
    appendingLog(loaded, { env }),
  );
  const inProcess = { url: "http://edgefeat.invalid", token, fetch: here };
  return {
    target: url,
    storeId: `${url} ${token}`,
    admin: createAdminClient({ ...inProcess, timeoutMs: ADMIN_TIMEOUT_MS }),
    client: createClient(
      workerUrl === undefined
        ? inProcess
        : { url: workerUrl, ...(readToken === undefined ? {} : { token: readToken }) },
    ),
  };
}

/** The config's address, unless it is this machine's and `serve` has left a newer one; the token likewise. */
function serverAddress({ config, repo }: LoadedConfig, env: Env): { url: string; token: string | undefined } {
  const online = config.online?.type === "durable-object" ? config.online : undefined;
  const local = readLocalServer(repo);
  const configured = configText(online?.url, "online.url", env);
  const url = configured === undefined || (isLoopback(configured) && local !== undefined) ? local?.url : configured;
  if (url === undefined) {
    throw new EdgefeatError("server_unreachable", "no server runs for this folder, and the config names none", {
      hint: 'start one with "edgefeat serve" in another shell, or set online.url in edgefeat.config.ts',
    });
  }
  const localToken = local !== undefined && local.url === url ? local.token : undefined;
  const given = online?.token;
  const named = typeof given === "object" ? env[given.env] || undefined : given;
  const token = named ?? env["EDGEFEAT_TOKEN"] ?? localToken;
  // Only now is a variable that is not set a fault: `serve` has left no token either.
  return { url, token: token ?? configText(given, "online.token", env) };
}

function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname;
  return host === "127.0.0.1" || host === "localhost" || host === "[::1]";
}

/**
 * Returns the registry that the server has now; null before any was put.
 * @throws project_mismatch when it is another project's
 */
export async function currentRegistry(
  { admin, target }: Connection,
  { config }: LoadedConfig,
): Promise<ServerRegistry | null> {
  const answer = await admin.getRegistry();
  if (answer === null) return null;
  const snapshot = checkSnapshot(answer.snapshot);
  checkProject(snapshot, config, `${target} serves`, "online.url, project and environment");
  return { hash: answer.registry, snapshot };
}

/** Checks that a snapshot is of the config's project. @throws project_mismatch, which says `whose` it is */
export function checkProject(snapshot: Snapshot, { project, environment }: Config, whose: string, mend: string): void {
  if (snapshot.project === project && snapshot.environment === environment) return;
  const found = `${snapshot.project}/${snapshot.environment}`;
  throw new EdgefeatError("project_mismatch", `${whose} ${found}, not ${project}/${environment}`, {
    hint: `check ${mend} in edgefeat.config.ts`,
  });
}

/** Returns the registry that the server has now. @throws registry_not_found before any was put; project_mismatch */
export async function appliedRegistry(connection: Connection, loaded: LoadedConfig): Promise<ServerRegistry> {
  const current = await currentRegistry(connection, loaded);
  if (current !== null) return current;
  throw new EdgefeatError("registry_not_found", `nothing was applied to ${connection.target} yet`, {
    hint: 'run "edgefeat apply"',
  });
}
