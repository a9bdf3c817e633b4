// What a repair writes: the rows that the join finds, with all that it knows of partial events, conflicts and unread cells.
import { afterAll, beforeAll, expect, test } from "vitest";
import { datasets } from "../../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type Engine, openEngine, reconcile, type RowWrite, type TileWrite } from "../../../offline/index.ts";
import { withLog } from "../../../offline/log/with-log.ts";
import { count, csv, entity, featureView, float64, string, sum, timestamp } from "../../../sdk/index.ts";
import { typesInSnapshot, viewVersion } from "../../../sdk/registry/index.ts";
import { unpackTileRow } from "../../../sdk/rows/index.ts";
import { US_PER_HOUR } from "../../../sdk/time.ts";
import { tileLayout } from "../../../sdk/windows/index.ts";
import { appendTo, memoryLogFiles, record } from "../../support/log-files.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const key = entity("key", { joinKey: "k", type: string() });
const schema = { id: string(), k: string(), at: timestamp(), x: float64(), y: float64() };
const source = csv("s", { path: "s.csv", eventTime: "at", eventId: "id", schema });
const names = featureView("names", { entities: [key], source, features: { y: float64() } });
const prices = featureView("prices", { entities: [key], source, features: { x: float64() } });
const sums = featureView("sums", {
  entities: [key],
  source,
  aggregations: { n: count("7d"), sum_y: sum("y", "7d") },
});
const pushed = featureView("pushed", {
  entities: [key],
  source,
  push: true,
  aggregations: { n: count("7d"), sum_y: sum("y", "7d") },
});
const { snapshot } = snapshotFrom({ names, prices, sums, pushed });
const NOW_US = 24 * US_PER_HOUR;

const RUN = { startUs: null, endUs: 12 * US_PER_HOUR };

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

type File = readonly [id: string, at: number, x: number | null, y: number | null];
type Log = Parameters<typeof appendTo>[1];

/** Returns what is written for key k of a view whose row is not online. */
async function repaired(view: string, file: readonly File[], log: Log, unread: readonly number[] = []) {
  const files = memoryLogFiles();
  await appendTo(files, log);
  const column = (kind: "string" | "float64" | "timestamp", i: number, as: (cell: never) => unknown = (cell) => cell) =>
    vectorFromValues(
      { kind },
      file.map((row) => (row[i] === null ? null : (as(row[i] as never) as never))),
    );
  const table = tableOf([
    ["id", column("string", 0)],
    [
      "k",
      vectorFromValues(
        { kind: "string" },
        file.map(() => "k"),
      ),
    ],
    ["at", column("timestamp", 1, BigInt)],
    ["x", column("float64", 2)],
    ["y", column("float64", 3)],
  ]);
  const readSource = withLog(
    async (_, columns) => ({
      table: columns === undefined ? table : table.select([...columns]),
      unreadCells: unread.map((row) => ({ row, column: "y", reason: "no number" })),
    }),
    {
      logOf: () => ({ files, folder: "p/dev/s", source: "s", datasets }),
      typesOf: (spec) => typesInSnapshot(snapshot, spec),
      pushes: true,
    },
  );
  const writes: (RowWrite | TileWrite | null)[] = [];
  await reconcile({
    engine,
    snapshot,
    registry: "sha256:1",
    readSource,
    onBadRows: "quarantine",
    online: {
      now: async () => NOW_US,
      isFrozen: false,
      read: async (plan, keys) => ({
        nowUs: NOW_US,
        registry: "sha256:1",
        rows: keys.map(() => plan.outputs.map(() => null)),
        absent: keys.map(() => new Set<string>()),
      }),
      async *list() {},
      marks: async () => [],
      replace: async (_view, _version, _untilUs, replacements) => {
        writes.push(...replacements.map(({ write }) => write));
        return replacements.length;
      },
    },
    covered: new Map([[`${view}@1`, { intervals: [RUN], runs: [{ ...RUN, sealedUs: RUN.endUs }] }]]),
    views: [{ view, version: 1 }],
    sample: { by: "all" },
    repair: true,
  });
  const [write] = writes;
  if (write === undefined || write === null) return write;
  if ("row" in write) return { at: write.row.eventTimeUs, values: write.row.values };
  const { spec } = viewVersion(view, snapshot.views[view] as never, 1);
  const row = unpackTileRow(tileLayout(spec as never), write.packed);
  return row.groups.flatMap((tiles) => tiles.map(({ states }) => states));
}

const e = (id: string, at: number, values: Record<string, unknown>, view: string) =>
  record(id, at, { k: "k", ...values }, { view, writtenAtUs: at + 10 });
const F1: File = ["f1", 100, 1, 7];

test.each<[what: string, view: string, file: File[], log: Log, unread: number[], expected: unknown]>([
  ["the file alone", "names", [F1], [], [], { at: 100, values: [7] }],
  [
    "an event that another view was told",
    "names",
    [F1],
    [e("l1", 150, { x: 5 }, "prices")],
    [],
    { at: 100, values: [7] },
  ],
  ["a cell that can't be read", "names", [F1, ["f2", 200, 2, null]], [], [1], { at: 100, values: [7] }],
])("%s: %s", async (_, view, file, log, unread, expected) => {
  expect(await repaired(view, file, log, unread)).toEqual(expected);
});

test.each<[what: string, view: string, log: Log]>([
  ["an event that another view was told", "sums", [e("l1", 150, { x: 5 }, "prices")]],
  ["an event in conflict with the file's", "pushed", [e("f1", 100, { x: 5, y: 9 }, "pushed")]],
])("tiles beside %s", async (_, view, log) => {
  const right = await repaired(view, [F1], []);
  expect(right).toEqual([[1n, expect.anything()]]);
  expect(await repaired(view, [F1], log)).toEqual(right);
});
