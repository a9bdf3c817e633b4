// The config file: what it needs, what it completes, what it refuses.
import { describe, expect, it } from "vitest";
import { defineConfig, env } from "../../../sdk/index.ts";
import { faultOf } from "../../support/faults.ts";

const least = { project: "flights", definitions: "./features.ts" };

describe("a config", () => {
  it("needs a project and definitions, and completes the rest", () => {
    expect(defineConfig(least)).toEqual({
      ...least,
      environment: "dev",
      offline: { engine: "auto" },
      cache: { ttl: "60s", staleIfError: "5m" },
    });
  });

  it("keeps what it is given, and completes what is given in part", () => {
    const whole = {
      project: "p.q-r_1",
      environment: "prod",
      definitions: "f.ts",
      online: { type: "upstash" as const, url: env("URL"), token: env("TOKEN"), workerUrl: "https://worker.example" },
      offline: {
        engine: "native" as const,
        threads: 2,
        memoryLimitBytes: 2 ** 33,
        spillFolder: "./spill",
        log: "./log",
      },
      cache: { ttl: "1s", staleIfError: "0s" },
    };
    expect(defineConfig(whole)).toEqual(whole);
    expect(defineConfig({ ...least, cache: { ttl: "1s" }, offline: { log: "l" } })).toMatchObject({
      cache: { ttl: "1s", staleIfError: "5m" },
      offline: { engine: "auto", log: "l" },
    });
    expect(defineConfig({ ...least, online: { type: "durable-object" } }).online).toEqual({ type: "durable-object" });
  });

  it("names a variable of the environment", () => {
    expect(env("EDGEFEAT_TOKEN")).toEqual({ env: "EDGEFEAT_TOKEN" });
  });

  it.each<[what: string, change: object, pointer: string]>([
    ["no project", { project: undefined }, "/project"],
    ["an empty project", { project: "" }, "/project"],
    ["a project with a slash", { project: "a/b" }, "/project"],
    ["a long project", { project: "x".repeat(65) }, "/project"],
    ["an environment with a space", { environment: "my dev" }, "/environment"],
    ["no definitions", { definitions: undefined }, "/definitions"],
    ["a store of an unknown type", { online: { type: "redis" } }, "/online/type"],
    ["a store without its address", { online: { type: "upstash", token: "t" } }, "/online/url"],
    ["an unknown engine", { offline: { engine: "spark" } }, "/offline/engine"],
    ["no threads", { offline: { threads: 0 } }, "/offline/threads"],
    ["half a byte", { offline: { memoryLimitBytes: 0.5 } }, "/offline/memoryLimitBytes"],
    ["a cache time that is none", { cache: { ttl: "soon" } }, "/cache/ttl"],
    ["a cache time that is a number", { cache: { staleIfError: 5 } }, "/cache/staleIfError"],
    ["an unknown member", { projects: "x" }, ""],
    ["an unknown member deeper down", { cache: { tll: "1s" } }, "/cache"],
  ])("%s is refused", (_, change, pointer) => {
    const fault = faultOf(() => defineConfig({ ...least, ...change }));
    expect([fault.code, fault.pointer]).toEqual(["config_invalid", pointer]);
    expect(fault.message).toContain("edgefeat.config.ts");
  });
});
