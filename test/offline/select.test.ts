// Views with a query of their own: the rows they give, to the join and to materialization alike, and what they are refused for.
import type { Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyTableOf, tableOf, vectorFromTyped, vectorFromValues } from "../../offline/datasets/index.ts";
import {
  type Engine,
  getHistoricalFeatures,
  materializeView,
  openEngine,
  type ReadSource,
  type RowWrite,
} from "../../offline/index.ts";
import { selectTypes } from "../../offline/join/select-rows.ts";
import { EdgefeatError } from "../../sdk/errors.ts";
import {
  avg,
  count,
  decimal,
  entity,
  featureView,
  float32,
  float64,
  int32,
  int64,
  list,
  parquet,
  string,
  timestamp,
  vector,
} from "../../sdk/index.ts";
import { collectDefinitions, compileDefinitions, type Snapshot, snapshotOf } from "../../sdk/registry/index.ts";
import { parseTypeName, typeName, type Value } from "../../sdk/types/index.ts";
import { columnValues } from "../support/snapshots.ts";

const ENGINES = ["wasm", "native"] as const;
let engine: Engine;

const user = entity("user", { joinKey: "id", type: int64() });
// A name that SQL keeps for itself.
const source = parquet("order", { path: "o.parquet", eventTime: "ts", createdTime: "seen" });

const column = (type: string, values: (Value | null)[]) => vectorFromValues(parseTypeName(type), values);
const ROWS = tableOf([
  ["id", column("int64", [1n, 1n, 2n, 2n, null])],
  ["ts", column("timestamp", [10n, 20n, 10n, 30n, 10n])],
  ["seen", column("timestamp", [11n, null, 11n, 31n, 11n])],
  ["n", column("int64", [1n, 2n, 3n, null, 5n])],
  ["s", column("string", ["a", "b", "c", "d", "e"])],
]);
const ENTITIES = tableOf([
  ["id", column("int64", [1n, 2n, 3n, null])],
  ["event_timestamp", column("timestamp", [40n, 40n, 40n, 40n])],
]);

async function snapshotWith(definitions: Record<string, unknown>, rows: Table = ROWS): Promise<Snapshot> {
  const collected = collectDefinitions(definitions);
  const empty = emptyTableOf(rows.schema.fields.map(({ name, type }) => [name, type]));
  const selects = await selectTypes(engine, collected, async () => empty);
  const compiled = compileDefinitions(collected, {
    columnsOf: () => undefined,
    columnsOfSelect: (view) => selects.get(view),
  });
  return snapshotOf("test", "dev", compiled);
}

async function join(snapshot: Snapshot, features: string[], readSource: ReadSource = async () => ROWS) {
  const { table } = await getHistoricalFeatures({
    engine,
    entities: ENTITIES,
    snapshot,
    request: { features },
    readSource,
  });
  return table;
}

async function faultOf(work: Promise<unknown>): Promise<EdgefeatError> {
  const fault = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(fault instanceof EdgefeatError)) throw new Error(`expected an EdgefeatError, got ${String(fault)}`);
  return fault;
}

const stored = (
  select: string,
  features: Parameters<typeof featureView>[1] extends infer _ ? Record<string, any> : never,
) => featureView("v", { entities: [user], source, select, features });

