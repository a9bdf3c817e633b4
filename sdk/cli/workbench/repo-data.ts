// What the workbench page is told of a repo folder: the snapshot of its definitions, and its sources' files, by name and never by path.
import { existsSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Snapshot } from "../../registry/index.ts";
import { bundleWhole } from "../load/bundle.ts";
import type { LoadedConfig } from "../load/config.ts";
import { loadSnapshot } from "../load/registry.ts";

export interface RepoFile {
  readonly name: string;
  /** null: the entity rows. */
  readonly source: string | null;
  readonly size: number;
  readonly url: string;
}

export interface RepoData {
  readonly registry: string;
  readonly snapshot: Snapshot;
  /** True when the definitions have TypeScript transforms, for the page to import. */
  readonly transforms: boolean;
  readonly files: readonly RepoFile[];
  /** By URL: what is behind it on this machine. */
  readonly paths: ReadonlyMap<string, string>;
}

/**
 * Returns what the page may know. `entities` is a file with entity rows to offer, or null. A source's file that is not there is left
 * out: the page asks for it.
 * @throws as loadSnapshot
 */
export async function loadRepoData(
  loaded: LoadedConfig,
  entities: string | null,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RepoData> {
  const { snapshot, registry, transforms } = await loadSnapshot(loaded, "definitions", env);
  const specs = Object.values(snapshot.views).flatMap(({ versions }) =>
    Object.values(versions).map(({ spec }) => spec),
  );
  const sources = new Map(
    specs.flatMap((spec) => (spec.kind === "onDemand" ? [] : [[spec.source.name, spec.source.path] as const])),
  );
  const offered = [
    ...[...sources].map(([source, path]) => ({
      source,
      path: resolve(loaded.repo, path),
      url: `./repo-files/${source}`,
    })),
    ...(entities === null ? [] : [{ source: null, path: entities, url: "./repo-files/:entities" }]),
  ].filter(({ path }) => existsSync(path) && statSync(path).isFile());
  return {
    registry,
    snapshot,
    transforms: transforms.size > 0,
    files: offered.map(({ source, path, url }) => ({ name: basename(path), source, size: statSync(path).size, url })),
    paths: new Map(offered.map(({ url, path }) => [url.slice(1), path])),
  };
}

/** Returns the definitions as a module for a browser. @throws definitions_do_not_compile with file, line and column */
export function bundleForBrowser({ definitionsFile, repo }: LoadedConfig): Promise<string> {
  return bundleWhole({ entryPoints: [definitionsFile], platform: "browser" }, repo, repo);
}
