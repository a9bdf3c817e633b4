// Where the event log's files are, as the offline side needs it: a folder of this machine, or an object store.

/** A place of files. Paths have slashes between their folders, none at their ends. */
export interface LogFiles {
  /** What errors call the place. */
  readonly name: string;
  /** Returns the names of the files in a folder, in any order, without those of its folders; none where there is no folder. */
  list(folder: string): Promise<string[]>;
  /** Returns the lengths in bytes of the files in a folder, by their names. */
  sizes(folder: string): Promise<Map<string, number>>;
  /** Returns the names of the folders in a folder, as `list`. */
  folders(folder: string): Promise<string[]>;
  /** Returns a file's bytes; null where there is no such file. */
  read(path: string): Promise<Uint8Array | null>;
  /** Writes a whole file, durably, unless there is one of that name: then it is left as it is, and the answer is false. */
  putNew(path: string, bytes: Uint8Array): Promise<boolean>;
  /** Removes a file, if there is one. */
  remove(path: string): Promise<void>;
}

/** How many files are read or removed at once. */
const AT_ONCE = 16;

/** Runs `work` on each item, some at once, and returns the results in the items' order. */
export async function forEach<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
  return results;
}
