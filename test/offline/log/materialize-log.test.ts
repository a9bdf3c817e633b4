// Materializing views that take pushes: B, the sealed time, what is left to the stream, and runs that go on (SEMANTICS 4.7).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import {
  type Checkpoint,
  type Engine,
  materializeView,
  type OnlineSink,
  openEngine,
  type Progress,
  type ReadSource,
} from "../../../offline/index.ts";
import { count, csv, entity, featureView, int64, string, sum, timestamp } from "../../../sdk/index.ts";
import { unpackTileRow } from "../../../sdk/rows/index.ts";
import { US_PER_HOUR, US_PER_MINUTE } from "../../../sdk/time.ts";
import { tileLayout } from "../../../sdk/windows/index.ts";
import type { AggregatedViewSpec, SourceSpec } from "../../../sdk/registry/index.ts";
import type { LogEvent } from "../../../offline/log/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const user = entity("user", { joinKey: "id", type: int64() });
const source = csv("s", {
  path: "s.csv",
  eventTime: "at",
  eventId: "e",
  schema: { id: int64(), at: timestamp(), e: string(), x: int64() },
});
const aggregations = { n: count("2h", { hop: "30m" }), sum_x: sum("x", "1d", { hop: "1h" }) };
const pushed = featureView("pushed", { entities: [user], source, push: true, aggregations });
const plain = featureView("plain", { entities: [user], source, aggregations });
const stored = featureView("stored", { entities: [user], source, push: true, features: { x: int64() } });
const { snapshot } = snapshotFrom({ pushed, plain, stored });
const unserved = structuredClone(snapshot);
for (const { versions } of Object.values(unserved.views))
  (versions["1"] as { materialized: boolean }).materialized = false;
const layout = tileLayout(snapshot.views["pushed"]?.versions["1"]?.spec as AggregatedViewSpec);

const minute = (n: number) => n * US_PER_MINUTE;
/** An event of each key every ten minutes. */
function rowsOf(keys: number, until: number) {
  const times = Array.from({ length: until / 10 }, (_, i) => BigInt(minute((i + 1) * 10)));
  const all = Array.from({ length: keys }, (_, key) => times.map((at) => ({ key: BigInt(key), at }))).flat();
  return tableOf([
    [
      "id",
      vectorFromValues(
        { kind: "int64" },
        all.map(({ key }) => key),
      ),
    ],
    [
      "at",
      vectorFromValues(
        { kind: "timestamp" },
        all.map(({ at }) => at),
      ),
    ],
    [
      "e",
      vectorFromValues(
        { kind: "string" },
        all.map(({ key, at }) => `${key}-${at}`),
      ),
    ],
    [
      "x",
      vectorFromValues(
        { kind: "int64" },
        all.map(() => 1n),
      ),
    ],
  ]);
}

interface Recorded extends OnlineSink {
  readonly tiles: { packed: string; sealedUs: number | null }[];
  readonly completed: { startUs: number | null; endUs: number }[];
  /** The ids of the events of each batch. */
  readonly pushed: (string | null)[][];
  failAt: number;
}

function sink(contended = 0): Recorded {
  const recorded: Recorded = {
    tiles: [],
    completed: [],
    pushed: [],
    failAt: Infinity,
    async writeRows(_view, _version, rows) {
      return { written: rows.length, unchanged: 0, superseded: 0, expired: 0 };
    },
    async writeTiles(_view, _version, tiles, sealedUs) {
      if (--recorded.failAt <= 0) throw new Error("cut off");
      recorded.tiles.push(...tiles.map(({ packed }) => ({ packed, sealedUs })));
      return { written: tiles.length - contended, unchanged: 0, superseded: 0, expired: 0, contended };
    },
    pushEvents: async (_view, _version, events) => {
      recorded.pushed.push(events.map(({ id }) => id));
      return { accepted: events.length, duplicate: 0, deferred: 0, rejected: 0 };
    },
    complete: async (_view, _version, done) => void recorded.completed.push(done),
  };
  return recorded;
}

const run = (
  into: OnlineSink,
  view: string,
  endUs: number,
  more: Partial<Parameters<typeof materializeView>[0]> = {},
) =>
  materializeView({
    engine,
    snapshot,
    view,
    version: 1,
    startUs: null,
    endUs,
    readSource: async () => rowsOf(1, 600),
    sink: into,
    ...more,
  });

const log = (sealedUs: number, read: (sealedUs: number) => ReadSource = () => async () => rowsOf(1, 600)) => ({
  log: { sealedUs, readSource: read, told: async () => [] },
});

