// A Worker's variables and secrets, checked: what `createWorker` builds its app from.
import { EdgefeatError } from "../sdk/errors.ts";
import { type Ms, parseDuration, parseTime, US_PER_MS, type Us } from "../sdk/time.ts";
import { type AppConfig, DEFAULTS } from "./config.ts";
import type { RateLimitRule } from "./middleware/rate-limit.ts";
import type { StoreChoice, StoreSettings } from "./store/open.ts";
import { MAX_SHARDS } from "./store/shards.ts";

const DEFAULT_READ_TIMEOUT_MS: Ms = 2_000;

/** The variables and secrets of a Worker; all optional. */
export interface Variables {
  /** The project and environment whose keys it reads; default those of the bundled snapshot, else "default" and "dev". */
  readonly EDGEFEAT_PROJECT?: string;
  readonly EDGEFEAT_ENVIRONMENT?: string;
  /** "durable-object" or "upstash"; default the latter when its URL is set. */
  readonly EDGEFEAT_STORE?: string;
  /** How many Durable Objects hold the rows, 1 to 6; default 1. Fixed by the first write. */
  readonly EDGEFEAT_SHARDS?: string;
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
  /** A replica of that database to read from, with the same token unless told otherwise. */
  readonly UPSTASH_READ_REST_URL?: string;
  readonly UPSTASH_READ_REST_TOKEN?: string;
  /** How far a read may lag behind the last write, where replicas answer: a duration; default none. */
  readonly EDGEFEAT_REPLICA_LAG?: string;
  /** The store that takes every write too, and stands in where the first fails; default "upstash" when its URL is set, else "none". */
  readonly EDGEFEAT_SECONDARY_STORE?: string;
  readonly UPSTASH_SECONDARY_REST_URL?: string;
  readonly UPSTASH_SECONDARY_REST_TOKEN?: string;
  /** How long a read of the store may take, all its tries together; default "2s". */
  readonly EDGEFEAT_STORE_TIMEOUT?: string;
  /** The token with every right: it makes the others. */
  readonly EDGEFEAT_TOKEN?: string;
  /** The EDGEFEAT_TOKEN before: it goes on working, so that a new one can be spread without a gap. */
  readonly EDGEFEAT_TOKEN_PREVIOUS?: string;
  /** "true" opens reads to all. */
  readonly PUBLIC_READS?: string;
  /** Freezes *now* at an RFC 3339 time. */
  readonly EDGEFEAT_NOW?: string;
  /** Durations such as "60s". */
  readonly EDGEFEAT_CACHE_TTL?: string;
  readonly EDGEFEAT_STALE_IF_ERROR?: string;
  /** Milliseconds: requests that take longer are logged. */
  readonly EDGEFEAT_SLOW_MS?: string;
  /** "requests" logs every request. */
  readonly EDGEFEAT_LOG?: string;
  /** Origins whose pages may read, comma-separated, or "*"; default none. */
  readonly EDGEFEAT_CORS_ORIGINS?: string;
  /** The view that messages of queues are for, where they name none: "airport_delays", or by queue "events=airport_delays,clicks=user_clicks". */
  readonly EDGEFEAT_QUEUE_VIEWS?: string;
  /** How many requests a token may make of one isolate: "600/60s". A binding RATE_LIMITER takes its place. */
  readonly EDGEFEAT_RATE_LIMIT?: string;
  /** "store", the default, or "log": where acts are recorded. */
  readonly EDGEFEAT_AUDIT?: string;
  /** How long the store keeps their records; default "90d". */
  readonly EDGEFEAT_AUDIT_KEEP?: string;
}

export interface Settings {
  readonly config: AppConfig;
  readonly store: StoreSettings;
  /** null: the system's clock. */
  readonly frozenNowUs: Us | null;
}

type Name = keyof Variables;

