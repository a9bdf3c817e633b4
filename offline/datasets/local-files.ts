// The files of a path in Node: itself, those of a folder, those that a pattern names.
import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { EdgefeatError } from "../../sdk/errors.ts";
import { openPath } from "./files.ts";
import { isHidden, patternOf } from "./glob.ts";
import type { DatasetFile } from "./read-files.ts";

/** A file, and a text that tells one state of it from another. */
export interface StampedFile extends DatasetFile {
  readonly stamp: string;
}

/** Deeper than any layout; links that lead back would be deeper. */
const MOST_FOLDERS = 32;

/**
 * Returns the files of a path, sorted, without those that writers leave beside the data (_SUCCESS, .crc).
 * @throws file_not_found where there are none, file_unreadable.
 */
export async function localFiles(path: string): Promise<StampedFile[]> {
  const found = await statOf(path);
  if (found?.isFile()) return [fileAt(path, found)];
  // Windows has other separators, a pattern's are slashes.
  const pattern = found === null ? patternOf(path.replaceAll(sep, "/")) : null;
  if (found === null && pattern === null) {
    // Says what is nearest.
    await openPath(path);
  }
  const base = pattern === null ? path : pattern.base;
  const below = await filesBelow(base === "" ? "." : base);
  const wanted = below.filter((name) => !isHidden(name) && (pattern === null || pattern.matches(name))).toSorted();
  if (wanted.length === 0) throw noFile(path, pattern === null ? null : below.length);
  const files: StampedFile[] = [];
  for (const name of wanted) {
    const full = join(base, name);
    const about = await statOf(full);
    if (about !== null) files.push(fileAt(full, about));
  }
  return files;
}

function noFile(path: string, others: number | null): EdgefeatError {
  if (others === null) {
    return new EdgefeatError("file_not_found", `there is no file in the folder ${path}`, {
      hint: "files whose name starts with _ or . are left out",
    });
  }
  return new EdgefeatError("file_not_found", `there is no file ${path} among ${others} in its folder`, {
    hint: "** stands for folders, * for a part of one name; names that start with _ or . are left out",
  });
}

function fileAt(path: string, { size, mtimeMs }: { size: number; mtimeMs: number }): StampedFile {
  return {
    path,
    sizeBytes: size,
    stamp: `${size}-${mtimeMs}`,
    open: () => openPath(path),
  };
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new EdgefeatError("file_unreadable", `${path} can't be read: ${message}`, { cause });
  }
}

/** Returns the paths below a folder, links to folders followed, with slashes. */
async function filesBelow(folder: string, below = "", depth = 0): Promise<string[]> {
  if (depth > MOST_FOLDERS) {
    throw new EdgefeatError("file_unreadable", `${folder} is more than ${MOST_FOLDERS} folders deep`, {
      hint: "look for a link that leads back",
    });
  }
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === "ENOENT" ? "file_not_found" : "file_unreadable";
    throw new EdgefeatError(code, `the folder ${folder} can't be read: ${cause.message}`, { cause });
  });
  const files: string[] = [];
  for (const entry of entries) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    const full = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await statOf(full))?.isDirectory() === true);
    if (isFolder) files.push(...(await filesBelow(full, name, depth + 1)));
    else files.push(name);
  }
  return files;
}
