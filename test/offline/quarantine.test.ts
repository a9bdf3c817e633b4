// Rows whose times can't be used (SEMANTICS 1.3): set aside with their reasons, counted, and neither joined nor dropped unseen.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import type { Table } from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, takeRows, vectorFromValues } from "../../offline/datasets/index.ts";
import {
  type Engine,
  getHistoricalFeatures,
  materializeView,
  openEngine,
  type Quarantine,
  type ReadSource,
  type RowWrite,
} from "../../offline/index.ts";
import { sourceReader } from "../../sdk/cli/load/sources.ts";
import { EdgefeatError } from "../../sdk/errors.ts";
import { count, csv, entity, featureService, featureView, int64, parquet, string, timestamp } from "../../sdk/index.ts";
import { typesInSnapshot } from "../../sdk/registry/index.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";

let engine: Engine;
const folder = mkdtempSync(joinPath(tmpdir(), "edgefeat-quarantine-"));
beforeAll(async () => {
  engine = await openEngine({ engine: "wasm" });
}, 60_000);
afterAll(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

const user = entity("user", { joinKey: "id", type: int64() });
const schema = { id: int64(), at: timestamp(), seen: timestamp(), n: int64(), s: string() };
const log = parquet("log", { path: "l.parquet", eventTime: "at", createdTime: "seen", schema });
const latest = featureView("latest", { entities: [user], source: log, features: { n: int64() } });
const windows = featureView("windows", { entities: [user], source: log, aggregations: { events: count("1d") } });
const text = csv("text", { path: "text.csv", eventTime: "at", createdTime: "seen", schema });
const cells = featureView("cells", { entities: [user], source: text, features: { n: int64() } });
const names = featureView("names", { entities: [user], source: text, features: { s: string() } });
const { snapshot } = snapshotFrom({ latest, windows, cells, names });

const column = (type: string, values: readonly (Value | null)[]) => vectorFromValues(parseTypeName(type), values);
const ENTITIES = tableOf([
  ["id", column("int64", [1n, 2n, 1n, 2n])],
  ["event_timestamp", column("string", ["1970-01-01T00:00:01Z", "soon", null, "1970-01-01"])],
  ["label", column("float64", [1, 2, 3, 4])],
]);
const ROWS = tableOf([
  ["id", column("int64", [1n, 1n, 2n, 2n, 2n])],
  ["at", column("timestamp", [10n, null, 0n, 2n ** 60n, null])],
  ["seen", column("string", ["1970-01-01T00:00:00Z", null, null, null, "x"])],
  ["n", column("int64", [10n, 11n, 20n, 21n, 22n])],
]);

const texts = (table: Table, name: string) => columnValues(table, name, { kind: "string" });
const reasonsOf = ({ of, table }: Quarantine) => [of, texts(table, "edgefeat_reason")];

async function faultOf(work: Promise<unknown>): Promise<EdgefeatError> {
  const fault = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(fault instanceof EdgefeatError)) throw new Error(`expected an EdgefeatError, got ${String(fault)}`);
  return fault;
}

function join(entities: Table, features: string[], readSource: ReadSource, onBadRows?: "fail" | "quarantine") {
  const request = { features };
  return getHistoricalFeatures({ engine, entities, snapshot, request, readSource, ...(onBadRows && { onBadRows }) });
}

