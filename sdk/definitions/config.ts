// The config file: which project and definitions, and where online and offline live.
import * as z from "zod/mini";
import { checkShape } from "../shape.ts";
import { durationShape } from "./duration.ts";

/** A value that is read from the environment when it is needed, so that no secret sits in a file. */
export interface EnvReference {
  readonly env: string;
}

/** Names an environment variable. @example token: env("EDGEFEAT_TOKEN") */
export function env(name: string): EnvReference {
  return { env: name };
}

const text = z.union([z.string(), z.strictObject({ env: z.string() })]);
const namePart = z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/, "expected 1 to 64 letters, digits, _ . -"));

const configShape = z.strictObject({
  project: namePart,
  environment: z._default(namePart, "dev"),
  definitions: z.string(),
  online: z.optional(
    z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("durable-object"), url: z.optional(text), token: z.optional(text) }),
      z.strictObject({
        type: z.literal("upstash"),
        url: text,
        token: text,
        /** A second database that takes every write too: the Worker's secondary store. */
        secondary: z.optional(z.strictObject({ url: text, token: text })),
        workerUrl: z.optional(text),
      }),
    ]),
  ),
  offline: z._default(
    z.strictObject({
      /** "auto": native where @duckdb/node-api is installed, else WebAssembly; the results are the same. */
      engine: z._default(z.enum(["auto", "wasm", "native"]), "auto"),
      /** Of the native engine; default one a core. */
      threads: z.optional(z.int().check(z.positive())),
      /** Beyond it the native engine spills to disk, and WebAssembly fails. */
      memoryLimitBytes: z.optional(z.int().check(z.positive())),
      /** Where the native engine spills to; default the system's folder for temporary files. */
      spillFolder: z.optional(z.string()),
      /** Where the log of pushed events is: a folder, or s3://bucket/folder; default "./log", where there is one. */
      log: z.optional(z.string()),
    }),
    { engine: "auto" },
  ),
  cache: z._default(
    z.strictObject({ ttl: z._default(durationShape, "60s"), staleIfError: z._default(durationShape, "5m") }),
    {
      ttl: "60s",
      staleIfError: "5m",
    },
  ),
});

export type ConfigInput = z.input<typeof configShape>;
export type Config = z.output<typeof configShape>;

/** Checks and completes a config. @throws config_invalid naming the field. */
export function defineConfig(config: ConfigInput): Config {
  return checkShape(configShape, config, "edgefeat.config.ts", "config_invalid");
}
