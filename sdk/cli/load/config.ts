// The repo folder's config file, found, run and checked; its references to the environment resolved when needed.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, defineConfig, type EnvReference } from "../../definitions/index.ts";
import { EdgefeatError } from "../../errors.ts";
import { runModule } from "./run-module.ts";

const NAMES = ["edgefeat.config.ts", "edgefeat.config.mjs", "edgefeat.config.js"] as const;

export interface LoadedConfig {
  readonly config: Config;
  /** The config's folder: what relative paths resolve against. */
  readonly repo: string;
  /** The definitions file, absolute. */
  readonly definitionsFile: string;
}

/** Returns the config of a repo folder. @throws config_invalid naming the field; definitions_do_not_compile */
export async function loadConfig(repo: string): Promise<LoadedConfig> {
  const file = NAMES.map((name) => join(repo, name)).find((path) => existsSync(path));
  if (file === undefined) {
    throw new EdgefeatError("config_invalid", `there is no edgefeat.config.ts in ${repo}`, {
      hint: 'go to the folder that has one, name it with --repo, or make one with "edgefeat init"',
    });
  }
  const exports = await runModule(file, repo);
  if (exports["default"] === undefined) {
    throw new EdgefeatError("config_invalid", `${file.slice(repo.length + 1)} has no default export`, {
      hint: 'write "export default defineConfig({ … })"',
    });
  }
  const config = defineConfig(exports["default"] as Config);
  return { config, repo, definitionsFile: resolve(repo, config.definitions) };
}

/**
 * Returns a config's text, from the environment where it refers to one; undefined when it is not configured.
 * @throws config_invalid naming the field and the variable that is not set
 */
export function configText(
  value: string | EnvReference | undefined,
  field: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  const text = env[value.env];
  if (text !== undefined && text !== "") return text;
  throw new EdgefeatError("config_invalid", `${field}: the environment variable ${value.env} is not set`, {
    hint: `set it: export ${value.env}=…`,
  });
}