describe("B of a view that takes pushes (SEMANTICS 4.7)", () => {
  it.each<[what: string, view: string, end: number, sealed: number | null, boundary: number, left: number | null]>([
    ["END on the coarsest hop", "pushed", 300, 10_000, 300, null],
    ["END rounded down to it", "pushed", 359, 10_000, 300, 5],
    ["the sealed time rounded down", "pushed", 359, 290, 240, 11],
    ["the sealed time itself, on the hop", "pushed", 359, 300, 300, 5],
    ["without a log: END rounded down", "pushed", 359, null, 300, 5],
    ["before anything: nothing", "pushed", 59, 10_000, 0, 5],
    ["of a view without pushes: END", "plain", 359, 290, 359, null],
    ["of a stored view: END", "stored", 359, 290, 359, null],
  ])("%s", async (_, view, end, sealed, boundary, left) => {
    const into = sink();
    const report = await run(into, view, minute(end), sealed === null ? {} : log(minute(sealed)));
    expect([report.boundaryUs, report.leftToStream]).toEqual([
      minute(boundary),
      left === null ? null : { afterUs: minute(boundary), untilUs: minute(end), events: left },
    ]);
    expect(into.completed).toMatchObject([{ startUs: null, endUs: minute(boundary) }]);
    for (const { packed, sealedUs } of into.tiles) {
      expect(unpackTileRow(layout, packed).boundaryUs).toBe(minute(boundary));
      expect(unpackTileRow(layout, packed).newestEventUs).toBeLessThanOrEqual(minute(boundary));
      expect(sealedUs).toBe(view === "pushed" && sealed !== null ? minute(sealed) : null);
    }
    if (view !== "stored" && boundary > 0) expect(into.tiles).toHaveLength(1);
  });

  it("reads of the log what was written up to the sealed time", async () => {
    const asked: number[] = [];
    const read = (sealedUs: number): ReadSource => {
      asked.push(sealedUs);
      return async () => rowsOf(1, 600);
    };
    await run(sink(), "pushed", minute(300), log(minute(299), read));
    expect(asked).toEqual([minute(299)]);
  });

  it("counts the keys that were pushed to meanwhile", async () => {
    expect(await run(sink(1), "pushed", minute(300), log(minute(300)))).toMatchObject({ contended: 1, written: 0 });
    expect(await run(sink(), "stored", minute(300))).toMatchObject({ contended: 0 });
  });

  it("keeps START before END in the record, where B lies before it", async () => {
    const into = sink();
    await run(into, "pushed", minute(359), { startUs: minute(330), ...log(minute(10_000)) });
    expect(into.completed).toMatchObject([{ startUs: minute(300), endUs: minute(300) }]);
  });
});

describe("a version that does not serve yet (SEMANTICS 7.2)", () => {
  const event = (id: string, more: Partial<LogEvent> = {}): LogEvent => {
    const [eventTimeUs, writtenAtUs] = [minute(350), minute(351)];
    const pushes = [{ view: "pushed", takenUs: writtenAtUs }];
    return { id, eventTimeUs, createdTimeUs: null, writtenAtUs, values: { id: 0, x: 1 }, pushes, ...more };
  };
  const deferred = [{ view: "pushed", takenUs: null }];
  const caughtUp = async (view: string, events: readonly LogEvent[], more: object = {}) => {
    const into = sink();
    const asked: unknown[] = [];
    const told = async (source: SourceSpec, of: string, afterUs: number) => {
      expect(into.completed).toEqual([]);
      asked.push([source.name, of, afterUs]);
      return events;
    };
    const report = await run(into, view, minute(359), {
      snapshot: unserved,
      log: { ...log(minute(355)).log, told },
      ...more,
    });
    return { asked, pushed: into.pushed, report: report.caughtUp };
  };

  it("is told what the view was told after its boundary, what was deferred only as far as the log is whole", async () => {
    const late = event("late", { writtenAtUs: minute(356) });
    const events = [
      event("a"),
      event("b", { pushes: deferred }),
      late,
      event("c", { writtenAtUs: minute(356), pushes: deferred }),
    ];
    expect(await caughtUp("pushed", events)).toEqual({
      asked: [["s", "pushed", minute(300)]],
      pushed: [["a", "b", "late"]],
      report: { accepted: 3, duplicate: 0, deferred: 0, rejected: 0 },
    });
  });

  it("of a stored view, what came after END or after what was read of the log", async () => {
    const { asked, pushed } = await caughtUp("stored", [event("a")]);
    expect([asked, pushed]).toEqual([[["s", "stored", minute(355)]], [["a"]]]);
  });

  it("does not serve while a key has but what was pushed, and takes all keys again", async () => {
    const into = sink(1);
    let cleared = 0;
    const checkpoint = { load: async () => null, save: async () => {}, clear: async () => void cleared++ };
    const again = run(into, "pushed", minute(300), { snapshot: unserved, checkpoint, ...log(minute(300)) });
    await expect(again).rejects.toMatchObject({ code: "store_conflict" });
    expect([into.completed, cleared]).toEqual([[], 1]);
  });

  it("is told in batches, with progress", async () => {
    const progress: unknown[] = [];
    const events = Array.from({ length: 2_500 }, (_, i) => event(`${i}`));
    const { pushed, report } = await caughtUp("pushed", events, {
      onProgress: ({ stage, done, total }: Progress) => stage.startsWith("catch up") && progress.push([done, total]),
    });
    expect(pushed.map((ids) => ids.length)).toEqual([1000, 1000, 500]);
    expect(progress).toEqual([1000, 2000, 2500].map((done) => [done, 2500]));
    expect(report).toMatchObject({ accepted: 2500 });
  });

  it.each<[what: string, view: string, more: object]>([
    ["one that serves", "pushed", { snapshot }],
    ["one without pushes", "plain", {}],
    ["one without a log", "pushed", { log: undefined }],
  ])("is none of these: %s", async (_, view, more) => {
    expect(await caughtUp(view, [event("a")], more)).toEqual({ asked: [], pushed: [], report: null });
  });
});

