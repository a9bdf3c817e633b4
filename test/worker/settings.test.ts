// A Worker's variables: what they mean, and what is told when they can't mean anything.
import { describe, expect, it } from "vitest";
import { parseTime } from "../../sdk/time.ts";
import { readSettings, type Variables } from "../../worker/settings.ts";

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
      store: { kind: "durable-object" },
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
    [
      { EDGEFEAT_CACHE_TTL: "0s", EDGEFEAT_STALE_IF_ERROR: "1500ms" },
      { config: { cacheTtlMs: 0, staleIfErrorMs: 1_500 } },
    ],
    [{ EDGEFEAT_NOW: "2001-03-31T00:00:00Z" }, { frozenNowUs: parseTime("2001-03-31T00:00:00Z") }],
    [
      { UPSTASH_REDIS_REST_URL: "https://x.upstash.io", UPSTASH_REDIS_REST_TOKEN: "t" },
      { store: { kind: "upstash", url: "https://x.upstash.io", token: "t" } },
    ],
    [
      { EDGEFEAT_STORE: "durable-object", UPSTASH_REDIS_REST_URL: "https://x.upstash.io" },
      { store: { kind: "durable-object" } },
    ],
  ])("%j", (variables, settings) => {
    expect(readSettings(variables)).toMatchObject(settings);
  });

  it.each<[Variables, string]>([
    [{ EDGEFEAT_PROJECT: "a b" }, "EDGEFEAT_PROJECT"],
    [{ EDGEFEAT_ENVIRONMENT: "" }, "EDGEFEAT_ENVIRONMENT"],
    [{ EDGEFEAT_STORE: "redis" }, "EDGEFEAT_STORE"],
    [{ EDGEFEAT_STORE: "upstash" }, "UPSTASH_REDIS_REST_URL"],
    [{ UPSTASH_REDIS_REST_URL: "https://x.upstash.io" }, "UPSTASH_REDIS_REST_TOKEN"],
    [{ PUBLIC_READS: "yes" }, "PUBLIC_READS"],
    [{ EDGEFEAT_NOW: "2001-03-31" }, "EDGEFEAT_NOW"],
    [{ EDGEFEAT_CACHE_TTL: "60" }, "EDGEFEAT_CACHE_TTL"],
  ])("%j is config_invalid and names the variable", (variables, name) => {
    expect(() => readSettings(variables)).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining(name) }),
    );
  });
});
