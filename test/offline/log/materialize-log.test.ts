// Materializing views that take pushes: B, the sealed time, what is left to the stream, and runs that go on (SEMANTICS 4.7).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import {
  type Checkpoint,
  type Engine,
  materializeView,
  type OnlineSink,
  openEngine,
  type ReadSource,
} from "../../../offline/index.ts";
import { count, csv, entity, featureView, int64, string, sum, timestamp } from "../../../sdk/index.ts";
import { unpackTileRow } from "../../../sdk/rows/index.ts";
import { US_PER_HOUR, US_PER_MINUTE } from "../../../sdk/time.ts";
import { tileLayout } from "../../../sdk/windows/index.ts";
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";
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
  failAt: number;
}

function sink(contended = 0): Recorded {
  const recorded: Recorded = {
    tiles: [],
    completed: [],
    failAt: Infinity,
    async writeRows(_view, _version, rows) {
      return { written: rows.length, unchanged: 0, superseded: 0, expired: 0 };
    },
    async writeTiles(_view, _version, tiles, sealedUs) {
      if (--recorded.failAt <= 0) throw new Error("cut off");
      recorded.tiles.push(...tiles.map(({ packed }) => ({ packed, sealedUs })));
      return { written: tiles.length - contended, unchanged: 0, superseded: 0, expired: 0, contended };
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
  log: { sealedUs, readSource: read },
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
