// A Worker's variables and secrets, checked: what `createWorker` builds its app from.
import { EdgefeatError } from "../sdk/errors.ts";
import { type Ms, parseDuration, parseTime, US_PER_MS, type Us } from "../sdk/time.ts";
import { type AppConfig, DEFAULTS } from "./config.ts";

/** The variables and secrets of a Worker; all optional. */
export interface Variables {
  /** The project and environment whose keys it reads; default those of the bundled snapshot, else "default" and "dev". */
  readonly EDGEFEAT_PROJECT?: string;
  readonly EDGEFEAT_ENVIRONMENT?: string;
  /** "durable-object" or "upstash"; default the latter when its URL is set. */
  readonly EDGEFEAT_STORE?: string;
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
  /** The token of writes, and of reads unless PUBLIC_READS; without it writes are refused. */
  readonly EDGEFEAT_TOKEN?: string;
  /** "true" opens reads to all. */
  readonly PUBLIC_READS?: string;
  /** Freezes *now* at an RFC 3339 time. */
  readonly EDGEFEAT_NOW?: string;
  /** Durations such as "60s". */
  readonly EDGEFEAT_CACHE_TTL?: string;
  readonly EDGEFEAT_STALE_IF_ERROR?: string;
}

export interface Settings {
  readonly config: AppConfig;
  readonly store:
    | { readonly kind: "durable-object" }
    | { readonly kind: "upstash"; readonly url: string; readonly token: string };
  /** null: the system's clock. */
  readonly frozenNowUs: Us | null;
}

/** Returns the settings of a Worker. `bundled` names the project of the snapshot it carries. @throws config_invalid naming the variable */
export function readSettings(variables: Variables, bundled?: { project: string; environment: string }): Settings {
  const { EDGEFEAT_TOKEN, EDGEFEAT_NOW } = variables;
  return {
    config: {
      project: namePart("EDGEFEAT_PROJECT", variables.EDGEFEAT_PROJECT ?? bundled?.project ?? "default"),
      environment: namePart("EDGEFEAT_ENVIRONMENT", variables.EDGEFEAT_ENVIRONMENT ?? bundled?.environment ?? "dev"),
      writeToken: EDGEFEAT_TOKEN === undefined || EDGEFEAT_TOKEN === "" ? null : EDGEFEAT_TOKEN,
      publicReads: flag("PUBLIC_READS", variables.PUBLIC_READS),
      cacheTtlMs: duration("EDGEFEAT_CACHE_TTL", variables.EDGEFEAT_CACHE_TTL) ?? DEFAULTS.cacheTtlMs,
      staleIfErrorMs: duration("EDGEFEAT_STALE_IF_ERROR", variables.EDGEFEAT_STALE_IF_ERROR) ?? DEFAULTS.staleIfErrorMs,
    },
    store: storeSettings(variables),
    frozenNowUs:
      EDGEFEAT_NOW === undefined || EDGEFEAT_NOW === "" ? null : read("EDGEFEAT_NOW", EDGEFEAT_NOW, parseTime),
  };
}

function storeSettings(variables: Variables): Settings["store"] {
  const { UPSTASH_REDIS_REST_URL: url = "", UPSTASH_REDIS_REST_TOKEN: token = "" } = variables;
  const kind = variables.EDGEFEAT_STORE ?? (url === "" ? "durable-object" : "upstash");
  if (kind === "durable-object") return { kind };
  if (kind !== "upstash")
    throw invalid("EDGEFEAT_STORE", `"${kind}" is no store`, 'write "durable-object" or "upstash"');
  if (url === "") throw invalid("UPSTASH_REDIS_REST_URL", "it is not set", "copy the database's REST URL");
  if (token === "") throw invalid("UPSTASH_REDIS_REST_TOKEN", "it is not set", "set it with wrangler secret put");
  return { kind, url, token };
}

function namePart(name: string, value: string): string {
  if (/^[A-Za-z0-9_.-]{1,64}$/.test(value)) return value;
  throw invalid(name, `"${value}" can't be a name`, "use 1 to 64 letters, digits, _ . -");
}

function flag(name: string, value: string | undefined): boolean {
  if (value === undefined || value === "" || value === "false" || value === "0") return false;
  if (value === "true" || value === "1") return true;
  throw invalid(name, `"${value}" is neither true nor false`, 'write "true" or "false"');
}

function duration(name: string, value: string | undefined): Ms | undefined {
  return value === undefined || value === "" ? undefined : read(name, value, parseDuration) / US_PER_MS;
}

function read<T>(name: string, value: string, parse: (text: string) => T): T {
  try {
    return parse(value);
  } catch (cause) {
    if (!(cause instanceof EdgefeatError)) throw cause;
    throw invalid(name, cause.message, cause.hint ?? "");
  }
}

function invalid(name: string, what: string, hint: string): EdgefeatError {
  return new EdgefeatError("config_invalid", `the Worker's variable ${name}: ${what}`, { hint });
}
