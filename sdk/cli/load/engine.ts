// The SQL engine that a repo's config asks for.
import { resolve } from "node:path";
import { type Engine, type EngineOptions, openEngine } from "../../../offline/index.ts";
import type { LoadedConfig } from "./config.ts";

/** Returns the engine of the config, or of the kind that is asked for instead. @throws as openEngine */
export function openConfiguredEngine(
  { config, repo }: LoadedConfig,
  engine: EngineOptions["engine"] = config.offline.engine,
): Promise<Engine> {
  const { threads, memoryLimitBytes, spillFolder } = config.offline;
  return openEngine({
    engine,
    threads,
    memoryLimitBytes,
    spillFolder: spillFolder === undefined ? undefined : resolve(repo, spillFolder),
  });
}
