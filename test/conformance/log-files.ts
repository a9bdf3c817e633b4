// What every place that the offline side reads the event log from must do (offline/log/port.ts).
import { beforeEach, describe, expect, it } from "vitest";
import { compactLog } from "../../offline/log/compact.ts";
import type { LogEvent } from "../../offline/log/events.ts";
import type { LogFiles } from "../../offline/log/port.ts";
import { readLog } from "../../offline/log/read-log.ts";
import { datasets } from "../../offline/datasets/files.ts";
import { appendTo, random, record } from "../support/log-files.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Holds a place to it. `open` returns an empty one. */
export function logFilesConformance(name: string, open: () => Promise<LogFiles>): void {
  describe(`${name} as a place of the event log`, () => {
    let files: LogFiles;
    beforeEach(async () => {
      files = await open();
    });
    const textOf = async (path: string) => {
      const bytes = await files.read(path);
      return bytes === null ? null : new TextDecoder().decode(bytes);
    };

    it("has nothing in folders that aren't there", async () => {
      expect([await files.list("a/b"), await files.folders("a"), await files.read("a/b/c")]).toEqual([[], [], null]);
      expect(await files.sizes("a/b")).toEqual(new Map());
      await files.remove("a/b/c");
    });

    it("lists the files and the folders of a folder apart", async () => {
      for (const path of ["a/x.jsonl", "a/y.jsonl", "a/b/z.jsonl", "a/c/d/z.jsonl", "ab/x.jsonl"]) {
        expect(await files.putNew(path, bytesOf(path))).toBe(true);
      }
      expect((await files.list("a")).toSorted()).toEqual(["x.jsonl", "y.jsonl"]);
      expect(await files.sizes("a")).toEqual(
        new Map([
          ["x.jsonl", 9],
          ["y.jsonl", 9],
        ]),
      );
      expect((await files.folders("a")).toSorted()).toEqual(["b", "c"]);
      expect(await textOf("a/b/z.jsonl")).toBe("a/b/z.jsonl");
    });

    it("replaces no file", async () => {
      expect(await files.putNew("a/x", bytesOf("one"))).toBe(true);
      expect(await files.putNew("a/x", bytesOf("two"))).toBe(false);
      expect(await textOf("a/x")).toBe("one");
      await files.remove("a/x");
      expect(await textOf("a/x")).toBe(null);
      expect(await files.putNew("a/x", bytesOf("two"))).toBe(true);
    });

    it("lets one of several at once have a name", async () => {
      const won = await Promise.all(Array.from({ length: 8 }, (_, i) => files.putNew("a/x", bytesOf(String(i)))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await textOf("a/x")).toBe(String(won.indexOf(true)));
    });

    it("holds a log that is appended to, read and compacted", async () => {
      const log = { files, folder: "p/dev/s", source: "s", datasets };
      const hour = 3_600_000_000;
      const events = async () => {
        let found: LogEvent[] = [];
        const into = { restart: () => void (found = []), add: (event: LogEvent) => void found.push(event) };
        await readLog(log, {}, into);
        return found.map(({ id }) => id);
      };
      await appendTo(files, [record("a", 1), record("b", hour + 1)]);
      await appendTo(files, [record("a", 1), record("c", 2)]);
      expect(await events()).toEqual(["a", "c", "b"]);
      const report = await compactLog(log, { sealedUs: 2 * hour, random });
      expect(report).toMatchObject({ segments: 2, records: 4, files: 2, faults: [] });
      expect(await events()).toEqual(["a", "c", "b"]);
      expect(await files.list("p/dev/s/segments")).toEqual([]);
      await appendTo(files, [record("d", 3)]);
      expect(await compactLog(log, { sealedUs: 2 * hour, random })).toMatchObject({ segments: 1, files: 1 });
      await compactLog(log, { sealedUs: 2 * hour, random });
      expect(await events()).toEqual(["a", "c", "d", "b"]);
      expect(await files.list("p/dev/s/hours")).toHaveLength(2);
    });
  });
}