/** Returns the settings of a Worker. `bundled` names the project of the snapshot it carries. @throws config_invalid naming the variable */
export function readSettings(variables: Variables, bundled?: { project: string; environment: string }): Settings {
  return {
    config: {
      project: namePart("EDGEFEAT_PROJECT", variables.EDGEFEAT_PROJECT ?? bundled?.project ?? "default"),
      environment: namePart("EDGEFEAT_ENVIRONMENT", variables.EDGEFEAT_ENVIRONMENT ?? bundled?.environment ?? "dev"),
      writeToken: variables.EDGEFEAT_TOKEN || null,
      publicReads: flag(variables, "PUBLIC_READS"),
      cacheTtlMs: duration(variables, "EDGEFEAT_CACHE_TTL") ?? DEFAULTS.cacheTtlMs,
      staleIfErrorMs: duration(variables, "EDGEFEAT_STALE_IF_ERROR") ?? DEFAULTS.staleIfErrorMs,
      ...lagSettings(variables),
      ...logSettings(variables),
      ...guardSettings(variables),
    },
    store: storeSettings(variables),
    frozenNowUs: parsed(variables, "EDGEFEAT_NOW", parseTime) ?? null,
  };
}

function storeSettings(variables: Variables): StoreSettings {
  const primary = storeChoice(variables, "EDGEFEAT_STORE", "UPSTASH_REDIS_REST", "durable-object");
  const secondary = storeChoice(variables, "EDGEFEAT_SECONDARY_STORE", "UPSTASH_SECONDARY_REST", "none");
  const readTimeoutMs = duration(variables, "EDGEFEAT_STORE_TIMEOUT") ?? DEFAULT_READ_TIMEOUT_MS;
  if (primary === null) throw invalid("EDGEFEAT_STORE", '"none" is no store', 'write "durable-object" or "upstash"');
  if (secondary !== null && addressOf(secondary) === addressOf(primary)) {
    throw invalid("EDGEFEAT_SECONDARY_STORE", "it is the same store as the first", "name another, or none");
  }
  if (readTimeoutMs === 0) throw invalid("EDGEFEAT_STORE_TIMEOUT", "it leaves no time", 'write "2s", or nothing');
  return { primary, secondary, replica: replicaOf(primary, variables), readTimeoutMs };
}

/** Returns the store that a variable names, its credentials from the variables that begin with `prefix`; null for "none". */
function storeChoice(
  variables: Variables,
  name: Name,
  prefix: "UPSTASH_REDIS_REST" | "UPSTASH_SECONDARY_REST",
  otherwise: string,
): StoreChoice | null {
  const { [`${prefix}_URL` as const]: url = "", [`${prefix}_TOKEN` as const]: token = "" } = variables;
  const kind = variables[name] || (url === "" ? otherwise : "upstash");
  if (kind === "none") return null;
  if (kind === "durable-object") return { kind, shards: shardCount(variables.EDGEFEAT_SHARDS) };
  if (kind !== "upstash") throw invalid(name, `"${kind}" is no store`, 'write "durable-object" or "upstash"');
  if (url === "") throw invalid(`${prefix}_URL`, "it is not set", "copy the database's REST URL");
  if (token === "") throw invalid(`${prefix}_TOKEN`, "it is not set", "set it with wrangler secret put");
  return { kind, url, token };
}

function addressOf(choice: StoreChoice): string {
  return choice.kind === "upstash" ? (URL.parse(choice.url)?.href ?? choice.url) : choice.kind;
}

function replicaOf(primary: StoreChoice, variables: Variables): StoreSettings["replica"] {
  const { UPSTASH_READ_REST_URL: url = "", UPSTASH_READ_REST_TOKEN: token = "" } = variables;
  if (url === "") return null;
  if (primary.kind === "upstash") return { url, token: token === "" ? primary.token : token };
  throw invalid(
    "UPSTASH_READ_REST_URL",
    "the first store is no Upstash database",
    "leave it out, or set EDGEFEAT_STORE",
  );
}

/** How far reads may lag, by purpose: the newest rows can be had only where the replica has an address of its own. */
function lagSettings(variables: Variables): Pick<AppConfig, "storeLagMs"> {
  const { UPSTASH_READ_REST_URL: url = "" } = variables;
  const serve = duration(variables, "EDGEFEAT_REPLICA_LAG");
  return serve === undefined ? {} : { storeLagMs: { serve, newest: url === "" ? serve : 0 } };
}

function shardCount(text = ""): number {
  if (text === "") return 1;
  if (/^[1-9]$/.test(text) && Number(text) <= MAX_SHARDS) return Number(text);
  throw invalid("EDGEFEAT_SHARDS", `"${text}" is no count of shards`, `write a whole number, 1 to ${MAX_SHARDS}`);
}

