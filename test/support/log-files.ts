// An event log's files in memory, which can be cut off between any two of its acts, and what writes segments to any.
import { randomBytes } from "node:crypto";
import type { LogFiles } from "../../offline/log/port.ts";
import type { LogRecord } from "../../sdk/log/index.ts";
import { createEventLog } from "../../worker/log/segments.ts";

export const SPACE = { project: "p", environment: "dev" };
export const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));

export interface MemoryLogFiles extends LogFiles {
  readonly contents: Map<string, Uint8Array>;
}

export function memoryLogFiles(): MemoryLogFiles {
  const contents = new Map<string, Uint8Array>();
  return {
    name: "memory",
    contents,
    async list(folder) {
      const below = [...contents.keys()].filter((path) => path.startsWith(`${folder}/`));
      return below.map((path) => path.slice(folder.length + 1)).filter((name) => !name.includes("/"));
    },
    async sizes(folder) {
      const names = await this.list(folder);
      return new Map(names.map((name) => [name, contents.get(`${folder}/${name}`)?.length ?? 0]));
    },
    async folders(folder) {
      const below = [...contents.keys()].filter((path) => path.startsWith(`${folder}/`));
      const inFolders = below.map((path) => path.slice(folder.length + 1)).filter((path) => path.includes("/"));
      return [...new Set(inFolders.map((path) => path.slice(0, path.indexOf("/"))))];
    },
    read: async (path) => contents.get(path) ?? null,
    async putNew(path, bytes) {
      if (contents.has(path)) return false;
      contents.set(path, bytes);
      return true;
    },
    remove: async (path) => void contents.delete(path),
  };
}

export class Killed extends Error {}

/** Returns the same files, for a process that is killed before its act number `acts`, and `between` run before every one. */
export function cutOff(files: LogFiles, acts: number, between: () => Promise<void> = async () => {}): LogFiles {
  let left = acts;
  const act = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left-- <= 0) throw new Killed();
    await between();
    return work();
  };
  return {
    name: files.name,
    list: (folder) => act(() => files.list(folder)),
    sizes: (folder) => act(() => files.sizes(folder)),
    folders: (folder) => act(() => files.folders(folder)),
    read: (path) => act(() => files.read(path)),
    putNew: (path, bytes) => act(() => files.putNew(path, bytes)),
    remove: (path) => act(() => files.remove(path)),
  };
}

/** Appends records as a Worker does. */
export function appendTo(files: LogFiles, records: readonly LogRecord[]): Promise<void> {
  const log = createEventLog(
    async (path, text) => void (await files.putNew(path, new TextEncoder().encode(text))),
    SPACE,
    random,
  );
  return log.append(records);
}

/** Returns a record of source "s" and view "v"; times in µs. */
export function record(
  id: string | null,
  eventTimeUs: number,
  values: Readonly<Record<string, unknown>> = { k: "a" },
  more: Partial<LogRecord> = {},
): LogRecord {
  const known = { source: "s", view: "v", createdTimeUs: null, writtenAtUs: eventTimeUs, deferred: false };
  return { ...known, id, eventTimeUs, valuesJson: JSON.stringify(values), ...more };
}
