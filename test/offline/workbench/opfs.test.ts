// What the workbench keeps in the browser, while it changes: a mock, because no browser can be told when to remove a file.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openKeeper } from "../../../offline/workbench/files/opfs.ts";

const gone = () => Promise.reject(new DOMException("it could not be found", "NotFoundError"));
const file = (name: string, getFile: () => Promise<Blob>) => ({ kind: "file", name, getFile });

/** A file system whose one folder holds these. */
function storageOf(values: () => AsyncIterable<unknown>): StorageManager {
  const folder = { values };
  return { getDirectory: async () => ({ getDirectoryHandle: async () => folder }) } as unknown as StorageManager;
}

beforeEach(() => {
  vi.stubGlobal(
    "FileSystemFileHandle",
    class {
      createWritable(): void {}
    },
  );
});
afterEach(() => void vi.unstubAllGlobals());

it("counts what is there, though a file is dropped meanwhile", async () => {
  const keeper = await openKeeper(
    storageOf(async function* () {
      yield file("a", async () => new Blob(["abc"]));
      yield file("b", gone);
      yield file("c", async () => new Blob(["de"]));
    }),
  );
  expect(await keeper?.size()).toBe(5);
});

it("counts what it saw, though all is forgotten meanwhile", async () => {
  const keeper = await openKeeper(
    storageOf(async function* () {
      yield file("a", async () => new Blob(["abc"]));
      await gone();
    }),
  );
  expect(await keeper?.size()).toBe(3);
});
