// Which event of an id stands does not depend on what is asked: those beside the range of a read have their say (SEMANTICS 4.6).
import type { Table } from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { datasets } from "../../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import {
  type Engine,
  getHistoricalFeatures,
  materializeView,
  type OnlineSink,
  openEngine,
  type ReadSource,
  type TileWrite,
} from "../../../offline/index.ts";
import { compactLog } from "../../../offline/log/compact.ts";
import { withLog, type WithLogOptions } from "../../../offline/log/with-log.ts";
import { count, csv, entity, featureView, float64, string, sum, timestamp } from "../../../sdk/index.ts";
import { type AggregatedViewSpec, typesInSnapshot } from "../../../sdk/registry/index.ts";
import { unpackTileRow } from "../../../sdk/rows/index.ts";
import { US_PER_DAY as DAY_US, US_PER_HOUR as HOUR_US } from "../../../sdk/time.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { tileLayout } from "../../../sdk/windows/index.ts";
import { appendTo, type MemoryLogFiles, memoryLogFiles, random, record } from "../../support/log-files.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const shop = entity("shop", { joinKey: "k", type: string() });
const schema = { id: string(), k: string(), at: timestamp(), x: float64() };
const source = csv("s", { path: "s.csv", eventTime: "at", eventId: "id", schema });
const stats = featureView("stats", {
  entities: [shop],
  source,
  aggregations: { n: count("1d"), sum_x: sum("x", "1d") },
});
const { snapshot } = snapshotFrom({ stats });

type Row = readonly [id: string, k: string, at: number, x: number];

function column(kind: "string" | "timestamp" | "float64", values: readonly Value[]) {
  return vectorFromValues({ kind } satisfies ValueType, values);
}

function batchOf(rows: readonly Row[]): Table {
  return tableOf([
    [
      "id",
      column(
        "string",
        rows.map(([id]) => id),
      ),
    ],
    [
      "k",
      column(
        "string",
        rows.map(([, k]) => k),
      ),
    ],
    [
      "at",
      column(
        "timestamp",
        rows.map(([, , at]) => BigInt(at)),
      ),
    ],
    [
      "x",
      column(
        "float64",
        rows.map(([, , , x]) => x),
      ),
    ],
  ]);
}

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

let files: MemoryLogFiles;
beforeEach(() => {
  files = memoryLogFiles();
});
const sourceLog = () => ({ files, folder: "p/dev/s", source: "s", datasets });

const e = (id: string, at: number, x: number, more: Parameters<typeof record>[3] = {}) =>
  record(id, at, { k: "a", x }, more);

/** The number of events of shop "a" in the day before each time. */
async function counts(readSource: ReadSource, times: readonly number[]): Promise<number[]> {
  const { table } = await getHistoricalFeatures({
    engine,
    entities: tableOf([
      [
        "k",
        column(
          "string",
          times.map(() => "a"),
        ),
      ],
      ["event_timestamp", column("timestamp", times.map(BigInt))],
    ]),
    snapshot,
    request: { features: ["stats:n"] },
    readSource,
    fullNames: true,
  });
  return times.map((_, row) => Number(table.getChild("stats__n")?.get(row)));
}

