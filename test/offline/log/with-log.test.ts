// A source and its log as one table: what counts once, what conflicts, what is left out, and what in the log is damaged.
import { Field, Float64, makeBuilder, Struct, Table } from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { datasets } from "../../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures, openEngine, type ReadSource } from "../../../offline/index.ts";
import { compactLog } from "../../../offline/log/compact.ts";
import type { LogReadReport } from "../../../offline/log/read-log.ts";
import { withLog, type WithLogOptions } from "../../../offline/log/with-log.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import {
  bool,
  bytes,
  count,
  csv,
  decimal,
  entity,
  featureView,
  float32,
  float64,
  int32,
  int64,
  last,
  list,
  string,
  sum,
  timestamp,
  vector,
} from "../../../sdk/index.ts";
import {
  collectDefinitions,
  compileDefinitions,
  type Snapshot,
  snapshotOf,
  type SourceSpec,
  typesInSnapshot,
} from "../../../sdk/registry/index.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { appendTo, type MemoryLogFiles, memoryLogFiles, random, record } from "../../support/log-files.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const TEXT: ValueType = { kind: "string" };
const TIME: ValueType = { kind: "timestamp" };
const DOUBLE: ValueType = { kind: "float64" };

const shop = entity("shop", { joinKey: "k", type: string() });
const schema = { id: string(), k: string(), at: timestamp(), made: timestamp(), x: float64(), y: string() };
const source = csv("s", { path: "s.csv", eventTime: "at", createdTime: "made", eventId: "id", schema });
const stats = featureView("stats", {
  entities: [shop],
  source,
  aggregations: { n: count("1d"), sum_x: sum("x", "1d"), last_x: last("x", "1d") },
});
const texts = featureView("texts", { entities: [shop], source, aggregations: { last_y: last("y", "1d") } });
const rows = featureView("rows", { entities: [shop], source, features: { x: float64() } });
const picked = featureView("picked", {
  entities: [shop],
  source,
  select: "SELECT * FROM s",
  aggregations: { sum_x: sum("x", "1d") },
});
const compiled = compileDefinitions(collectDefinitions({ stats, texts, rows, picked }), {
  columnsOf: () => undefined,
  columnsOfSelect: () => ({ id: TEXT, k: TEXT, at: TIME, made: TIME, x: DOUBLE }),
});
const snapshot = snapshotOf("test", "dev", compiled);

function sourceOf({ views }: Snapshot, view: string): SourceSpec {
  const spec = views[view]?.versions["1"]?.spec;
  if (spec === undefined || spec.kind === "onDemand") throw new Error(`${view} has no source`);
  return spec.source;
}

type Row = readonly [id: string, k: string, at: number, made: number | null, x: number | null, y: string | null];

function batchOf(given: readonly Row[]): Table {
  const column = (type: ValueType, i: number, as: (value: any) => Value = (value) => value) =>
    vectorFromValues(
      type,
      given.map((row) => (row[i] === null ? null : as(row[i]))),
    );
  return tableOf([
    ["id", column(TEXT, 0)],
    ["k", column(TEXT, 1)],
    ["at", column(TIME, 2, BigInt)],
    ["made", column(TIME, 3, BigInt)],
    ["x", column(DOUBLE, 4)],
    ["y", column(TEXT, 5)],
  ]);
}

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

let files: MemoryLogFiles;
let reports: LogReadReport[];
/** Of the last join, by view. */
let conflicts: Record<string, number>;
beforeEach(() => {
  files = memoryLogFiles();
  reports = [];
});
const sourceLog = () => ({ files, folder: "p/dev/s", source: "s", datasets });

/** The features of shop "a" at 1 h. */
async function features(
  batch: readonly Row[],
  wanted: readonly string[],
  options: Partial<WithLogOptions> = {},
): Promise<unknown[]> {
  const readSource = withLog(
    async (_, columns) => {
      const table = batchOf(batch);
      return columns === undefined ? table : table.select([...columns]);
    },
    {
      logOf: sourceLog,
      typesOf: (spec) => typesInSnapshot(snapshot, spec),
      onRead: (_, report) => void reports.push(report),
      ...options,
    },
  );
  const { table, report, quarantine } = await join(readSource, wanted, [HOUR_US], options.onBadRows);
  conflicts = Object.fromEntries(report.views.map((view) => [view.view, view.conflicts]));
  return [...cellsOf(table, wanted, 0), ...(quarantine ?? []).map((one) => one.table.numRows)];
}

