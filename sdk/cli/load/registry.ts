// The snapshot that a training set is built from: of the definitions alone, of the server, or of a file saved from it.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { EdgefeatError } from "../../errors.ts";
import type { Transforms } from "../../plan/index.ts";
import { checkConsistency, checkSnapshot, type Snapshot, snapshotHash, snapshotOf } from "../../registry/index.ts";
import { parseJson } from "../../types/index.ts";
import { appliedRegistry, checkProject, connect, type ServerRegistry } from "../connection.ts";
import type { LoadedConfig } from "./config.ts";
import { loadDefinitions, loadTransforms } from "./definitions.ts";

/** Where a snapshot is taken from; a file's path is relative to the current folder. */
export type SnapshotFrom = "definitions" | "server" | { readonly file: string };

export interface LoadedSnapshot {
  readonly snapshot: Snapshot;
  /** The hash that names it: a server's answers tell the same. */
  readonly registry: string;
  /** The TypeScript transforms of the definitions. */
  readonly transforms: Transforms;
}

/**
 * Returns a snapshot: of the definitions with every view in it, or as a server has it, with the versions that answer
 * there and the views that were registered through its API.
 * @throws as loadDefinitions, as connect; registry_not_found, registry_invalid, project_mismatch, file_not_found
 */
export async function loadSnapshot(
  loaded: LoadedConfig,
  from: SnapshotFrom,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LoadedSnapshot> {
  const { project, environment } = loaded.config;
  if (from === "definitions") {
    const { compiled, transforms } = await loadDefinitions(loaded);
    const snapshot = snapshotOf(project, environment, compiled);
    return { snapshot, registry: snapshotHash(snapshot), transforms };
  }
  const { hash, snapshot } =
    from === "server"
      ? await appliedRegistry(await connect(loaded, env), loaded)
      : await readRegistryFile(loaded, from.file);
  return { snapshot, registry: hash, transforms: await loadTransforms(loaded) };
}

async function readRegistryFile({ config }: LoadedConfig, file: string): Promise<ServerRegistry> {
  const hint = "save it from GET /v1/registry";
  const text = await readFile(resolve(file), "utf8").catch((cause: unknown) => {
    throw new EdgefeatError("file_not_found", `${file} can't be read`, { hint, cause });
  });
  const { registry: hash, snapshot: json } = (parsed(text) ?? {}) as { registry?: unknown; snapshot?: unknown };
  if (typeof hash !== "string") throw new EdgefeatError("registry_invalid", `${file} holds no registry`, { hint });
  const snapshot = checkConsistency(checkSnapshot(json));
  checkProject(snapshot, config, `${file} is of`, "project and environment");
  return { hash, snapshot };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (fault) {
    if (fault instanceof EdgefeatError && fault.code === "malformed_json") return undefined;
    throw fault;
  }
}
