// The finished views of a training set that was cut off, kept beside the repo so that the next run needn't join them again.
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Table } from "apache-arrow";
import { readTableFile, writeTableFile } from "../../offline/datasets/files.ts";
import type { JoinParts } from "../../offline/index.ts";
import { EdgefeatError } from "../errors.ts";
import { hashOf } from "../registry/index.ts";

/** Parts that nobody came back for are removed after so long. */
const FORGOTTEN_MS = 7 * 24 * 60 * 60 * 1000;

export interface KeptParts extends JoinParts {
  /** The views that came from an earlier run, and those that were kept by this one. */
  readonly loaded: readonly string[];
  readonly saved: readonly string[];
  /** Removes them all: the training set is written. */
  clear(): void;
}

/**
 * Returns the parts of one training set; `run` is a hash of all that its values depend on but its sources, `stampOf` tells the
 * state of the source that a part came from: so that a source may be mended, and the views of others go on. Where it can't (null),
 * parts are not kept.
 */
export function partsOf(repo: string, run: string, stampOf: (key: string) => string | null): KeptParts {
  const folder = join(repo, ".edgefeat", "historical", run.replace(/^sha256:/, ""));
  removeForgotten(dirname(folder), Date.now() - FORGOTTEN_MS);
  const fileOf = (key: string): string | null => {
    const stamp = stampOf(key);
    return stamp === null ? null : join(folder, `${key}.${hashOf(stamp).slice("sha256:".length).slice(0, 16)}.arrow`);
  };
  const loaded: string[] = [];
  const saved: string[] = [];
  return {
    loaded,
    saved,
    async load(key): Promise<Table | null> {
      const file = fileOf(key);
      if (file === null || !existsSync(file)) return null;
      try {
        const table = await readTableFile(file);
        loaded.push(key);
        return table;
      } catch (fault) {
        // Damaged by whatever cut the run off: then the view is joined again.
        if (fault instanceof EdgefeatError) return null;
        throw fault;
      }
    },
    async save(key, table): Promise<void> {
      const file = fileOf(key);
      if (file === null) return;
      mkdirSync(folder, { recursive: true });
      await writeTableFile(file, table, { metadata: table.schema.metadata });
      saved.push(key);
    },
    clear() {
      rmSync(folder, { recursive: true, force: true });
      if (existsSync(dirname(folder)) && readdirSync(dirname(folder)).length === 0) rmdirSync(dirname(folder));
    },
  };
}

function removeForgotten(folder: string, beforeMs: number): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).mtimeMs < beforeMs) rmSync(path, { recursive: true, force: true });
  }
}