function logSettings(variables: Variables) {
  const { EDGEFEAT_SLOW_MS: slow = "" } = variables;
  const log = choice(variables, "EDGEFEAT_LOG", ["requests"]);
  if (!/^\d*(?:\.\d+)?$/.test(slow)) {
    throw invalid("EDGEFEAT_SLOW_MS", `"${slow}" is no number of milliseconds`, 'write "250", or nothing');
  }
  return {
    ...(slow === "" ? {} : { slowMs: Number(slow) }),
    ...(log === undefined ? {} : { logRequests: true }),
  };
}

function guardSettings(variables: Variables): Partial<AppConfig> {
  const { EDGEFEAT_TOKEN_PREVIOUS: previous = "", EDGEFEAT_CORS_ORIGINS: origins = "" } = variables;
  const { EDGEFEAT_RATE_LIMIT: rate = "", EDGEFEAT_QUEUE_VIEWS: queues = "" } = variables;
  const audit = choice(variables, "EDGEFEAT_AUDIT", ["store", "log"]);
  const auditKeepMs = duration(variables, "EDGEFEAT_AUDIT_KEEP");
  return {
    ...(previous === "" ? {} : { previousToken: previous }),
    ...(origins === "" ? {} : { corsOrigins: origins.split(",").map((origin) => originOf(origin.trim())) }),
    ...(queues === "" ? {} : { queueViews: Object.fromEntries(queues.split(",").map(queueView)) }),
    ...(rate === "" ? {} : { rateLimit: rateLimitOf(rate) }),
    ...(audit === undefined ? {} : { auditIn: audit }),
    ...(auditKeepMs === undefined ? {} : { auditKeepMs }),
  };
}

function originOf(text: string): string {
  if (text === "*" || (/^https?:/.test(text) && URL.parse(text)?.origin === text)) return text;
  throw invalid(
    "EDGEFEAT_CORS_ORIGINS",
    `"${text}" is no origin`,
    'write "https://a.example,https://b.example", or "*"',
  );
}

function queueView(text: string): [queue: string, view: string] {
  const [first = "", view, ...more] = text.trim().split("=");
  if (first !== "" && view !== "" && more.length === 0) return view === undefined ? ["*", first] : [first, view];
  throw invalid("EDGEFEAT_QUEUE_VIEWS", `"${text}" names no view`, 'write "view", or "queue=view,queue=view"');
}

function rateLimitOf(text: string): RateLimitRule {
  const [requests = "", period = ""] = text.split("/");
  const periodMs = read("EDGEFEAT_RATE_LIMIT", period, parseDuration) / US_PER_MS;
  if (/^[1-9]\d{0,8}$/.test(requests) && periodMs > 0) return { requests: Number(requests), periodMs };
  throw invalid("EDGEFEAT_RATE_LIMIT", `"${text}" is no number of requests in a time`, 'write "600/60s"');
}

function namePart(name: Name, value: string): string {
  if (/^[A-Za-z0-9_.-]{1,64}$/.test(value)) return value;
  throw invalid(name, `"${value}" can't be a name`, "use 1 to 64 letters, digits, _ . -");
}

function flag(variables: Variables, name: Name): boolean {
  const value = variables[name] ?? "";
  if (value === "" || value === "false" || value === "0") return false;
  if (value === "true" || value === "1") return true;
  throw invalid(name, `"${value}" is neither true nor false`, 'write "true" or "false"');
}

function choice<T extends string>(variables: Variables, name: Name, of: readonly T[]): T | undefined {
  const value = variables[name] || undefined;
  if (value === undefined || (of as readonly string[]).includes(value)) return value as T | undefined;
  throw invalid(name, `"${value}" is no choice`, `write "${of.join('" or "')}", or nothing`);
}

function duration(variables: Variables, name: Name): Ms | undefined {
  const us = parsed(variables, name, parseDuration);
  return us === undefined ? us : us / US_PER_MS;
}

/** Returns undefined for a variable that is not set, or empty. */
function parsed<T>(variables: Variables, name: Name, parse: (text: string) => T): T | undefined {
  const value = variables[name] || undefined;
  return value === undefined ? value : read(name, value, parse);
}

function read<T>(name: Name, value: string, parse: (text: string) => T): T {
  try {
    return parse(value);
  } catch (cause) {
    if (!(cause instanceof EdgefeatError)) throw cause;
    throw invalid(name, cause.message, cause.hint ?? "");
  }
}

function invalid(name: Name, what: string, hint: string): EdgefeatError {
  return new EdgefeatError("config_invalid", `the Worker's variable ${name}: ${what}`, { hint });
}
