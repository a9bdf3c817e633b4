// How far a materialization came, kept in the repo folder so that one that was cut off goes on where it stopped.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Checkpoint } from "../../offline/index.ts";

/** Returns where the checkpoint of one version of a view is kept. */
export function checkpointOf(repo: string, view: string, version: number) {
  const file = join(repo, ".edgefeat", "materialize", `${view}@${version}.json`);
  return {
    async load(): Promise<Checkpoint | null> {
      try {
        const { run, keysDone, sealedUs = null } = JSON.parse(readFileSync(file, "utf8")) as Partial<Checkpoint>;
        return typeof run === "string" && typeof keysDone === "number" ? { run, keysDone, sealedUs } : null;
      } catch {
        // None, or one that was cut off itself: then everything is written again, which changes nothing.
        return null;
      }
    },
    async save(checkpoint: Checkpoint): Promise<void> {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(checkpoint));
      renameSync(`${file}.new`, file);
    },
    async clear(): Promise<void> {
      rmSync(file, { force: true });
    },
  };
}
