// Joins "as served": what the online store had taken by each row's time, by pushes and materializations (SEMANTICS 2.2).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { datasets } from "../../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures, openEngine } from "../../../offline/index.ts";
import { type Completion, keepCompletion, readCompletions } from "../../../offline/log/completions.ts";
import { servedTimes } from "../../../offline/log/served.ts";
import { withLog } from "../../../offline/log/with-log.ts";
import { count, csv, entity, featureView, float64, last, string, sum, timestamp } from "../../../sdk/index.ts";
import { typesInSnapshot } from "../../../sdk/registry/index.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { appendTo, memoryLogFiles, random, record } from "../../support/log-files.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const TEXT: ValueType = { kind: "string" };
const TIME: ValueType = { kind: "timestamp" };

const shop = entity("shop", { joinKey: "k", type: string() });
const schema = { id: string(), k: string(), at: timestamp(), made: timestamp(), x: float64(), y: float64() };
const source = csv("s", { path: "s.csv", eventTime: "at", createdTime: "made", eventId: "id", schema });
const stats = featureView("stats", {
  entities: [shop],
  source,
  aggregations: { n: count("1d"), last_x: last("x", "1d") },
});
const rows = featureView("rows", { entities: [shop], source, features: { x: float64() } });
/** Another view over the source, which is always asked for, too. */
const beside = featureView("beside", { entities: [shop], source, aggregations: { sum_y: sum("y", "1d") } });
const { snapshot } = snapshotFrom({ stats, rows, beside });

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

/** A row of the source, at µs; x is unlike all others. */
interface Batch {
  readonly id: string;
  readonly at: number;
  readonly made: number | null;
  readonly x: number;
}
interface Pushed extends Batch {
  readonly view: string;
  readonly written: number;
  readonly deferred: boolean;
  readonly repeat?: boolean;
  readonly refused?: boolean;
  /** What it was told instead of x. */
  readonly y?: number;
}
type Run = Omit<Completion, "version">;

const completion = (
  view: string,
  startUs: number | null,
  endUs: number,
  completedUs: number,
  sealedUs = completedUs,
): Run => ({
  view,
  startUs,
  endUs,
  completedUs,
  sealedUs,
});

async function served(
  batch: readonly Batch[],
  pushes: readonly Pushed[],
  runs: readonly Run[],
  times: readonly number[],
) {
  const files = memoryLogFiles();
  for (const { id, at, made, x, y, view, written, deferred, repeat = false, refused = false } of pushes) {
    const values = y === undefined ? { k: "a", x } : { k: "a", y };
    const told = { view, createdTimeUs: made, writtenAtUs: written, deferred, repeat, refused };
    await appendTo(files, [record(id, at, values, told)]);
  }
  const place = { files, folder: "p/dev" };
  for (const run of runs) await keepCompletion(place, { version: 1, ...run }, random);
  const column = (type: ValueType, cell: (row: Batch) => Value | null) => vectorFromValues(type, batch.map(cell));
  const table = tableOf([
    ["id", column(TEXT, ({ id }) => id)],
    ["k", column(TEXT, () => "a")],
    ["at", column(TIME, ({ at }) => BigInt(at))],
    ["made", column(TIME, ({ made }) => (made === null ? null : BigInt(made)))],
    ["x", column({ kind: "float64" }, ({ x }) => x)],
    ["y", column({ kind: "float64" }, () => 2)],
  ]);
  const readSource = withLog(async (_, columns) => (columns === undefined ? table : table.select([...columns])), {
    logOf: () => ({ files, folder: "p/dev/s", source: "s", datasets }),
    typesOf: (spec) => typesInSnapshot(snapshot, spec),
    pushes: true,
  });
  const { table: joined } = await getHistoricalFeatures({
    engine,
    entities: tableOf([
      [
        "k",
        vectorFromValues(
          TEXT,
          times.map(() => "a"),
        ),
      ],
      ["event_timestamp", vectorFromValues(TIME, times.map(BigInt))],
    ]),
    snapshot,
    request: { features: ["stats:n", "stats:last_x", "rows:x", "beside:sum_y"] },
    readSource,
    asServed: servedTimes(await readCompletions(place)),
    fullNames: true,
  });
  const cells = (name: string) => times.map((_, row) => joined.getChild(name)?.get(row) as unknown);
  const counts = cells("stats__n").map(Number);
  return times.map((_, row) => [counts[row], cells("stats__last_x")[row], cells("rows__x")[row]]);
}

const b = (id: string, at: number, made: number | null, x: number): Batch => ({ id, at, made, x });

