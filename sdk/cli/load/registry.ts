// The snapshot that a training set is built from: of the definitions alone, of the server, of a file saved from it, or one
// that was used before.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { EdgefeatError } from "../../errors.ts";
import type { Transforms } from "../../plan/index.ts";
import { checkConsistency, checkSnapshot, type Snapshot, snapshotHash, snapshotOf } from "../../registry/index.ts";
import { parseJson } from "../../types/index.ts";
import { appliedRegistry, checkProject, connect, type ServerRegistry } from "../connection.ts";
import type { LoadedConfig } from "./config.ts";
import { hashNamed, readKeptRegistry } from "../kept-registry.ts";
import { loadDefinitions, loadTransforms } from "./definitions.ts";

/** Where a snapshot is taken from; a file's path is relative to the current folder. */
export type SnapshotFrom =
  | "definitions"
  | "server"
  | { readonly file: string }
  /** A registry of before: its hash, the first digits of it, or its number among those that are kept. */
  | { readonly version: string };

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
  const { hash, snapshot } = await registryFrom(loaded, from, env);
  return { snapshot, registry: hash, transforms: await loadTransforms(loaded) };
}

async function registryFrom(
  loaded: LoadedConfig,
  from: Exclude<SnapshotFrom, "definitions">,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ServerRegistry> {
  if (from === "server") return appliedRegistry(await connect(loaded, env), loaded);
  if ("file" in from) return readRegistryFile(loaded, from.file);
  const hash = hashNamed(loaded.repo, from.version);
  const kept = readKeptRegistry(loaded.repo, hash);
  const snapshot = kept ?? (await earlierRegistry(loaded, hash, env));
  checkProject(snapshot, loaded.config, `registry ${hash} is of`, "project and environment");
  return { hash, snapshot };
}

/** Asks the server, which keeps every snapshot it ever had. @throws registry_not_found */
async function earlierRegistry(
  loaded: LoadedConfig,
  hash: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Snapshot> {
  const hint = "it is kept by the repo folder that used it (.edgefeat/registry), and by the server it was applied to";
  const connection = await connect(loaded, env).catch((cause: unknown) => {
    if (!(cause instanceof EdgefeatError) || cause.code !== "server_unreachable") throw cause;
    throw new EdgefeatError("registry_not_found", `registry ${hash} is not kept here, and no server runs`, {
      hint,
      cause,
    });
  });
  const answer = await connection.admin.getRegistry(hash);
  if (answer !== null) return checkSnapshot(answer.snapshot);
  throw new EdgefeatError("registry_not_found", `registry ${hash} is neither kept here nor on ${connection.target}`, {
    hint,
  });
}

/** Returns what `plan` returns; that a transform's code is another than a registry of before has is told as that. */
export function planOfThen<T>(from: SnapshotFrom, registry: string, plan: () => T): T {
  try {
    return plan();
  } catch (fault) {
    const ofThen = typeof from === "object" && "version" in from;
    if (!ofThen || !(fault instanceof EdgefeatError) || fault.code !== "transform_not_bundled") throw fault;
    throw new EdgefeatError(
      fault.code,
      `${fault.message}: registry ${registry.slice(0, 19)}… was made with other code`,
      {
        hint: "check out the definitions of that time, whose TypeScript transforms are part of it, and run this there",
        cause: fault,
      },
    );
  }
}

async function readRegistryFile({ config }: LoadedConfig, file: string): Promise<ServerRegistry> {
  const hint = "save it from GET /v1/registry";
  const text = await readFile(resolve(file), "utf8").catch((cause: unknown) => {
    throw new EdgefeatError("file_not_found", `${file} can't be read`, { hint, cause });
  });
  const { registry, snapshot: json } = (parsed(text) ?? {}) as { registry?: unknown; snapshot?: unknown };
  if (typeof registry !== "string") throw new EdgefeatError("registry_invalid", `${file} holds no registry`, { hint });
  const snapshot = checkConsistency(checkSnapshot(json));
  checkProject(snapshot, config, `${file} is of`, "project and environment");
  // What is in it, not what it calls itself: a limited token is told a part under the name of the whole, and files are edited.
  return { hash: snapshotHash(snapshot), snapshot };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (fault) {
    if (fault instanceof EdgefeatError && fault.code === "malformed_json") return undefined;
    throw fault;
  }
}
