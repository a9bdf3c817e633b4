// The event log in a folder of this machine, which `edgefeat serve` appends to.
import { constants, type Dirent } from "node:fs";
import { link, mkdir, open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pid } from "node:process";
import { EdgefeatError } from "../../sdk/errors.ts";
import { forEach, type LogFiles } from "./port.ts";

let written = 0;

/** Returns the files of a folder, which need not be there yet. @throws file_unreadable when the disk refuses */
export function folderLog(root: string): LogFiles {
  const at = (path: string) => join(root, ...path.split("/"));
  const list = async (folder: string) =>
    (await entriesOf(at(folder))).filter((entry) => entry.isFile()).map(({ name }) => name);
  return {
    name: root,
    list,
    async sizes(folder) {
      const found = await forEach(await list(folder), async (name) => {
        const bytes = await orAbsent(join(at(folder), name), null, async (path) => (await stat(path)).size);
        return bytes === null ? [] : [[name, bytes] as const];
      });
      return new Map(found.flat());
    },
    folders: async (folder) =>
      (await entriesOf(at(folder))).filter((entry) => entry.isDirectory()).map(({ name }) => name),
    read: (path) => orAbsent<Uint8Array | null>(at(path), null, (file) => readFile(file)),
    putNew: (path, bytes) => orAbsent(at(path), false, (file) => putNew(file, bytes)),
    remove: (path) => orAbsent(at(path), undefined, unlink),
  };
}

function entriesOf(folder: string): Promise<Dirent[]> {
  return orAbsent<Dirent[]>(folder, [], (path) => readdir(path, { withFileTypes: true }));
}

/** Written beside its place, and linked into it: a link, unlike a rename, replaces nothing. */
async function putNew(path: string, bytes: Uint8Array): Promise<boolean> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${pid}-${written++}.tmp`);
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, path);
    await syncFolder(folder);
    return true;
  } catch (fault) {
    if (codeOf(fault) === "EEXIST") return false;
    throw fault;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

/** Some systems open no folders: there the disk decides when it keeps a name. */
async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, constants.O_RDONLY).catch(() => null);
  await opened?.sync().catch(() => {});
  await opened?.close();
}

async function orAbsent<T>(path: string, absent: T, work: (path: string) => Promise<T>): Promise<T> {
  try {
    return await work(path);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return absent;
    throw new EdgefeatError("file_unreadable", `the event log's ${path}: ${(cause as Error).message}`, { cause });
  }
}

function codeOf(fault: unknown): string | undefined {
  return (fault as NodeJS.ErrnoException).code;
}
