// A Worker's variables: what they mean, and what is told when they can't mean anything.
import { describe, expect, it } from "vitest";
import { parseTime } from "../../sdk/time.ts";
import { readSettings, type Variables } from "../../worker/settings.ts";

const UPSTASH: Variables = { UPSTASH_REDIS_REST_URL: "https://x.upstash.io", UPSTASH_REDIS_REST_TOKEN: "t" };

describe("readSettings", () => {
  it("gives defaults without any", () => {
    expect(readSettings({})).toEqual({
      config: {
        project: "default",
        environment: "dev",
        writeToken: null,
        publicReads: false,
        cacheTtlMs: 60_000,
        staleIfErrorMs: 300_000,
      },
      store: {
        primary: { kind: "durable-object", shards: 1 },
        secondary: null,
        replica: null,
        readTimeoutMs: 2_000,
      },
      frozenNowUs: null,
    });
  });

  it("takes the project of a bundled snapshot, unless told otherwise", () => {
    const bundled = { project: "flights", environment: "prod" };
    expect(readSettings({}, bundled).config).toMatchObject(bundled);
    expect(readSettings({ EDGEFEAT_ENVIRONMENT: "dev" }, bundled).config).toMatchObject({
      project: "flights",
      environment: "dev",
    });
  });

  it.each<[Variables, object]>([
    [{ EDGEFEAT_TOKEN: "" }, { config: { writeToken: null } }],
    [{ EDGEFEAT_TOKEN: "t" }, { config: { writeToken: "t" } }],
    [{ PUBLIC_READS: "true" }, { config: { publicReads: true } }],
    [{ PUBLIC_READS: "false" }, { config: { publicReads: false } }],
    [{ EDGEFEAT_SLOW_MS: "250", EDGEFEAT_LOG: "requests" }, { config: { slowMs: 250, logRequests: true } }],
    [{ EDGEFEAT_SLOW_MS: "0.5", EDGEFEAT_LOG: "" }, { config: { slowMs: 0.5 } }],
    [
      { EDGEFEAT_CACHE_TTL: "0s", EDGEFEAT_STALE_IF_ERROR: "1500ms" },
      { config: { cacheTtlMs: 0, staleIfErrorMs: 1_500 } },
    ],
    [{ EDGEFEAT_TOKEN: "b", EDGEFEAT_TOKEN_PREVIOUS: "a" }, { config: { writeToken: "b", previousToken: "a" } }],
    [
      { EDGEFEAT_CORS_ORIGINS: "https://a.example, http://localhost:5173" },
      { config: { corsOrigins: ["https://a.example", "http://localhost:5173"] } },
    ],
    [{ EDGEFEAT_CORS_ORIGINS: "*" }, { config: { corsOrigins: ["*"] } }],
    [{ EDGEFEAT_QUEUE_VIEWS: "clicks" }, { config: { queueViews: { "*": "clicks" } } }],
    [{ EDGEFEAT_QUEUE_VIEWS: "a=clicks, b=flights" }, { config: { queueViews: { a: "clicks", b: "flights" } } }],
    [{ EDGEFEAT_RATE_LIMIT: "600/60s" }, { config: { rateLimit: { requests: 600, periodMs: 60_000 } } }],
    [
      { EDGEFEAT_AUDIT: "log", EDGEFEAT_AUDIT_KEEP: "365d" },
      { config: { auditIn: "log", auditKeepMs: 365 * 86_400_000 } },
    ],
    [{ EDGEFEAT_NOW: "2001-03-31T00:00:00Z" }, { frozenNowUs: parseTime("2001-03-31T00:00:00Z") }],
    [
      { UPSTASH_REDIS_REST_URL: "https://x.upstash.io", UPSTASH_REDIS_REST_TOKEN: "t" },
      { store: { primary: { kind: "upstash", url: "https://x.upstash.io", token: "t" } } },
    ],
    [{ EDGEFEAT_SHARDS: "" }, { store: { primary: { kind: "durable-object", shards: 1 } } }],
    [{ EDGEFEAT_SHARDS: "6" }, { store: { primary: { kind: "durable-object", shards: 6 } } }],
    [
      { EDGEFEAT_STORE: "durable-object", UPSTASH_REDIS_REST_URL: "https://x.upstash.io" },
      { store: { primary: { kind: "durable-object" } } },
    ],
    [UPSTASH, { store: { secondary: null, replica: null } }],
    [
      { ...UPSTASH, EDGEFEAT_SECONDARY_STORE: "durable-object", EDGEFEAT_SHARDS: "2" },
      { store: { primary: { kind: "upstash" }, secondary: { kind: "durable-object", shards: 2 } } },
    ],
    [
      { UPSTASH_SECONDARY_REST_URL: "https://b.upstash.io", UPSTASH_SECONDARY_REST_TOKEN: "u" },
      { store: { primary: { kind: "durable-object" }, secondary: { url: "https://b.upstash.io", token: "u" } } },
    ],
    [
      { ...UPSTASH, EDGEFEAT_SECONDARY_STORE: "none", UPSTASH_SECONDARY_REST_URL: "https://b.upstash.io" },
      { store: { secondary: null } },
    ],
    [
      { ...UPSTASH, UPSTASH_READ_REST_URL: "https://r.upstash.io", EDGEFEAT_REPLICA_LAG: "2s" },
      {
        store: { replica: { url: "https://r.upstash.io", token: "t" } },
        config: { storeLagMs: { serve: 2_000, newest: 0 } },
      },
    ],
    [
      { ...UPSTASH, UPSTASH_READ_REST_URL: "https://r.upstash.io", UPSTASH_READ_REST_TOKEN: "ro" },
      { store: { replica: { token: "ro" } } },
    ],
    [{ EDGEFEAT_REPLICA_LAG: "500ms" }, { config: { storeLagMs: { serve: 500, newest: 500 } } }],
    [{ EDGEFEAT_STORE_TIMEOUT: "750ms" }, { store: { readTimeoutMs: 750 } }],
  ])("%j", (variables, settings) => {
    expect(readSettings(variables)).toMatchObject(settings);
  });

  it.each<[Variables, string]>([
    [{ EDGEFEAT_PROJECT: "a b" }, "EDGEFEAT_PROJECT"],
    [{ EDGEFEAT_ENVIRONMENT: "" }, "EDGEFEAT_ENVIRONMENT"],
    [{ EDGEFEAT_STORE: "redis" }, "EDGEFEAT_STORE"],
    [{ EDGEFEAT_STORE: "upstash" }, "UPSTASH_REDIS_REST_URL"],
    [{ EDGEFEAT_STORE: "none" }, "EDGEFEAT_STORE"],
    [{ EDGEFEAT_SECONDARY_STORE: "redis" }, "EDGEFEAT_SECONDARY_STORE"],
    [{ EDGEFEAT_SECONDARY_STORE: "durable-object" }, "EDGEFEAT_SECONDARY_STORE"],
    [{ EDGEFEAT_SECONDARY_STORE: "upstash" }, "UPSTASH_SECONDARY_REST_URL"],
    [{ UPSTASH_SECONDARY_REST_URL: "https://b.upstash.io" }, "UPSTASH_SECONDARY_REST_TOKEN"],
    [
      { ...UPSTASH, UPSTASH_SECONDARY_REST_URL: "https://x.upstash.io/", UPSTASH_SECONDARY_REST_TOKEN: "u" },
      "EDGEFEAT_SECONDARY_STORE",
    ],
    [{ UPSTASH_READ_REST_URL: "https://r.upstash.io" }, "UPSTASH_READ_REST_URL"],
    [{ EDGEFEAT_REPLICA_LAG: "soon" }, "EDGEFEAT_REPLICA_LAG"],
    [{ EDGEFEAT_STORE_TIMEOUT: "0s" }, "EDGEFEAT_STORE_TIMEOUT"],
    [{ EDGEFEAT_SHARDS: "0" }, "EDGEFEAT_SHARDS"],
    [{ EDGEFEAT_SHARDS: "7" }, "EDGEFEAT_SHARDS"],
    [{ EDGEFEAT_SHARDS: "1.5" }, "EDGEFEAT_SHARDS"],
    [{ EDGEFEAT_SHARDS: "three" }, "EDGEFEAT_SHARDS"],
    [{ UPSTASH_REDIS_REST_URL: "https://x.upstash.io" }, "UPSTASH_REDIS_REST_TOKEN"],
    [{ PUBLIC_READS: "yes" }, "PUBLIC_READS"],
    [{ EDGEFEAT_SLOW_MS: "250ms" }, "EDGEFEAT_SLOW_MS"],
    [{ EDGEFEAT_SLOW_MS: "-1" }, "EDGEFEAT_SLOW_MS"],
    [{ EDGEFEAT_SLOW_MS: "1e3" }, "EDGEFEAT_SLOW_MS"],
    [{ EDGEFEAT_LOG: "all" }, "EDGEFEAT_LOG"],
    [{ EDGEFEAT_NOW: "2001-03-31" }, "EDGEFEAT_NOW"],
    [{ EDGEFEAT_CACHE_TTL: "60" }, "EDGEFEAT_CACHE_TTL"],
    [{ EDGEFEAT_CORS_ORIGINS: "a.example" }, "EDGEFEAT_CORS_ORIGINS"],
    [{ EDGEFEAT_QUEUE_VIEWS: "a=" }, "EDGEFEAT_QUEUE_VIEWS"],
    [{ EDGEFEAT_QUEUE_VIEWS: "a=b=c" }, "EDGEFEAT_QUEUE_VIEWS"],
    [{ EDGEFEAT_QUEUE_VIEWS: "a=b," }, "EDGEFEAT_QUEUE_VIEWS"],
    [{ EDGEFEAT_CORS_ORIGINS: "https://a.example/" }, "EDGEFEAT_CORS_ORIGINS"],
    [{ EDGEFEAT_CORS_ORIGINS: "https://a.example,null" }, "EDGEFEAT_CORS_ORIGINS"],
    [{ EDGEFEAT_RATE_LIMIT: "600" }, "EDGEFEAT_RATE_LIMIT"],
    [{ EDGEFEAT_RATE_LIMIT: "0/60s" }, "EDGEFEAT_RATE_LIMIT"],
    [{ EDGEFEAT_RATE_LIMIT: "600/0s" }, "EDGEFEAT_RATE_LIMIT"],
    [{ EDGEFEAT_RATE_LIMIT: "600/minute" }, "EDGEFEAT_RATE_LIMIT"],
    [{ EDGEFEAT_AUDIT: "off" }, "EDGEFEAT_AUDIT"],
    [{ EDGEFEAT_AUDIT_KEEP: "long" }, "EDGEFEAT_AUDIT_KEEP"],
  ])("%j is config_invalid and names the variable", (variables, name) => {
    expect(() => readSettings(variables)).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining(name) }),
    );
  });
});
