// Materialization: what is written for which interval, and how a run that was cut off goes on.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import {
  type Checkpoint,
  type Engine,
  materializeView,
  type OnlineSink,
  openEngine,
  type RowWrite,
} from "../../offline/index.ts";
import { count, csv, entity, featureView, int64, parquet, timestamp } from "../../sdk/index.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { snapshotFrom } from "../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const KEYS = 2500;
const INT: ValueType = { kind: "int64" };
const user = entity("user", { joinKey: "id", type: int64() });
const log = parquet("log", {
  path: "l.parquet",
  eventTime: "at",
  schema: { id: int64(), at: timestamp(), n: int64() },
});
const latest = featureView("latest", { entities: [user], source: log, features: { n: int64() } });
const windows = featureView("windows", { entities: [user], source: log, aggregations: { rows_1h: count("1h") } });
const known = featureView("known", {
  entities: [user],
  source: csv("reference", { path: "r.csv", schema: { id: int64(), n: int64() } }),
  features: { n: int64() },
});
const { snapshot } = snapshotFrom({ latest, windows, known });

/** Three rows a key, at 10, 20 and 30 µs. */
const ids = Array.from({ length: KEYS }, (_, i) => BigInt(KEYS - i));
const history = tableOf([
  ["id", vectorFromValues(INT, [...ids, ...ids, ...ids])],
  [
    "at",
    vectorFromValues(
      { kind: "timestamp" },
      [10n, 20n, 30n].flatMap((at) => ids.map(() => at)),
    ),
  ],
  [
    "n",
    vectorFromValues(
      INT,
      [10n, 20n, 30n].flatMap((n) => ids.map(() => n)),
    ),
  ],
]);

interface Recorded extends OnlineSink {
  rows: RowWrite[];
  batches: number;
  completed: unknown[];
}

function sink(failAtBatch = Infinity): Recorded {
  const counts = (written: number) => ({ written, unchanged: 0, superseded: 0, expired: 0 });
  const recorded: Recorded = {
    rows: [],
    batches: 0,
    completed: [],
    async writeRows(_view, _version, rows) {
      recorded.batches += 1;
      if (recorded.batches === failAtBatch) throw new Error("cut off");
      recorded.rows.push(...rows);
      return counts(rows.length);
    },
    async writeTiles(_view, _version, tiles) {
      recorded.batches += 1;
      return counts(tiles.length);
    },
    async pushEvents() {
      throw new Error("there is no log");
    },
    async complete(view, version, done) {
      recorded.completed.push([view, version, done]);
    },
  };
  return recorded;
}

function checkpoints() {
  let kept: Checkpoint | null = null;
  return {
    load: async () => kept,
    save: async (checkpoint: Checkpoint) => void (kept = checkpoint),
    clear: async () => void (kept = null),
  };
}

const materialize = (
  into: OnlineSink,
  options: {
    view?: string;
    startUs?: number | null;
    endUs?: number;
    checkpoint?: ReturnType<typeof checkpoints>;
    sourceStamp?: string;
  } = {},
) =>
  materializeView({
    engine,
    snapshot,
    view: "latest",
    version: 1,
    startUs: null,
    endUs: 30,
    readSource: async () => history,
    sink: into,
    ...options,
  });

describe("materialization", () => {
  it.each([
    ["up to END, inclusive", null, 20, 20n],
    ["after START, exclusive", 10, 29, 20n],
    ["a microsecond before a row", null, 29, 20n],
    ["all of it", null, 30, 30n],
  ])("writes the winner of each key: %s", async (_, startUs, endUs, n) => {
    const into = sink();
    const report = await materialize(into, { startUs, endUs });
    expect(report).toMatchObject({ keys: KEYS, written: KEYS, resumed: 0 });
    expect(new Set(into.rows.map(({ row }) => row.values[0]))).toStrictEqual(new Set([n]));
    expect(into.completed).toStrictEqual([["latest", 1, { startUs, endUs, keys: KEYS }]]);
  });

  it("has nothing to write where no row lies, and still completes", async () => {
    const into = sink();
    expect(await materialize(into, { startUs: 10, endUs: 19 })).toMatchObject({ keys: 0, written: 0 });
    expect(into.completed).toHaveLength(1);
  });

  it("writes reference tables whatever the interval", async () => {
    const into = sink();
    const reference = tableOf([
      ["id", vectorFromValues(INT, [1n, 2n, 2n, null])],
      ["n", vectorFromValues(INT, [null, 5n, 6n, 7n])],
    ]);
    await materializeView({
      engine,
      snapshot,
      view: "known",
      version: 1,
      startUs: 5,
      endUs: 6,
      readSource: async () => reference,
      sink: into,
    });
    expect(into.rows.map(({ keys, row }) => [keys[0], row.eventTimeUs, row.values[0]])).toStrictEqual([
      [1n, null, null],
      [2n, null, 6n],
    ]);
  });

  it("resumes after the last batch that was written, and writes every key once", async () => {
    const checkpoint = checkpoints();
    const first = sink(3);
    await expect(materialize(first, { checkpoint, sourceStamp: "s" })).rejects.toThrow("cut off");
    expect(first.completed).toStrictEqual([]);
    const second = sink();
    const report = await materialize(second, { checkpoint, sourceStamp: "s" });
    expect(report).toMatchObject({ keys: KEYS, resumed: first.rows.length, written: KEYS - first.rows.length });
    const written = [...first.rows, ...second.rows].map(({ keys }) => keys[0] as bigint);
    expect(written.toSorted((a, b) => (a < b ? -1 : 1))).toStrictEqual(ids.toReversed());
    expect(await checkpoint.load()).toBeNull();
  });

  it("starts anew when the source, the interval or the view is another", async () => {
    const checkpoint = checkpoints();
    await expect(materialize(sink(3), { checkpoint, sourceStamp: "before" })).rejects.toThrow("cut off");
    expect(await materialize(sink(), { checkpoint, sourceStamp: "after" })).toMatchObject({
      resumed: 0,
      written: KEYS,
    });
  });

  it("writes tiles for aggregated views, in batches", async () => {
    const into = sink();
    expect(await materialize(into, { view: "windows" })).toMatchObject({ keys: KEYS, written: KEYS });
    expect(into.batches).toBe(3);
  });

  it.each([
    ["a START that is not before END", { startUs: 30 }, "bad_request"],
    ["a view there is none of", { view: "latst" }, "unknown_view"],
  ])("refuses %s, and writes nothing", async (_, options, code) => {
    const into = sink();
    await expect(materialize(into, options)).rejects.toMatchObject({ code });
    expect([into.batches, into.completed]).toStrictEqual([0, []]);
  });
});
