// What is made from sources and kept: whether it is as the sources are now, told by their times and sizes alone.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Made {
  /** The folder that is made, absolute. It appears as a whole, or not at all. */
  readonly folder: string;
  /** Where it is while it is being made, and the file that says what it was made from: outside of it, on the same disk. */
  readonly workFolder: string;
  readonly stampFile: string;
  /** Files and folders that it is made from, absolute. */
  readonly sources: readonly string[];
  /** Fills a new, empty folder. */
  make(folder: string): Promise<void>;
}

/** True when the folder was made from the sources as they are. */
export function isUpToDate({ folder, stampFile, sources }: Made): boolean {
  return existsSync(folder) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stampOf(sources);
}

/** Makes the folder in the place of what was there. */
export async function makeAnew({ folder, workFolder, stampFile, sources, make }: Made): Promise<void> {
  // Before: what changes meanwhile is made again the next time.
  const stamp = stampOf(sources);
  rmSync(workFolder, { recursive: true, force: true });
  mkdirSync(workFolder, { recursive: true });
  try {
    await make(workFolder);
    rmSync(stampFile, { force: true });
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    placeAt(folder, workFolder);
    writeFileSync(stampFile, stamp);
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

function placeAt(folder: string, made: string): void {
  try {
    renameSync(made, folder);
  } catch (fault) {
    // Another process made it at the same time: alike.
    if (!["ENOTEMPTY", "EEXIST"].includes((fault as NodeJS.ErrnoException).code ?? "")) throw fault;
  }
}

function stampOf(sources: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (path: string): void => {
    // What is written while this looks may come and go.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined) hash.update(`${path} ${found.size} ${found.mtimeMs}\n`);
  };
  for (const source of sources) {
    if (statSync(source, { throwIfNoEntry: false })?.isDirectory() !== true) {
      add(source);
      continue;
    }
    const entries = readdirSync(source, { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isFile()) add(join(entry.parentPath, entry.name));
  }
  return hash.digest("hex");
}