describe("a join that quarantines", () => {
  it("sets source rows and entity rows aside, as they came, and joins the others", async () => {
    const {
      table,
      report,
      quarantine = [],
    } = await join(ENTITIES, ["latest:n", "windows:events"], async () => ROWS, "quarantine");
    expect(columnValues(table, "label", { kind: "float64" })).toStrictEqual([1, 4]);
    expect(texts(table, "event_timestamp")).toStrictEqual(["1970-01-01T00:00:01Z", "1970-01-01"]);
    expect(columnValues(table, "n", { kind: "int64" })).toStrictEqual([10n, 20n]);
    expect(columnValues(table, "events", { kind: "int64" })).toStrictEqual([1n, 1n]);
    expect(report.rows).toBe(2);
    expect(report.quarantined).toStrictEqual({ "the entity rows": 2, log: 3 });
    expect(quarantine.map(reasonsOf)).toStrictEqual([
      ["the entity rows", ['column "event_timestamp": "soon": no RFC 3339 time', 'column "event_timestamp": no time']],
      [
        "log",
        [
          'column "at": no time',
          expect.stringMatching(/^column "at": \+\d+-.*Z: outside the years 1684 to 2255$/),
          'column "at": no time; column "seen": "x": no RFC 3339 time',
        ],
      ],
    ]);
    const [entities, source] = quarantine as [Quarantine, Quarantine];
    expect(entities.table.schema.fields.map(({ name }) => name)).toStrictEqual([
      "id",
      "event_timestamp",
      "label",
      "edgefeat_reason",
    ]);
    expect(columnValues(entities.table, "label", { kind: "float64" })).toStrictEqual([2, 3]);
    expect(columnValues(source.table, "n", { kind: "int64" })).toStrictEqual([11n, 21n, 22n]);
  });

  it("tells the rows that a select made apart by what its view is called, where it is joined twice", async () => {
    const made = featureView("made", {
      entities: [user],
      source: log,
      select: 'SELECT id, CASE WHEN n > 10 THEN NULL ELSE make_timestamp(n) END AS "at", seen, n FROM log',
      features: { n: int64() },
    });
    const both = featureService("both", { features: [made, made.withName("again")] });
    const rows = takeRows(ROWS, Int32Array.of(0, 2));
    const { report, quarantine = [] } = await getHistoricalFeatures({
      engine,
      entities: takeRows(ENTITIES, Int32Array.of(0)),
      snapshot: snapshotFrom({ made, both }).snapshot,
      request: { service: "both" },
      readSource: async () => rows,
      fullNames: true,
      onBadRows: "quarantine",
    });
    expect(report.quarantined).toStrictEqual({ 'view "made"': 1, 'view "again"': 1 });
    expect(quarantine.map(({ of }) => of)).toStrictEqual(['view "made"', 'view "again"']);
  });

  it("says that nothing was set aside where nothing was", async () => {
    const good = takeRows(ROWS, Int32Array.of(0, 2));
    const found = await join(takeRows(ENTITIES, Int32Array.of(0)), ["latest:n"], async () => good, "quarantine");
    expect([found.report.quarantined, found.quarantine]).toStrictEqual([{}, []]);
    const failing = await join(takeRows(ENTITIES, Int32Array.of(0)), ["latest:n"], async () => good);
    expect([failing.report.quarantined, failing.quarantine]).toStrictEqual([{}, undefined]);
  });

  it("takes rows that were set aside, and mended since", async () => {
    const rows = tableOf([
      ...ROWS.schema.fields.map(({ name }, i) => [name, ROWS.getChildAt(i) as never] as const),
      ["edgefeat_reason", column("string", ["old", "old", "old", "old", "old"])],
    ]);
    const { quarantine = [] } = await join(
      takeRows(ENTITIES, Int32Array.of(0)),
      ["latest:n"],
      async () => rows,
      "quarantine",
    );
    expect(quarantine[0]?.table.schema.fields.map(({ name }) => name)).toStrictEqual([
      "id",
      "at",
      "seen",
      "n",
      "edgefeat_reason",
    ]);
    expect(texts((quarantine[0] as Quarantine).table, "edgefeat_reason")[0]).toBe('column "at": no time');
  });

  it("gives what a join of the other rows gives", async () => {
    const times = fc.array(fc.option(fc.bigInt({ min: 0n, max: 40n }), { nil: null, freq: 3 }), {
      minLength: 1,
      maxLength: 12,
    });
    const rowsAt = (name: string, at: readonly (bigint | null)[]) =>
      tableOf([
        [
          "id",
          column(
            "int64",
            at.map((_, i) => BigInt(i % 2)),
          ),
        ],
        [name, column("timestamp", at)],
        [
          "seen",
          column(
            "timestamp",
            at.map(() => null),
          ),
        ],
        [
          "n",
          column(
            "int64",
            at.map((_, i) => BigInt(i)),
          ),
        ],
      ]);
    const whole = (table: Table, at: readonly (bigint | null)[]) =>
      takeRows(table, Int32Array.from(at.flatMap((time, i) => (time === null ? [] : [i]))));
    await fc.assert(
      fc.asyncProperty(times, times, async (entityTimes, sourceTimes) => {
        const entities = rowsAt("event_timestamp", entityTimes).select(["id", "event_timestamp", "seen"]);
        const source = rowsAt("at", sourceTimes);
        const features = ["latest:n", "windows:events"];
        const found = await join(entities, features, async () => source, "quarantine");
        const expected = await join(whole(entities, entityTimes), features, async () => whole(source, sourceTimes));
        for (const name of ["n", "events"])
          expect(columnValues(found.table, name, { kind: "int64" })).toStrictEqual(
            columnValues(expected.table, name, { kind: "int64" }),
          );
        const nulls = (at: readonly (bigint | null)[]) => at.filter((time) => time === null).length;
        expect(found.report.quarantined["log"] ?? 0).toBe(nulls(sourceTimes));
        expect(found.table.numRows + (found.report.quarantined["the entity rows"] ?? 0)).toBe(entities.numRows);
      }),
      { numRuns: 25 },
    );
  });
});