describe("which event of an id stands, the whole source and log say (SEMANTICS 2.1, 4.6)", () => {
  const AT = [HOUR_US, DAY_US + 1, 3 * DAY_US + HOUR_US];
  /** A source of days: only those are read that a range asks for. */
  function days(batch: readonly Row[], asked: unknown[] = []): ReadSource {
    return withLog(
      async (_, columns, range) => {
        asked.push(columns);
        const { afterUs = null, untilUs = null } = range ?? {};
        const isRead = ([, , at]: Row) => {
          const dayUs = BigInt(Math.floor(at / DAY_US) * DAY_US);
          return (afterUs === null || dayUs + BigInt(DAY_US) > afterUs) && (untilUs === null || dayUs <= untilUs);
        };
        const read = batch.filter(isRead);
        const table = batchOf(read);
        return {
          table: columns === undefined ? table : table.select([...columns]),
          read: { files: read.length, filesSkipped: batch.length - read.length, bytes: read.length, bytesSkipped: 0 },
        };
      },
      { logOf: sourceLog, typesOf: (spec) => typesInSnapshot(snapshot, spec) },
    );
  }
  const late = 3 * DAY_US;

  it.each<[what: string, batch: Row[], log: Parameters<typeof appendTo>[1], expected: number[]]>([
    ["the first, of days before", [], [e("l1", 30, 4), e("l1", late, 5)], [1, 1, 0]],
    ["the first written, of days after", [], [e("l1", 30, 4, { writtenAtUs: late + 1 }), e("l1", late, 4)], [0, 0, 1]],
    ["the file's, of days before", [["b1", "a", 30, 1]], [e("b1", late, 1)], [1, 1, 0]],
    ["the file's, of days after", [["b1", "a", late, 1]], [e("b1", 30, 1)], [0, 0, 1]],
    [
      "none of another key",
      [["b1", "z", 30, 1]],
      [e("b1", late, 1), record("b1", DAY_US, { k: "y", x: 4 })],
      [0, 0, 1],
    ],
    ["one that was told what the view reads", [], [record("l1", 30, { k: "a" }), e("l1", late, 4)], [0, 0, 1]],
    ["each, of other ids", [["b1", "a", 30, 1]], [e("l1", late, 4), e("l2", late, 4)], [1, 1, 2]],
  ])("%s, whatever is asked beside it", async (_, batch, log, expected) => {
    await appendTo(files, log);
    const check = async (what: string) => {
      expect(await counts(days(batch), AT), what).toEqual(expected);
      for (const [i, at] of AT.entries())
        expect(await counts(days(batch), [at]), `${what}, alone`).toEqual([expected[i]]);
    };
    await check("in segments");
    await compactLog(sourceLog(), { sealedUs: 1e15, random });
    await check("compacted");
  });

  it("reads ids and times alone where no id comes again, and nothing more without a log or of a whole source", async () => {
    const batch: Row[] = [
      ["b1", "a", 30, 1],
      ["b2", "a", late, 1],
    ];
    const asked: unknown[] = [];
    await counts(days(batch, asked), [AT[2] as number]);
    expect(asked).toHaveLength(1);
    await appendTo(files, [e("l1", late, 4)]);
    await counts(days(batch, asked), [AT[2] as number]);
    expect(asked.slice(2)).toEqual([
      ["id", "at"],
      ["id", "at"],
    ]);
    await counts(days(batch.slice(1), ((asked.length = 0), asked)), [AT[2] as number]);
    expect(asked).toHaveLength(1);
  });

  it("reads of other hours' files the ids alone where none comes again", async () => {
    await appendTo(files, [e("l1", 30, 4), e("l2", DAY_US, 4), e("l3", late, 4)]);
    await compactLog(sourceLog(), { sealedUs: 1e15, random });
    const asked: unknown[] = [];
    const spied: typeof datasets = {
      ...datasets,
      readTable: (from, format, options) => {
        asked.push(options?.columns);
        return datasets.readTable(from, format, options);
      },
    };
    const typesOf: WithLogOptions["typesOf"] = (spec) => typesInSnapshot(snapshot, spec);
    const logOf = () => ({ ...sourceLog(), datasets: spied });
    await counts(
      withLog(async (_, columns) => batchOf([]).select([...(columns ?? [])]), { logOf, typesOf }),
      [AT[2] as number],
    );
    expect(asked).toEqual([undefined, ["event_id"], ["event_id"]]);
  });

  it("is so for tiles too, up to whatever END", async () => {
    await appendTo(files, [e("l1", 30, 4, { writtenAtUs: late + 1 }), e("l1", late, 4)]);
    const counted: Record<string, unknown> = {};
    for (const endUs of [DAY_US, late + HOUR_US]) {
      const tiles: TileWrite[] = [];
      const sink: OnlineSink = {
        writeRows: async () => ({ written: 0, unchanged: 0, superseded: 0, expired: 0 }),
        writeTiles: async (_view, _version, writes) => {
          tiles.push(...writes);
          return { written: writes.length, unchanged: 0, superseded: 0, expired: 0 };
        },
        pushEvents: async () => ({ accepted: 0, duplicate: 0, deferred: 0, rejected: 0 }),
        complete: async () => {},
      };
      const readSource = days([]);
      await materializeView({ engine, snapshot, view: "stats", version: 1, startUs: null, endUs, readSource, sink });
      const layout = tileLayout(snapshot.views["stats"]?.versions["1"]?.spec as AggregatedViewSpec);
      counted[endUs] = tiles.map(({ packed }) => unpackTileRow(layout, packed).newestEventUs);
    }
    expect(counted).toEqual({ [DAY_US]: [], [late + HOUR_US]: [late] });
  });

  it("holds for any events and any days that are asked for", async () => {
    const at = fc.integer({ min: 0, max: 4 }).map((day) => day * DAY_US + HOUR_US);
    const id = fc.constantFrom("1", "2", "3");
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(id, at), { selector: ([name]) => name, maxLength: 3 }),
        fc.array(fc.record({ id, at, deferred: fc.boolean(), writtenAtUs: fc.nat(5), isLast: fc.boolean() }), {
          maxLength: 6,
        }),
        async (batch, log) => {
          files = memoryLogFiles();
          for (const { id: name, at: us, isLast, ...more } of log) {
            await appendTo(files, [e(name, us, 4, more)]);
            if (isLast) await compactLog(sourceLog(), { sealedUs: 1e15, random });
          }
          const source = days(batch.map(([name, us]) => [name, "a", us, 4]));
          const times = [0, 1, 2, 3, 4, 5].map((day) => day * DAY_US + 2 * HOUR_US);
          const beside = await counts(source, times);
          for (const [i, time] of times.entries()) expect(await counts(source, [time])).toEqual([beside[i]]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
