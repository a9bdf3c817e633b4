// Compaction killed at any moment, run twice and beside readers: each event once, none lost, whatever the order.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compactLog } from "../../../offline/log/compact.ts";
import type { LogEvent } from "../../../offline/log/events.ts";
import type { LogFiles } from "../../../offline/log/port.ts";
import { readLog, type SourceLog } from "../../../offline/log/read-log.ts";
import { datasets } from "../../../offline/datasets/files.ts";
import type { Datasets } from "../../../offline/datasets/index.ts";
import { US_PER_HOUR, US_PER_MINUTE } from "../../../sdk/time.ts";
import { appendTo, cutOff, Killed, memoryLogFiles, random, record } from "../../support/log-files.ts";

/** Arrow in the place of Parquet, which takes a thread: the format is not what is tried here. */
const inArrow: Datasets = {
  ...datasets,
  readTable: (input, _, options) => datasets.readTable(input, "arrow", options),
  writeTable: (table, _, options) => datasets.writeTable(table, "arrow", options),
};
const logOf = (files: LogFiles): SourceLog => ({ files, folder: "p/dev/s", source: "s", datasets: inArrow });

async function eventsOf(files: LogFiles): Promise<LogEvent[]> {
  let events: LogEvent[] = [];
  const report = await readLog(
    logOf(files),
    {},
    { restart: () => void (events = []), add: (event) => void events.push(event) },
  );
  expect(report.faults).toEqual([]);
  return events;
}

const named = (events: readonly LogEvent[]) => events.map(({ id }) => id as string).toSorted();

/** What happens to a log, act by act. */
const append = fc.record({
  do: fc.constant("append" as const),
  ids: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 }),
});
const compact = fc.record({
  do: fc.constant("compact" as const),
  acts: fc.integer({ min: 0, max: 40 }),
  sealed: fc.integer({ min: 0, max: 30 }),
});

describe("compaction", () => {
  it("loses and doubles no event, cut off at any of its acts, while others append and read", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(append, compact), { maxLength: 12 }), async (acts) => {
        const files = memoryLogFiles();
        const appended = new Set<string>();
        let written = 0;
        const check = async () => expect(named(await eventsOf(files))).toEqual([...appended].toSorted());
        for (const act of acts) {
          if (act.do === "append") {
            // Three an hour; the same id is always the same event.
            const records = act.ids.map((id) =>
              record(`e${id}`, id * 20 * US_PER_MINUTE, { k: "a", x: id }, { writtenAtUs: written }),
            );
            written++;
            await appendTo(files, records);
            for (const { id } of records) appended.add(id as string);
          } else {
            const options = { sealedUs: act.sealed, random, recordsAtOnce: 5 };
            await compactLog(logOf(cutOff(files, act.acts, check)), options).catch((fault: unknown) => {
              if (!(fault instanceof Killed)) throw fault;
            });
          }
          await check();
        }
        await compactLog(logOf(files), { sealedUs: written, random });
        await compactLog(logOf(files), { sealedUs: written, random });
        await check();
        const left = [...files.contents.keys()];
        expect(left.filter((path) => path.includes("/segments/"))).toEqual([]);
        const hours = new Set(
          [...appended].map((id) => Math.floor((Number(id.slice(1)) * 20 * US_PER_MINUTE) / US_PER_HOUR)),
        );
        expect(left.filter((path) => path.includes("/hours/"))).toHaveLength(hours.size);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it("loses and doubles no event where several run at once, and others read meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 12 }), async (scheduler, count) => {
        const files = memoryLogFiles();
        for (let i = 0; i < count; i++) await appendTo(files, [record(`e${i}`, i * 20 * US_PER_MINUTE)]);
        const all = Array.from({ length: count }, (_, i) => `e${i}`).toSorted();
        // One process each, whose acts come in any order with the others'.
        const turns = (): LogFiles => cutOff(files, Infinity, () => scheduler.schedule(Promise.resolve()));
        const compacting = { sealedUs: 10 * US_PER_HOUR, random, recordsAtOnce: 3 };
        const compactions = [1, 2, 3].map(() => compactLog(logOf(turns()), compacting));
        const readers = [1, 2, 3].map(async () => expect(named(await eventsOf(turns()))).toEqual(all));
        await scheduler.waitFor(Promise.all([...compactions, ...readers]));
        expect(named(await eventsOf(files))).toEqual(all);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it.each([1, 2, 3])("leaves what it wrote where %i others have gone on from its manifest", async (others) => {
    const files = memoryLogFiles();
    await appendTo(files, [record("e0", 0)]);
    const slow: LogFiles = {
      ...files,
      async putNew(path, bytes) {
        const isNew = await files.putNew(path, bytes);
        for (let i = 1; path.includes("/manifest-0000000001") && i <= others; i++) {
          await appendTo(files, [record(`e${i}`, i * US_PER_HOUR)]);
          await compactLog(logOf(files), { sealedUs: 10 * US_PER_HOUR, random });
        }
        return isNew;
      },
    };
    await compactLog(logOf(slow), { sealedUs: 10 * US_PER_HOUR, random });
    const all = Array.from({ length: others + 1 }, (_, i) => `e${i}`);
    expect(named(await eventsOf(files))).toEqual(all);
  });

  it("throws away what it wrote where its manifest comes too late, its number gone again", async () => {
    const files = memoryLogFiles();
    // The others take what was written at 0; this one takes more, and must not think that it is in files.
    await appendTo(files, [record("e0", 0)]);
    await appendTo(files, [record("later", 9)]);
    const others = [1, 2, 3, 4];
    const slow: LogFiles = {
      ...files,
      async putNew(path, bytes) {
        while (path.includes("/manifest-0000000001") && others.length > 0) {
          await compactLog(logOf(files), { sealedUs: 0, random });
          await appendTo(files, [record(`e${others.shift()}`, 1, { k: "a" }, { writtenAtUs: 0 })]);
        }
        return files.putNew(path, bytes);
      },
    };
    const all = ["e0", "e1", "e2", "e3", "e4", "later"];
    await compactLog(logOf(slow), { sealedUs: 10 * US_PER_HOUR, random });
    expect(named(await eventsOf(files))).toEqual(all);
    await compactLog(logOf(files), { sealedUs: 10 * US_PER_HOUR, random });
    await compactLog(logOf(files), { sealedUs: 10 * US_PER_HOUR, random });
    expect(named(await eventsOf(files))).toEqual(all);
    expect([...files.contents.keys()].filter((path) => path.includes("/hours/"))).toHaveLength(1);
  });
});