describe("as served (SEMANTICS 2.2)", () => {
  it.each<[what: string, batch: Batch[], pushes: Pushed[], runs: Run[], atUs: number, expected: unknown[]]>([
    ["nothing was materialized", [b("1", 10, 5, 1)], [], [], 99, [0, null, null]],
    ["at the completion, inclusive", [b("1", 10, 5, 1)], [], [completion("stats", null, 50, 60)], 60, [1, 1, null]],
    ["before it", [b("1", 10, 5, 1)], [], [completion("stats", null, 50, 60)], 59, [0, null, null]],
    ["END is inclusive", [b("1", 50, 5, 1)], [], [completion("stats", null, 50, 60)], 60, [1, 1, null]],
    ["after END", [b("1", 51, 5, 1)], [], [completion("stats", null, 50, 60)], 60, [0, null, null]],
    ["START is exclusive", [b("1", 20, 5, 1)], [], [completion("rows", 20, 50, 60)], 60, [0, null, null]],
    ["after START", [b("1", 21, 5, 1)], [], [completion("rows", 20, 50, 60)], 60, [0, null, 1]],
    [
      "the first run that held it",
      [b("1", 30, 5, 1)],
      [],
      [completion("stats", null, 20, 60), completion("stats", null, 40, 80)],
      79,
      [0, null, null],
    ],
    [
      "the second",
      [b("1", 30, 5, 1)],
      [],
      [completion("stats", null, 20, 60), completion("stats", null, 40, 80)],
      80,
      [1, 1, null],
    ],
    [
      "an earlier END after a later one",
      [b("1", 30, 5, 1)],
      [],
      [completion("rows", 5, 40, 60), completion("rows", 0, 35, 70)],
      60,
      [0, null, 1],
    ],
    ["made after the run", [b("1", 10, 61, 1)], [], [completion("stats", null, 50, 60)], 99, [0, null, null]],
    [
      "made after the run, and in the next",
      [b("1", 10, 61, 1)],
      [],
      [completion("stats", null, 50, 60), completion("stats", null, 50, 62)],
      62,
      [1, 1, null],
    ],
    [
      "never said to be made: whichever run",
      [b("1", 10, null, 1)],
      [],
      [completion("stats", null, 50, 60)],
      60,
      [1, 1, null],
    ],
    [
      "never said to be made, and pushed after the run: not before it was taken",
      [b("1", 10, null, 1)],
      [{ ...b("1", 10, null, 1), view: "stats", written: 100, deferred: false }],
      [completion("stats", null, 50, 60), completion("stats", null, 120, 130)],
      99,
      [0, null, null],
    ],
    [
      "… but from then on",
      [b("1", 10, null, 1)],
      [{ ...b("1", 10, null, 1), view: "stats", written: 100, deferred: false }],
      [completion("stats", null, 50, 60), completion("stats", null, 120, 130)],
      100,
      [1, 1, null],
    ],
    [
      "deferred, once the source has it: from the next run on",
      [b("1", 10, null, 1)],
      [{ ...b("1", 10, null, 1), view: "stats", written: 100, deferred: true }],
      [completion("stats", null, 50, 60), completion("stats", null, 120, 130)],
      129,
      [0, null, null],
    ],
    [
      "a row of the source that was pushed twice, once without its created time: from the first on",
      [b("1", 10, 5, 1)],
      [
        { ...b("1", 10, null, 1), view: "stats", written: 30, deferred: false },
        { ...b("1", 10, 5, 1), view: "stats", written: 40, deferred: false },
      ],
      [],
      35,
      [1, 1, null],
    ],
    [
      "… though the second was refused, its created time being another",
      [b("1", 10, 5, 1)],
      [
        { ...b("1", 10, null, 1), view: "stats", written: 30, deferred: false },
        { ...b("1", 10, 5, 1), view: "stats", written: 40, deferred: true, refused: true },
      ],
      [],
      45,
      [1, 1, null],
    ],
    [
      "a row of the source that another view was told otherwise of",
      [b("1", 10, null, 1)],
      [
        { ...b("1", 10, null, 1), view: "stats", written: 30, deferred: false },
        { ...b("1", 10, null, 1), y: 3, view: "beside", written: 31, deferred: true, refused: true },
      ],
      [completion("stats", null, 50, 60)],
      40,
      [1, 1, null],
    ],
    [
      "a push that was taken",
      [],
      [{ ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: false }],
      [],
      30,
      [1, 1, null],
    ],
    [
      "before it was",
      [],
      [{ ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: false }],
      [],
      29,
      [0, null, null],
    ],
    [
      "a push that was deferred",
      [],
      [{ ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: true }],
      [],
      99,
      [0, null, null],
    ],
    [
      "… until it was materialized",
      [],
      [{ ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: true }],
      [completion("stats", null, 50, 60)],
      60,
      [1, 1, null],
    ],
    [
      "… by a run that read the log so far",
      [],
      [{ ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: true }],
      [completion("stats", null, 50, 60, 29)],
      99,
      [0, null, null],
    ],
    [
      "a push to another view",
      [],
      [{ ...b("1", 10, 5, 1), view: "rows", written: 30, deferred: false }],
      [],
      99,
      [0, null, 1],
    ],
    [
      "a push that the source has too",
      [b("1", 10, 5, 1)],
      [{ ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: false }],
      [completion("stats", null, 50, 60)],
      30,
      [1, 1, null],
    ],
    [
      "a push that failed and was repeated",
      [],
      [
        { ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: false },
        { ...b("1", 10, 5, 1), view: "stats", written: 40, deferred: false },
      ],
      [],
      39,
      [0, null, null],
    ],
    [
      "a push that was taken, and came again",
      [],
      [
        { ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: false },
        { ...b("1", 10, 5, 1), view: "stats", written: 40, deferred: false, repeat: true },
      ],
      [],
      30,
      [1, 1, null],
    ],
    [
      "a push that only its repeats tell of: from the first of them on",
      [],
      [
        { ...b("1", 10, 5, 1), view: "stats", written: 20, deferred: true },
        { ...b("1", 10, 5, 1), view: "stats", written: 30, deferred: false, repeat: true },
        { ...b("1", 10, 5, 1), view: "stats", written: 40, deferred: false, repeat: true },
      ],
      [],
      30,
      [1, 1, null],
    ],
    [
      "of one time what was made last, whenever it was served",
      [b("1", 10, 7, 1), b("2", 10, 6, 2)],
      [{ ...b("2", 10, 6, 2), view: "stats", written: 30, deferred: false }],
      [completion("stats", null, 50, 20)],
      30,
      [2, 1, null],
    ],
  ])("%s", async (_, batch, pushes, runs, at, expected) => {
    expect((await served(batch, pushes, runs, [at]))[0]).toEqual(expected);
  });

  it("is what a naive look at every row and run says", async () => {
    const time = fc.integer({ min: 0, max: 40 });
    const world = fc.record({
      batch: fc.uniqueArray(
        fc.record({ id: fc.integer({ min: 0, max: 20 }).map(String), at: time, made: fc.option(time) }),
        { selector: ({ id }) => id, maxLength: 8 },
      ),
      pushed: fc.uniqueArray(
        fc.record({
          id: fc.integer({ min: 21, max: 40 }).map(String),
          at: time,
          written: time,
          deferred: fc.boolean(),
        }),
        { selector: ({ id }) => id, maxLength: 8 },
      ),
      runs: fc.array(
        fc.record({ startUs: fc.option(time), endUs: time, completedUs: time, sealedUs: fc.option(time) }),
        { maxLength: 6 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ batch, pushed, runs }) => {
        const inBatch = batch.map((row) => ({ ...row, x: Number(row.id) }));
        const pushes = pushed.map((row) => ({ ...row, made: null, x: Number(row.id), view: "stats" }));
        const times = Array.from({ length: 42 }, (_, i) => i);
        const held = runs.map((run) => ({ view: "stats", ...run }));
        const isServed = (at: number, made: number | null, logged: number | null, t: number) =>
          held.some(
            ({ startUs, endUs, completedUs, sealedUs }) =>
              completedUs <= t &&
              (startUs === null || startUs < at) &&
              at <= endUs &&
              (made === null || made <= completedUs) &&
              (logged === null || (sealedUs !== null && logged <= sealedUs)),
          );
        const expected = times.map((t) => {
          const known = [
            ...inBatch.filter(({ at, made }) => at <= t && isServed(at, made, null, t)),
            ...pushes.filter(
              ({ at, written, deferred }) => at <= t && ((!deferred && written <= t) || isServed(at, null, written, t)),
            ),
          ];
          const order = known.toSorted(
            (p, q) => p.at - q.at || (p.made ?? -1) - (q.made ?? -1) || (p.id < q.id ? -1 : 1),
          );
          return [known.length, order.at(-1)?.x ?? null];
        });
        const found = await served(inBatch, pushes, held, times);
        expect(found.map(([n, x]) => [n, x])).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