describe.each(ENGINES)("over %s", (kind) => {
  beforeAll(async () => {
    engine = await openEngine({ engine: kind });
  }, 60_000);
  afterAll(() => engine.close());

  describe("a stored view's select", () => {
    it("makes the rows that are joined and materialized", async () => {
      const v = stored(`SELECT id, ts, seen, n * 2 AS doubled, upper(s) AS s FROM "order" WHERE n IS NOT NULL`, {
        doubled: int64(),
        s: string(),
      });
      const snapshot = await snapshotWith({ v });
      const asked: unknown[] = [];
      const table = await join(snapshot, ["v:doubled", "v:s"], async (spec, columns, range) => {
        asked.push([spec.name, columns, range]);
        return ROWS;
      });
      expect(columnValues(table, "doubled", { kind: "int64" })).toStrictEqual([4n, 6n, null, null]);
      expect(columnValues(table, "s", { kind: "string" })).toStrictEqual(["B", "C", null, null]);
      // All columns and all times: only the query knows which of them it needs.
      expect(asked).toStrictEqual([["order", undefined, undefined]]);

      const written: RowWrite[] = [];
      const report = await materializeView({
        engine,
        snapshot,
        view: "v",
        version: 1,
        startUs: null,
        endUs: 40,
        readSource: async () => ROWS,
        sink: {
          async writeRows(_view, _version, rows) {
            written.push(...rows);
            return { written: rows.length, unchanged: 0, superseded: 0, expired: 0 };
          },
          writeTiles: () => Promise.reject(new Error("no tiles")),
          pushEvents: () => Promise.reject(new Error("there is no log")),
          async complete() {},
        },
      });
      expect(report.nullKeys).toBe(1);
      expect(written.map(({ keys, row }) => [keys, row.eventTimeUs, row.createdTimeUs, row.values])).toStrictEqual([
        [[1n], 20, null, [4n, "B"]],
        [[2n], 10, 11, [6n, "C"]],
      ]);
    });

    it("is given the columns that it names, where it names them", async () => {
      const v = featureView("v", {
        entities: [user],
        source,
        select: { sql: `SELECT id, ts, seen, n + 1 AS m FROM "order"`, columns: ["id", "ts", "seen", "n"] },
        features: { m: int64() },
      });
      let asked: readonly string[] | undefined;
      await join(await snapshotWith({ v }), ["v:m"], async (_, columns) => {
        asked = columns;
        return ROWS;
      });
      expect(asked).toStrictEqual(["id", "ts", "seen", "n"]);
    });

    it("may name its times anew, and leave times and keys to expressions", async () => {
      const v = stored(
        `SELECT id + 1 AS id, ts + INTERVAL 5 MICROSECOND AS ts, CAST(NULL AS TIMESTAMP) AS seen, s FROM "order" -- moved`,
        { s: string() },
      );
      const table = await join(await snapshotWith({ v }), ["v:s"]);
      expect(columnValues(table, "s", { kind: "string" })).toStrictEqual([null, "b", "d", null]);
    });

    it.each<[string, string, any, Value]>([
      ["bool", "true", { x: { type: { kind: "bool" } } }, true],
      ["tinyint", "CAST(7 AS TINYINT)", { x: int32() }, 7],
      ["uinteger", "CAST(4294967295 AS UINTEGER)", { x: int64() }, 4294967295n],
      ["ubigint", "CAST(7 AS UBIGINT)", { x: int64() }, 7n],
      ["count", "count(*) OVER ()", { x: int64() }, 5n],
      ["float", "CAST(0.5 AS FLOAT)", { x: float32() }, 0.5],
      ["double", "n / 2", { x: float64() }, 0.5],
      ["decimal", "CAST(1.25 AS DECIMAL(5,2))", { x: decimal(5, 2) }, "1.25"],
      ["enum", "CAST('a' AS ENUM('a', 'b'))", { x: string() }, "a"],
      ["date", "DATE '1970-01-02'", { x: timestamp() }, 86_400_000_000n],
      ["timestamp with a zone", "TIMESTAMPTZ '1970-01-01 00:00:01+00'", { x: timestamp() }, 1_000_000n],
      ["seconds", "CAST(TIMESTAMP '1970-01-01 00:00:01' AS TIMESTAMP_S)", { x: timestamp() }, 1_000_000n],
      ["list", "[n, 2]", { x: list(int64()) }, [1n, 2n]],
      ["vector", "CAST([1, 2] AS FLOAT[2])", { x: vector(2) }, Float32Array.of(1, 2)],
    ])("gives a %s", async (_, sql, features, value) => {
      const v = stored(`SELECT id, ts, seen, ${sql} AS x FROM "order" WHERE s = 'a' OR s > 'a'`, features);
      const entities = tableOf([
        ["id", column("int64", [1n])],
        ["event_timestamp", column("timestamp", [10n])],
      ]);
      const snapshot = await snapshotWith({ v });
      const { table } = await getHistoricalFeatures({
        engine,
        entities,
        snapshot,
        request: { features: ["v:x"] },
        readSource: async () => ROWS,
      });
      expect(columnValues(table, "x", features.x.type)).toStrictEqual([value]);
    });

    it("rounds nanoseconds of its times up", async () => {
      const v = stored(`SELECT id, make_timestamp_ns(39001) AS ts, seen, s FROM "order" WHERE s = 'a'`, {
        s: string(),
      });
      const snapshot = await snapshotWith({ v });
      expect(columnValues(await join(snapshot, ["v:s"]), "s", { kind: "string" })).toStrictEqual([
        "a",
        null,
        null,
        null,
      ]);
      const late = stored(`SELECT id, make_timestamp_ns(40001) AS ts, seen, s FROM "order" WHERE s = 'a'`, {
        s: string(),
      });
      const none = await join(await snapshotWith({ late }), ["v:s"]);
      expect(columnValues(none, "s", { kind: "string" })).toStrictEqual([null, null, null, null]);
    });

    it.each<[string, string, string, RegExp, RegExp]>([
      [
        "DuckDB's own words and the line",
        'SELECT id, ts, seen,\n nope AS x FROM "order"',
        "sql_error",
        /view "v".*nope[^]*LINE 2/,
        /table "order"/,
      ],
      ["a file", "SELECT * FROM read_csv('/etc/passwd')", "sql_error", /disabled/, /neither files/],
      [
        "a sum that no int64 need hold",
        'SELECT id, max(ts) AS ts, max(seen) AS seen, sum(n) AS x FROM "order" GROUP BY id',
        "type_mismatch",
        /"x" as HUGEINT/,
        /CAST\(… AS BIGINT\) AS x.*sum/,
      ],
      ["a struct", 'SELECT id, ts, seen, {a: 1} AS x FROM "order"', "type_mismatch", /STRUCT/, /cast it/],
      [
        "a column that it lacks",
        'SELECT id, ts, seen, n AS xx FROM "order"',
        "missing_column",
        /select of view "v".*"x"/,
        /"xx"/,
      ],
      ["a time that it lacks", 'SELECT id, seen, n AS x FROM "order"', "missing_column", /"ts"/, /./],
      [
        "two columns of one name",
        'SELECT *, 1 AS n, n AS x FROM "order"',
        "duplicate_column",
        /two columns "n"/,
        /EXCLUDE \(n\)/,
      ],
      [
        "another type than is declared",
        'SELECT id, ts, seen, s AS x FROM "order"',
        "type_mismatch",
        /"x" is string in what its select gives, not int64/,
        /cast it in the select/,
      ],
    ])("tells of %s when it is compiled", async (_, sql, code, message, hint) => {
      const fault = await faultOf(snapshotWith({ v: stored(sql, { x: int64() }) }));
      expect([fault.code, fault.message, fault.hint]).toStrictEqual([
        code,
        expect.stringMatching(message),
        expect.stringMatching(hint),
      ]);
    });

    it("tells of what only the data shows, with its line, and leaves the engine fit for more", async () => {
      const v = stored('SELECT id, ts, seen,\n\n  CAST(s AS BIGINT) AS x FROM "order"', { x: int64() });
      const snapshot = await snapshotWith({ v });
      const fault = await faultOf(join(snapshot, ["v:x"]));
      expect([fault.code, fault.message, fault.details?.["line"]]).toStrictEqual([
        "sql_error",
        expect.stringMatching(/select of view "v" failed.*Conversion Error/),
        3,
      ]);
      expect(await faultOf(join(snapshot, ["v:x"]))).toMatchObject({ code: "sql_error" });
      const tables = await engine.query("SELECT count(*)::INTEGER AS n FROM duckdb_tables()");
      expect(tables.getChild("n")?.get(0)).toBe(0);
    });

    it("is checked again where it comes from a registry", async () => {
      const snapshot = structuredClone(
        await snapshotWith({ v: stored('SELECT id, ts, seen, n AS x FROM "order"', { x: int64() }) }),
      );
      const spec = snapshot.views["v"]?.versions["1"]?.spec as { select: { sql: string } };
      spec.select.sql = "SET threads = 1";
      expect(await faultOf(join(snapshot, ["v:x"]))).toMatchObject({ code: "definition_invalid" });
    });
  });

  describe("an aggregated view's select", () => {
    it("makes the events, whose types the engine knows", async () => {
      const v = featureView("v", {
        entities: [user],
        source,
        select: `SELECT id, ts, seen, n, CAST(length(s) + n AS DOUBLE) AS m FROM "order" UNION ALL SELECT id, ts, seen, 100, CAST(1.5 AS DOUBLE) FROM "order" WHERE n = 2`,
        aggregations: { events: count("1s"), m: avg("m", "1s", { where: "n < 100" }) },
      });
      const snapshot = await snapshotWith({ v });
      const spec = snapshot.views["v"]?.versions["1"]?.spec;
      expect(spec?.features.map(({ type }) => type)).toStrictEqual(["int64", "float64"]);
      const table = await join(snapshot, ["v:events", "v:m"]);
      expect(columnValues(table, "events", { kind: "int64" })).toStrictEqual([3n, 2n, 0n, null]);
      expect(columnValues(table, "m", { kind: "float64" })).toStrictEqual([2.5, 4, null, null]);
    });

    it("wants the engine when it is compiled", () => {
      const v = featureView("v", {
        entities: [user],
        source,
        select: 'FROM "order"',
        aggregations: { events: count("1s") },
      });
      const compile = () => compileDefinitions(collectDefinitions({ v }), { columnsOf: () => ({ id: int64().type }) });
      expect(compile).toThrow(/columns of its select over source "order" are not known/);
    });
  });

  describe("types of the engine", () => {
    it("are known for every column that a feature can have", async () => {
      const select = `SELECT id, ts, seen, 1.5 AS d, [[1]] AS l, {a: 1} AS st, INTERVAL 1 DAY AS i FROM "order"`;
      const definitions = collectDefinitions({ v: stored(select, { d: decimal(2, 1) }) });
      const types = (await selectTypes(engine, definitions, async () => ROWS)).get("v") ?? {};
      expect(Object.entries(types).map(([name, type]) => `${name} ${typeName(type)}`)).toStrictEqual([
        "id int64",
        "ts timestamp",
        "seen timestamp",
        "d decimal(2,1)",
        "l list<list<int32>>",
      ]);
    });
  });
});