describe("a join that fails on bad rows", () => {
  it.each<[string, Table, Table, string, RegExp, number[]]>([
    ["entity rows", ENTITIES, ROWS, "null_time", /1 rows of the entity rows.*first 2; 1 more/, [2]],
    [
      "event times",
      takeRows(ENTITIES, Int32Array.of(0)),
      ROWS,
      "null_time",
      /2 rows of source "log".*"at", first 1, 4; 1 more/,
      [1, 4],
    ],
    [
      "created times",
      takeRows(ENTITIES, Int32Array.of(0)),
      tableOf([
        ["id", column("int64", [1n, 1n])],
        ["at", column("timestamp", [1n, 1n])],
        ["seen", column("string", [null, "x"])],
        ["n", column("int64", [1n, 1n])],
      ]),
      "bad_time",
      /1 rows of source "log" hold text.*"seen", first 1 \("x"\)$/,
      [1],
    ],
  ])("counts and names %s, and says how to go on", async (_, entities, source, code, message, rows) => {
    const fault = await faultOf(join(entities, ["latest:n"], async () => source));
    expect([fault.code, fault.message, fault.hint, fault.details?.["rows"]]).toStrictEqual([
      code,
      expect.stringMatching(message),
      expect.stringContaining("--on-bad-rows quarantine"),
      rows,
    ]);
  });
});

describe("cells of a CSV that their types can't read", () => {
  const read = (onBadRows: "fail" | "quarantine") =>
    sourceReader(folder, (source) => typesInSnapshot(snapshot, source), { onBadRows });
  beforeAll(() => {
    writeFileSync(
      joinPath(folder, "text.csv"),
      "id,at,seen,n,s\n1,1970-01-01,,10,a\n1,yesterday,,11,b\n2,1970-01-01T00:00:00Z,,many,c\n2,1970-01-01,,20,d\n,1970-01-01,never,3,e\n",
    );
  });

  it("set their rows aside by what each view reads, with line and text", async () => {
    const entities = tableOf([
      ["id", column("int64", [1n, 2n])],
      ["event_timestamp", column("timestamp", [1_000_000n, 1_000_000n])],
    ]);
    const both = await join(entities, ["cells:n", "names:s"], read("quarantine"), "quarantine");
    expect(columnValues(both.table, "n", { kind: "int64" })).toStrictEqual([10n, 20n]);
    // The row of line 4 is whole for a view that does not read "n".
    expect(texts(both.table, "s")).toStrictEqual(["a", "d"]);
    expect(both.quarantine?.map(reasonsOf)).toStrictEqual([
      [
        "text",
        [
          expect.stringMatching(/line 3, column "at": .*yesterday/),
          expect.stringMatching(/line 4, column "n": .*many/),
          expect.stringMatching(/line 6, column "seen": .*never/),
        ],
      ],
    ]);
    const alone = await join(entities, ["names:s"], read("quarantine"), "quarantine");
    expect(alone.report.quarantined).toStrictEqual({ text: 2 });
    expect(texts(alone.table, "s")).toStrictEqual(texts(both.table, "s"));
  });

  it("fail a join otherwise", async () => {
    const fault = await faultOf(join(takeRows(ENTITIES, Int32Array.of(0)), ["cells:n"], read("fail")));
    expect([fault.code, fault.message]).toStrictEqual(["bad_time", expect.stringMatching(/line 3, column "at"/)]);
  });
});

describe("materialization that quarantines", () => {
  const materialize = async (view: string, readSource: ReadSource, onBadRows?: "quarantine") => {
    const rows: RowWrite[] = [];
    const counts = (written: number) => ({ written, unchanged: 0, superseded: 0, expired: 0 });
    const report = await materializeView({
      engine,
      snapshot,
      view,
      version: 1,
      startUs: null,
      endUs: 100,
      readSource,
      ...(onBadRows && { onBadRows }),
      sink: {
        writeRows: async (_view, _version, written) => (rows.push(...written), counts(written.length)),
        writeTiles: async (_view, _version, written) => counts(written.length),
        pushEvents: () => Promise.reject(new Error("there is no log")),
        async complete() {},
      },
    });
    return { report, rows };
  };

  it("writes the other rows, and tells of those set aside", async () => {
    const { report, rows } = await materialize("latest", async () => ROWS, "quarantine");
    expect(rows.map(({ keys, row }) => [keys[0], row.values[0]])).toStrictEqual([
      [1n, 10n],
      [2n, 20n],
    ]);
    expect(report.quarantined).toStrictEqual({ log: 3 });
    expect(columnValues(((report.quarantine ?? [])[0] as Quarantine).table, "n", { kind: "int64" })).toStrictEqual([
      11n,
      21n,
      22n,
    ]);
    expect((await materialize("windows", async () => ROWS, "quarantine")).report).toMatchObject({
      keys: 2,
      quarantined: { log: 3 },
    });
  });

  it("fails otherwise", async () => {
    expect(await faultOf(materialize("latest", async () => ROWS))).toMatchObject({ code: "null_time" });
  });
});
