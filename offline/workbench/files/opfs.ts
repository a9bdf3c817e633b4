// Files and choices kept between visits, in the browser's own file system for this site: nothing leaves the machine.

const FOLDER = "edgefeat-workbench";
const CHOICES = "choices.json";

export interface Keeper {
  /** Writes a file; one that could not be written whole is not there. */
  keep(id: string, file: Blob): Promise<void>;
  drop(id: string): Promise<void>;
  read(id: string): Promise<File | null>;
  saveChoices(choices: object): Promise<void>;
  choices(): Promise<unknown>;
  /** Bytes of all that is kept. */
  size(): Promise<number>;
  forget(): Promise<void>;
}

/** Returns what keeps files here, or null where the browser has no place for them. */
export async function openKeeper(storage: StorageManager | undefined): Promise<Keeper | null> {
  if (storage?.getDirectory === undefined || !("createWritable" in FileSystemFileHandle.prototype)) return null;
  const root = await storage.getDirectory().catch(() => null);
  if (root === null) return null;
  const folder = () => root.getDirectoryHandle(FOLDER, { create: true });
  const write = async (name: string, data: Blob): Promise<void> => {
    const handle = await (await folder()).getFileHandle(name, { create: true });
    // What is written is seen only once it is closed.
    const writable = await handle.createWritable();
    try {
      await data.stream().pipeTo(writable);
    } catch (fault) {
      await drop(name);
      throw fault;
    }
  };
  const drop = async (name: string): Promise<void> => {
    await (await folder()).removeEntry(name).catch(() => {});
  };
  const read = async (name: string): Promise<File | null> => {
    const handle = await (await folder()).getFileHandle(name).catch(() => null);
    return handle === null ? null : handle.getFile().catch(() => null);
  };
  return {
    keep: write,
    drop,
    read,
    saveChoices: (choices) => write(CHOICES, new Blob([JSON.stringify(choices)])),
    async choices() {
      const file = await read(CHOICES);
      try {
        return file === null ? null : (JSON.parse(await file.text()) as unknown);
      } catch {
        return null;
      }
    },
    async size() {
      let total = 0;
      try {
        const kept = await root.getDirectoryHandle(FOLDER);
        for await (const handle of kept.values()) {
          if (handle.kind !== "file" || handle.name === CHOICES) continue;
          const file = await handle.getFile().catch(() => null);
          total += file?.size ?? 0;
        }
      } catch {
        // There is none, or it was forgotten while it was counted.
      }
      return total;
    },
    async forget() {
      await root.removeEntry(FOLDER, { recursive: true }).catch(() => {});
    },
  };
}