it("gives the same sums of doubles in every engine, on any number of threads", { timeout: 60_000 }, async () => {
  const n = 400_000;
  const rows = tableOf([
    [
      "id",
      vectorFromTyped(
        { kind: "int64" },
        BigInt64Array.from({ length: n }, (_, i) => BigInt(i % 3)),
      ),
    ],
    ["ts", vectorFromTyped({ kind: "timestamp" }, new BigInt64Array(n))],
    ["seen", vectorFromTyped({ kind: "timestamp" }, new BigInt64Array(n))],
    [
      "x",
      vectorFromTyped(
        { kind: "float64" },
        Float64Array.from({ length: n }, (_, i) => Math.sin(i) * 10 ** (i % 17)),
      ),
    ],
  ]);
  const sums = 'SELECT id, min(ts) AS ts, min(seen) AS seen, sum(x) AS x FROM "order" GROUP BY id';
  const found: unknown[] = [];
  for (const options of [
    { engine: "wasm" },
    { engine: "native", threads: 2 },
    { engine: "native", threads: 1 },
  ] as const) {
    engine = await openEngine(options);
    const snapshot = await snapshotWith({ v: stored(sums, { x: float64() }) }, rows);
    found.push(columnValues(await join(snapshot, ["v:x"], async () => rows), "x", { kind: "float64" }));
    const threads = await engine.query("SELECT CAST(current_setting('threads') AS INTEGER) AS n");
    if (options.engine === "native") expect(threads.getChild("n")?.get(0)).toBe(options.threads);
    await engine.close();
  }
  expect(found[1]).toStrictEqual(found[0]);
  expect(found[2]).toStrictEqual(found[0]);
});