const HOUR_US = 3_600_000_000;

function join(
  readSource: ReadSource,
  wanted: readonly string[],
  times: readonly number[],
  onBadRows?: "fail" | "quarantine",
) {
  return getHistoricalFeatures({
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
    request: { features: wanted },
    readSource,
    fullNames: true,
    ...(onBadRows === undefined ? {} : { onBadRows }),
  });
}

function cellsOf(table: Table, wanted: readonly string[], row: number): unknown[] {
  const cells = wanted.map((name) => table.getChild(name.replace(":", "__"))?.get(row) as unknown);
  return cells.map((cell) => (typeof cell === "bigint" ? Number(cell) : cell));
}

/** The features of shop "a", by time. */
async function joined(...[readSource, wanted, times, onBadRows]: Parameters<typeof join>): Promise<unknown[][]> {
  const { table } = await join(readSource, wanted, times, onBadRows);
  return times.map((_, row) => cellsOf(table, wanted, row));
}

const e = (id: string, at: number, x: unknown, more: Parameters<typeof record>[3] = {}, y: unknown = "t") =>
  record(id, at, { k: "a", x, y }, more);
const STATS = ["stats:n", "stats:sum_x", "stats:last_x"];

describe("a source with its log (SEMANTICS 4.6, 4.7)", () => {
  const BATCH: Row[] = [
    ["b1", "a", 10, 5, 1, "u"],
    ["b2", "a", 20, 15, 2, "v"],
  ];

  it.each<[what: string, log: Parameters<typeof appendTo>[1], expected: unknown[]]>([
    ["no log", [], [2, 3, 2]],
    ["an event of its own", [e("l1", 30, 4)], [3, 7, 4]],
    ["an event twice", [e("l1", 30, 4), e("l1", 30, 4, { deferred: true, writtenAtUs: 99 })], [3, 7, 4]],
    ["an event that the source has", [e("b2", 20, 2, { createdTimeUs: 15 }, "v")], [2, 3, 2]],
    ["one that was not told when it was made", [e("b2", 20, 2, {}, "v")], [2, 3, 2]],
    ["one that was told less", [record("b2", 20, { k: "a", x: 2 })], [2, 3, 2]],
    [
      "one pushed to two views, each told a part",
      [record("l1", 30, { k: "a", x: 4 }), record("l1", 30, { k: "a", y: "t" }, { view: "w" })],
      [3, 7, 4],
    ],
    ["one without what this view needs", [record("l1", 30, { k: "a", y: "t" }, { view: "w" })], [2, 3, 2]],
    ["one with a null for it", [e("l1", 30, null)], [3, 3, 2]],
    ["one id of two keys", [e("b1", 30, 4, {}, "t"), record("b2", 30, { k: "z", x: 64, y: "t" })].slice(1), [2, 3, 2]],
    ["one later than the row", [e("l1", 3_600_000_001, 4)], [2, 3, 2]],
    ["one of a day before", [e("l1", 30 - 86_400_000_000, 4)], [2, 3, 2]],
  ])("reads %s", async (_, log, expected) => {
    await appendTo(files, log);
    expect(await features(BATCH, STATS)).toEqual(expected);
    await compactLog(sourceLog(), { sealedUs: 1e15, random });
    expect(await features(BATCH, STATS), "compacted").toEqual(expected);
  });

  it.each<[what: string, log: Parameters<typeof appendTo>[1], expected: unknown[], left: number]>([
    ["the first written", [e("l1", 30, 4, { writtenAtUs: 101 }), e("l1", 30, 5, { writtenAtUs: 100 })], [3, 8, 5], 1],
    ["of one moment the lesser", [e("l1", 30, 5), e("l1", 30, 4)], [3, 7, 4], 1],
    ["at whatever time", [e("l1", 31, 8, { writtenAtUs: 90 }), e("l1", 30, 4, { writtenAtUs: 91 })], [3, 11, 8], 1],
    ["in whatever hour", [e("l1", 30, 4, { writtenAtUs: 91 }), e("l1", -10, 8, { writtenAtUs: 90 })], [3, 11, 2], 1],
    [
      "that the online store took",
      [e("l1", 30, 4, { writtenAtUs: 90, deferred: true }), e("l1", 30, 5, { writtenAtUs: 91 })],
      [3, 8, 5],
      1,
    ],
    [
      "that it did not refuse",
      [
        e("l1", 30, 4, { writtenAtUs: 90 }),
        e("l1", 30, 5, { writtenAtUs: 91 }),
        e("l1", 30, 4, { writtenAtUs: 92, deferred: true, refused: true }),
      ],
      [3, 8, 5],
      1,
    ],
    ["of three", [7, 5, 6].map((x, i) => e("l1", 30, x, { writtenAtUs: 100 - i })), [3, 9, 6], 2],
    ["that the source has", [e("b1", 10, 7, { createdTimeUs: 5 }, "u")], [2, 3, 2], 1],
    ["that the source has, by when it was made", [e("b1", 10, 1, { createdTimeUs: 6 }, "u")], [2, 3, 2], 1],
    ["of each key", [e("l1", 30, 4), record("l1", 30, { k: "z", x: 64, y: "t" })], [3, 7, 4], 0],
    ["in what the view reads", [e("l1", 30, 4), e("l1", 30, 4, {}, "other")], [3, 7, 4], 0],
  ])("of one id of two contents the one stands: %s", async (_, log, expected, left) => {
    for (const one of log) await appendTo(files, [one]);
    expect([await features(BATCH, STATS), conflicts]).toEqual([expected, { stats: left }]);
    await compactLog(sourceLog(), { sealedUs: 101, random });
    expect([await features(BATCH, STATS), conflicts], "compacted").toEqual([expected, { stats: left }]);
    expect(await features(BATCH, ["rows:x"]), "no matter to rows").toHaveLength(1);
  });

  it("of one id of two contents the same stands for a view's own query", async () => {
    await appendTo(files, [e("l1", 30, 4), e("l1", 30, 5), e("b1", 10, 7, { createdTimeUs: 5 }, "u")]);
    expect([await features(BATCH, ["picked:sum_x"]), conflicts]).toEqual([[7], { picked: 2 }]);
  });

  it("refuses two rows of the source that have one id and differ, whatever the log says", async () => {
    await appendTo(files, [e("b1", 10, 7, { createdTimeUs: 5 }, "u"), e("l1", 30, 4)]);
    const twice: Row[] = [...BATCH, ["b1", "a", 10, 5, 9, "u"]];
    await expect(features(twice, STATS)).rejects.toMatchObject({ code: "event_conflict" });
  });

  it("says the same of conflicts however the log is cut into segments and compacted", async () => {
    const event = fc.record({
      id: fc.constantFrom("l1", "l2", "b1"),
      at: fc.constantFrom(30, 31, -10),
      x: fc.integer({ min: 3, max: 6 }),
      deferred: fc.boolean(),
      refused: fc.boolean(),
      writtenAtUs: fc.integer({ min: 100, max: 103 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(event, fc.boolean()), { maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        async (all, order) => {
          const told = all.map(([{ id, at, x, refused, deferred, ...more }]) =>
            e(id, at, x, { ...more, deferred: deferred || refused, refused }),
          );
          files = memoryLogFiles();
          await appendTo(files, told);
          const expected = [await features(BATCH, STATS), conflicts];
          files = memoryLogFiles();
          const places = told
            .map((one, i) => ({ one, i, by: order.next().value as number }))
            .toSorted((a, b) => a.by - b.by);
          for (const { one, i } of places) {
            await appendTo(files, [one]);
            if (all[i]?.[1] === true) await compactLog(sourceLog(), { sealedUs: 1e15, random });
          }
          expect([await features(BATCH, STATS), conflicts]).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("of one id a row that can't be used stands for nothing, but only in a view that reads what is bad in it", async () => {
    await appendTo(files, [e("b1", 10, 7, { createdTimeUs: 5 }, "u")]);
    const readSource = withLog(
      async (_, columns) => {
        const table = batchOf([["b1", "a", 10, 5, 1, null]]);
        const unreadCells = [{ row: 0, column: "y", reason: "no text" }];
        if (columns === undefined) return { table, unreadCells };
        return { table: table.select([...columns]), unreadCells: columns.includes("y") ? unreadCells : [] };
      },
      { logOf: sourceLog, typesOf: (spec) => typesInSnapshot(snapshot, spec), onBadRows: "quarantine" },
    );
    expect(await joined(readSource, ["stats:sum_x"], [HOUR_US], "quarantine")).toEqual([[1]]);
    expect(await joined(readSource, ["stats:sum_x", "texts:last_y"], [HOUR_US], "quarantine")).toEqual([[1, "u"]]);
  });

  it("gives each view the events that were told what it needs", async () => {
    await appendTo(files, [
      record("l1", 30, { k: "a", x: 4 }),
      record("l2", 40, { k: "a", y: "w" }, { view: "texts" }),
    ]);
    expect(await features(BATCH, ["stats:n", "texts:last_y", "rows:x"])).toEqual([3, "w", 4]);
  });

  it("refuses a value that its column can't take, or sets the event aside", async () => {
    await appendTo(files, [e("l1", 30, "four"), e("l2", 40, 8)]);
    await expect(features(BATCH, STATS)).rejects.toMatchObject({
      code: "type_mismatch",
      message: 'the log\'s event "l1" of 1970-01-01T00:00:00.000030Z: x: expected float64, got "four"',
    });
    expect(await features(BATCH, STATS, { onBadRows: "quarantine" })).toEqual([3, 11, 8, 1]);
  });

  it("of a source with a column of a type that no value has reads the log all the same", async () => {
    await appendTo(files, [e("l1", 30, 4)]);
    const struct = new Struct([new Field("a", new Float64(), true)]);
    const readSource = withLog(
      async (_, columns) => {
        const builder = makeBuilder({ type: struct, nullValues: [null] });
        for (const row of BATCH) builder.append({ a: row[4] } as never);
        const table = batchOf(BATCH).assign(new Table({ meta: builder.finish().toVector() }));
        return columns === undefined ? table : table.select([...columns]);
      },
      { logOf: sourceLog, typesOf: (spec) => typesInSnapshot(snapshot, spec) },
    );
    const { table } = (await readSource(sourceOf(snapshot, "stats"), undefined)) as { table: Table };
    const meta = table.getChild("meta");
    expect([0, 1, 2].map((row) => (meta?.get(row) as { a: number } | null)?.a)).toEqual([1, 2, undefined]);
    expect(await joined(readSource, ["stats:n", "stats:sum_x"], [HOUR_US])).toEqual([[3, 7]]);
    // A query of the view's own that names no columns may read that one: events were not told it.
    expect(await joined(readSource, ["stats:n", "picked:sum_x"], [HOUR_US])).toEqual([[3, 3]]);
  });

  it("takes no cell that can't be read for a null that an event was told", async () => {
    await appendTo(files, [e("b1", 10, null, { createdTimeUs: 5 }, "u")]);
    const readSource = withLog(
      async (_, columns) => ({
        table: (columns === undefined ? batchOf : (rows: Row[]) => batchOf(rows).select([...columns]))([
          ["b1", "a", 10, 5, null, "u"],
        ]),
        unreadCells: [{ row: 0, column: "x", reason: "no number" }],
      }),
      { logOf: sourceLog, typesOf: (spec) => typesInSnapshot(snapshot, spec), onBadRows: "quarantine" },
    );
    expect(await joined(readSource, ["stats:n"], [HOUR_US], "quarantine")).toEqual([[1]]);
  });

  it("sets a row aside once, whatever views can't use it beside events that not all of them were told", async () => {
    await appendTo(files, [record("l1", 30, { k: "a", x: 4 })]);
    const bad: Row[] = [...BATCH, ["b3", "a", 40, 35, 4, "w"]];
    const readSource = withLog(
      async (_, columns) => ({
        table: columns === undefined ? batchOf(bad) : batchOf(bad).select([...columns]),
        unreadCells: [{ row: 2, column: "k", reason: "no key" }],
      }),
      { logOf: sourceLog, typesOf: (spec) => typesInSnapshot(snapshot, spec), onBadRows: "quarantine" },
    );
    const { report, quarantine } = await join(readSource, ["stats:n", "texts:last_y"], [HOUR_US], "quarantine");
    expect((quarantine ?? []).map(({ of, table }) => [of, table.numRows])).toEqual([["s", 1]]);
    expect(report.quarantined).toEqual({ s: 1 });
  });

  it("reads what was written up to a moment", async () => {
    await appendTo(files, [e("l1", 30, 4, { writtenAtUs: 100 })]);
    await appendTo(files, [e("l2", 40, 8, { writtenAtUs: 101 })]);
    expect(await features(BATCH, STATS, { writtenUntilUs: 100 })).toEqual([3, 7, 4]);
    await compactLog(sourceLog(), { sealedUs: 1e15, random });
    expect(await features(BATCH, STATS, { writtenUntilUs: 100 })).toEqual([3, 7, 4]);
  });

  it("is the log alone where the source has no file yet", async () => {
    await appendTo(files, [e("l1", 30, 4)]);
    const none = async (): Promise<never> => {
      throw new EdgefeatError("file_not_found", "there is no file");
    };
    const typesOf: WithLogOptions["typesOf"] = (spec) => typesInSnapshot(snapshot, spec);
    const spec = sourceOf(snapshot, "stats");
    const read = withLog(none, { logOf: sourceLog, typesOf });
    expect(await read(spec, ["id", "k", "at", "made", "x"])).toMatchObject({ table: { numRows: 1 } });
    files.contents.clear();
    await expect(read(spec, ["id", "k", "at", "made", "x"])).rejects.toMatchObject({ code: "file_not_found" });
  });
});

describe("damage in the log is told of, and takes nothing else with it", () => {
  const good =
    '{"id":"l1","view":"v","time":"1970-01-01T00:00:00.00003Z","written":"1970-01-01T00:00:00Z","values":{"k":"a","x":4,"y":"t"}}';
  const put = (name: string, text: string) => files.putNew(`p/dev/s/segments/${name}`, new TextEncoder().encode(text));
  const name = (records: number, n = 0) => `0000000000000000-${records}-${String(n).padStart(16, "0")}.jsonl`;

  it.each<[what: string, name: string, text: string, n: number, reasons: RegExp[]]>([
    ["a whole segment", name(1), `${good}\n`, 1, []],
    ["a cut-off last line", name(2), `${good}\n${good.slice(0, 60)}`, 1, [/line 2.*cut off/]],
    ["a file cut off at a line's end", name(2), `${good}\n`, 1, [/1 lines of 2/]],
    ["more lines than its name says", name(1), `${good}\n${good.replace("l1", "l2")}\n`, 2, [/2 lines of 1/]],
    ["an empty file", name(1), "", 0, [/0 lines of 1/]],
    ["no JSON", name(2), `${good}\nnonsense\n`, 1, [/line 2/]],
    ["another shape", name(2), `${good}\n[1]\n`, 1, [/line 2.*no JSON object/]],
    [
      "values that are none",
      name(2),
      `${good}\n${good.replace(/"values":.*/, '"values":[]}')}\n`,
      1,
      [/line 2.*"values"/],
    ],
    ["no time", name(2), `${good}\n${good.replace("1970-01-01T00:00:00.00003Z", "soon")}\n`, 1, [/line 2/]],
    ["a time without a zone", name(2), `${good}\n${good.replace("00003Z", "00003")}\n`, 1, [/line 2/]],
    ["an id that is a number", name(2), `${good}\n${good.replace('"l1"', "7")}\n`, 1, [/line 2.*"id"/]],
    ["a raw control character", name(1), `${good.replace("a", "\u0001")}\n`, 0, [/line 1/]],
    ["a name that is none", "x.jsonl", `${good}\n`, 0, [/no segment/]],
    ["a file that is being written", `.${name(1)}.tmp`, good.slice(0, 9), 0, []],
  ])("%s", async (_, file, text, n, reasons) => {
    await put(file, text);
    expect((await features([], STATS))[0]).toBe(n);
    const faults = reports[0]?.faults.map(({ line, reason }) => `line ${line}: ${reason}`) ?? [];
    expect(faults).toHaveLength(reasons.length);
    for (const [i, reason] of reasons.entries()) expect(faults[i]).toMatch(reason);
    // A compaction leaves what is damaged, and the rest still counts.
    const report = await compactLog(sourceLog(), { sealedUs: 1e15, random });
    expect(report.faults).toHaveLength(reasons.length);
    expect((await features([], STATS))[0]).toBe(n);
    if (reasons.length > 0) expect(files.contents.has(`p/dev/s/segments/${file}`)).toBe(true);
  });

  it("bytes that are no UTF-8 are no values", async () => {
    const bytes = new TextEncoder().encode(`${good}\n`);
    bytes[bytes.indexOf(116)] = 0xff;
    await files.putNew(`p/dev/s/segments/${name(1)}`, bytes);
    expect((await features([], STATS))[0]).toBe(0);
    expect(reports[0]?.faults).toMatchObject([{ line: null, reason: "it is not in UTF-8" }]);
  });

  it("a manifest that is none is an error: what it names can't be found without it", async () => {
    await files.putNew("p/dev/s/manifests/manifest-0000000001.json", new TextEncoder().encode("{}"));
    await expect(features([], STATS)).rejects.toMatchObject({ code: "file_unreadable" });
  });
});

it("every type comes through the log unchanged (SEMANTICS 6)", async () => {
  const types = {
    b: bool(),
    i: int32(),
    l: int64(),
    f: float32(),
    d: float64(),
    m: decimal(10, 2),
    s: string(),
    z: bytes(),
    t: timestamp(),
    a: list(int64()),
    v: vector(2),
  };
  const wide = csv("s", { path: "s.csv", eventTime: "at", schema: { k: string(), at: timestamp(), ...types } });
  const view = featureView("all", { entities: [shop], source: wide, features: types });
  const made = snapshotFrom({ view }).snapshot;
  const text =
    '{"k":"a","b":false,"i":-2147483648,"l":-9223372036854775808,"f":0.10000000149011612,"d":-0,"m":"-12345678.90","s":"\\u0000é","z":"AAE=","t":"2001-03-31T00:00:00.000001Z","a":[9007199254740993,-1],"v":[1.5,-2]}';
  await appendTo(files, [record(null, 10, {}, { valuesJson: text })]);
  const typesOf: WithLogOptions["typesOf"] = (spec) => typesInSnapshot(made, spec);
  const spec = sourceOf(made, "all");
  const none = async (): Promise<never> => {
    throw new EdgefeatError("file_not_found", "there is no file");
  };
  for (const when of ["in a segment", "in Parquet"]) {
    const { table } = (await withLog(none, { logOf: sourceLog, typesOf })(spec, undefined)) as { table: Table };
    const cell = (name: string): any => table.getChild(name)?.get(0);
    expect(["b", "i", "l", "f", "s", "t"].map(cell), when).toEqual([
      false,
      -2147483648,
      -9223372036854775808n,
      Math.fround(0.1),
      "\u0000é",
      cell("t"),
    ]);
    expect(Object.is(cell("d"), -0), when).toBe(true);
    expect([...cell("a")], when).toEqual([9007199254740993n, -1n]);
    expect([...cell("v")], when).toEqual([1.5, -2]);
    expect([...cell("z")], when).toEqual([0, 1]);
    await compactLog(sourceLog(), { sealedUs: 1e15, random });
  }
});