describe("a run that was cut off", () => {
  function checkpoints() {
    let kept: Checkpoint | null = null;
    return {
      load: async () => kept,
      save: async (checkpoint: Checkpoint) => void (kept = checkpoint),
      clear: async () => void (kept = null),
    };
  }

  it("goes on with the log as it was, and so with the same keys and B", async () => {
    const into = sink();
    into.failAt = 2;
    const checkpoint = checkpoints();
    const asked: number[] = [];
    const from = (sealed: number) => ({
      checkpoint,
      sourceStamp: "s",
      readSource: async () => rowsOf(1500, 60),
      ...log(sealed, (sealedUs) => {
        asked.push(sealedUs);
        return async () => rowsOf(1500, 60);
      }),
    });
    await expect(run(into, "pushed", 2 * US_PER_HOUR, from(US_PER_HOUR))).rejects.toThrow("cut off");
    into.failAt = Infinity;
    const report = await run(into, "pushed", 2 * US_PER_HOUR, from(2 * US_PER_HOUR));
    expect(report).toMatchObject({ resumed: 1000, written: 500, boundaryUs: US_PER_HOUR, sealedUs: US_PER_HOUR });
    expect(asked).toEqual([US_PER_HOUR, US_PER_HOUR]);
    expect(into.tiles).toHaveLength(1500);
    expect(await run(into, "pushed", 2 * US_PER_HOUR, from(2 * US_PER_HOUR))).toMatchObject({
      resumed: 0,
      boundaryUs: 2 * US_PER_HOUR,
    });
  });

  it("starts anew where a key of a version that does not serve yet had but what was pushed", async () => {
    const checkpoint = checkpoints();
    const asked: number[] = [];
    const again = (into: OnlineSink, sealed: number) =>
      run(into, "pushed", 2 * US_PER_HOUR, {
        snapshot: unserved,
        checkpoint,
        sourceStamp: "s",
        ...log(sealed, (sealedUs) => {
          asked.push(sealedUs);
          return async () => rowsOf(2500, 60);
        }),
      });
    const into = sink(1);
    into.failAt = 3;
    await expect(again(into, US_PER_HOUR)).rejects.toThrow("cut off");
    const next = sink();
    expect(await again(next, 2 * US_PER_HOUR)).toMatchObject({ resumed: 0, written: 2500, contended: 0 });
    expect([asked, next.tiles.length, next.completed.length]).toEqual([[US_PER_HOUR, 2 * US_PER_HOUR], 2500, 1]);
  });

  it("starts anew where a log has come or gone", async () => {
    const into = sink();
    into.failAt = 2;
    const checkpoint = checkpoints();
    const base = { checkpoint, sourceStamp: "s", readSource: async () => rowsOf(1500, 60) };
    await expect(run(into, "pushed", US_PER_HOUR, base)).rejects.toThrow("cut off");
    into.failAt = Infinity;
    const more = log(US_PER_HOUR, () => async () => rowsOf(1500, 60));
    expect(await run(into, "pushed", US_PER_HOUR, { ...base, ...more })).toMatchObject({ resumed: 0 });
  });
});
