// What every SQL engine must do, whatever runs it.
import {
  type DataType,
  Decimal,
  Field,
  FixedSizeList,
  Float32,
  List,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  columnOf,
  columnReader,
  tableOf,
  valueTypeOfArrow,
  vectorFromTyped,
  vectorFromValues,
} from "../../offline/datasets/index.ts";
import type { Engine, Parameter } from "../../offline/engine/index.ts";
import { EdgefeatError } from "../../sdk/errors.ts";
import { typeName, type Value, type ValueType } from "../../sdk/types/index.ts";
import { bits, rowsOf, TYPES } from "../offline/datasets/values.ts";

/** Every type but lists of decimals with all digits after the point and the like: what the offline side puts through SQL. */
const LOADED = TYPES.filter((type) => type.kind !== "decimal" || type.scale < 38);

/** Runs in about a second and a half on one core, and gives no rows until then. */
const SLOW = "SELECT count(*) FROM range(40000) a(i), range(20000) b(i) WHERE (a.i * b.i) % 7 = 3";

const errorOf = (work: Promise<unknown>): Promise<EdgefeatError> =>
  work.then(
    () => Promise.reject(new Error("no error")),
    (error: unknown) => (error instanceof EdgefeatError ? error : Promise.reject(error as Error)),
  );

/** Describes the suite of an engine; `open` makes a new one. */
export function engineConformance(name: string, open: () => Promise<Engine>): void {
  describe(`${name} as an engine`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    }, 60_000);
    afterAll(() => engine.close());

    /** Returns the rows of a query, each column by the value type that holds it. */
    const rows = async (sql: string, parameters: readonly Parameter[] = []): Promise<(Value | null)[][]> => {
      const table = await engine.query(sql, parameters);
      const readers = table.schema.fields.map(({ name: column, type }, i) =>
        columnReader(table.getChildAt(i) as never, valueTypeOfArrow(type) as ValueType, { column }),
      );
      return Array.from({ length: table.numRows }, (_, row) => readers.map((read) => read(row)));
    };

    it("names itself and its version", () => {
      expect(engine.name).toMatch(/^[a-z-]+ \d+\.\d+\.\d+/);
    });

    describe("6 values pass through to the bit, in their order, nulls among them", () => {
      it.each(LOADED.map((type) => [typeName(type), type] as const))("%s", async (_, type) => {
        await fc.assert(
          fc.asyncProperty(rowsOf(type, { textTimes: true }), async (values) => {
            await engine.load("t", tableOf([["x", vectorFromValues(type, values)]]));
            const back = columnOf(await engine.query("SELECT x FROM t"), "x");
            const read = columnReader(back, type, { column: "x" });
            expect(back).toHaveLength(values.length);
            expect(values.map((__, row) => bits(read(row)))).toEqual(values.map(bits));
          }),
          { numRuns: 5, examples: [[[]], [[null]]] },
        );
      });
    });

    it.each<[arrow: DataType, sql: string]>([
      [new TimestampMicrosecond("UTC"), "TIMESTAMP"],
      [new TimestampMicrosecond("America/New_York"), "TIMESTAMP"],
      [new TimestampMicrosecond(), "TIMESTAMP"],
      [new Decimal(2, 10, 128), "DECIMAL(10,2)"],
      [new List(new Field("item", new Utf8())), "VARCHAR[]"],
      [new FixedSizeList(3, new Field("item", new Float32())), "FLOAT[3]"],
    ])("a column of %s is %s", async (arrow, sql) => {
      await engine.load("t", tableOf([["x", vectorFromArray([], arrow)]]));
      expect(await rows("SELECT column_type FROM (DESCRIBE t)")).toEqual([[sql]]);
    });

    describe("loading", () => {
      const int64 = (values: bigint[]) => vectorFromTyped({ kind: "int64" }, BigInt64Array.from(values));

      it("replaces a table, whatever its columns were", async () => {
        await engine.load("t", tableOf([["a", int64([1n, 2n])]]));
        await engine.load("t", tableOf([["b", vectorFromValues({ kind: "string" }, ["x"])]]));
        expect(await rows("SELECT * FROM t")).toEqual([["x"]]);
      });

      it("takes any name of a table or a column", async () => {
        const odd = `we"ird ' name.x; -- $1 é`;
        await engine.load(odd, tableOf([[odd, int64([7n])]]));
        const quoted = `"${odd.replaceAll('"', '""')}"`;
        expect(await rows(`SELECT ${quoted} FROM ${quoted}`)).toEqual([[7n]]);
      });

      it("keeps a million rows in their order, through every slice", async () => {
        const count = 1_000_000;
        const id = vectorFromTyped(
          { kind: "int64" },
          BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
        );
        const text = vectorFromValues(
          { kind: "string" },
          (function* () {
            for (let i = 0; i < count; i++) yield i % 3 === 0 ? null : `é${i}`;
          })(),
        );
        await engine.load(
          "big",
          tableOf([
            ["id", id],
            ["text", text],
          ]),
        );
        expect(await rows("SELECT count(*), count(text), count(*) FILTER (id <> rowid) FROM big")).toEqual([
          [1_000_000n, 666_666n, 0n],
        ]);
        expect(await rows("SELECT count(*) FROM big WHERE text <> 'é' || id")).toEqual([[0n]]);
        const back = await engine.query("SELECT id, text FROM big");
        const ids = columnReader(columnOf(back, "id"), { kind: "int64" }, { column: "id" });
        const texts = columnReader(columnOf(back, "text"), { kind: "string" }, { column: "text" });
        const wrong = Array.from({ length: count }, (_, i) => i).filter(
          (i) => ids(i) !== BigInt(i) || texts(i) !== (i % 3 === 0 ? null : `é${i}`),
        );
        expect(wrong.slice(0, 3)).toEqual([]);
      }, 60_000);

      it("takes a slice of a table", async () => {
        const whole = tableOf([
          ["a", int64([1n, 2n, 3n, 4n])],
          [
            "v",
            vectorFromValues(
              { kind: "vector", dimension: 2 },
              [1, 2, 3, 4].map((n) => Float32Array.of(n, -n)),
            ),
          ],
        ]);
        await engine.load("t", whole.slice(1, 3));
        expect(await rows("SELECT a, v FROM t")).toEqual([
          [2n, Float32Array.of(2, -2)],
          [3n, Float32Array.of(3, -3)],
        ]);
      });

      it("refuses columns that SQL can't tell apart, and leaves what was there", async () => {
        await engine.load("t", tableOf([["a", int64([1n])]]));
        const error = await errorOf(
          engine.load(
            "t",
            tableOf([
              ["Key", int64([1n])],
              ["key", int64([2n])],
            ]),
          ),
        );
        expect([error.code, error.message]).toEqual(["duplicate_column", expect.stringMatching(/"Key".*"key"/)]);
        expect((await errorOf(engine.load("t", tableOf([])))).code).toBe("type_mismatch");
        expect(await rows("SELECT * FROM t")).toEqual([[1n]]);
      });
    });

    describe("parameters", () => {
      it("are exact", async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.oneof(
              fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
              fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n),
            ),
            fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE)),
            fc.oneof(
              fc.string({ unit: "binary" }),
              fc.constantFrom("", "'", "''", "\\", "\\'", "\0", "a\0b", "\n", "--", "/*", "$1", "$$", "é😀"),
            ),
            fc.boolean(),
            async (bigint, number, string, boolean) => {
              const [row] = await rows("SELECT $1 a, $2 b, $3 c, $4 d", [bigint, number, string, boolean]);
              expect(row?.map(bits)).toEqual([bigint, number, string, boolean].map(bits));
            },
          ),
          { numRuns: 100 },
        );
      });

      it("have the SQL types of their JavaScript ones", async () => {
        expect(
          await rows("SELECT typeof($1), typeof($2), typeof($3), typeof($4), $5 IS NULL", [1n, 1, "1", true, null]),
        ).toEqual([["BIGINT", "DOUBLE", "VARCHAR", "BOOLEAN", true]]);
      });

      it.each<[sql: string, parameters: Parameter[], row: Value[]]>([
        ["SELECT $2, $1, $2", [1n, 2n], [2n, 1n, 2n]],
        ["SELECT '$1', $1", [1n], ["$1", 1n]],
        ["SELECT 'it''s $2', $1", [1n], ["it's $2", 1n]],
        ["SELECT E'\\'$2', $1", [1n], ["'$2", 1n]],
        ['SELECT "$2", $1 FROM (SELECT 5 AS "$2")', [1n], [5, 1n]],
        ["SELECT $$ '$2 $$, $1", [1n], [" '$2 ", 1n]],
        ["SELECT $x$ $$ $2 $x$, $1", [1n], [" $$ $2 ", 1n]],
        ["SELECT $1 -- $2 '\n + $1", [1n], [2n]],
        ["SELECT $1 /* $2 /* ' */ \" */ + $1", [1n], [2n]],
        [
          "SELECT $1 + $10 FROM (SELECT $2, $3, $4, $5, $6, $7, $8, $9)",
          [1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 5n],
          [6n],
        ],
        ["SELECT a$1 + $1 FROM (SELECT 5 AS a$1)", [1n], [6n]],
        ["SELECT * FROM range($1)", [1n], [0n]],
        ["SELECT i FROM range(9) r(i) LIMIT $1 OFFSET $2", [1n, 3n], [3n]],
        ["SELECT -$1", [-1n], [1n]],
      ])("%s", async (sql, parameters, row) => {
        expect(await rows(sql, parameters)).toEqual([row]);
      });

      it("go into statements that make tables too", async () => {
        await engine.query("CREATE OR REPLACE TABLE made AS SELECT $1 AS a, $2 AS b", [2n ** 62n, "x"]);
        expect(await rows("SELECT a, b FROM made")).toEqual([[2n ** 62n, "x"]]);
      });

      it.each<[sql: string, parameters: Parameter[], code: string]>([
        ["SELECT $1", [], "sql_error"],
        ["SELECT $2", [1n], "sql_error"],
        ["SELECT $0", [1n], "sql_error"],
        ["SELECT $1", [1n, 2n], "sql_error"],
        ["SELECT 1", [1n], "sql_error"],
        ["SELECT $1", [2n ** 63n], "value_out_of_range"],
        ["SELECT $1", ["\ud800"], "value_out_of_range"],
      ])("%s with too few, too many or impossible ones is refused", async (sql, parameters, code) => {
        expect((await errorOf(engine.query(sql, parameters))).code).toBe(code);
      });
    });

    describe("errors", () => {
      it.each([
        "SELEC 1",
        "SELECT * FROM nowhere",
        "SELECT 1 + 'x'",
        "SELECT CAST('x' AS BIGINT)",
        "SELECT 9223372036854775807 + 1",
        "",
      ])("%s is a sql_error that shows it", async (sql) => {
        const error = await errorOf(engine.query(sql));
        expect([error.code, error.details?.["sql"]]).toEqual(["sql_error", sql]);
        expect(await rows("SELECT 1::BIGINT")).toEqual([[1n]]);
      });

      it("an error that shows only after many rows is one too", async () => {
        const sql = "SELECT CASE WHEN i = 299999 THEN error('late') ELSE i END FROM range(300000) r(i)";
        expect((await errorOf(engine.query(sql))).code).toBe("sql_error");
        expect(await rows("SELECT 1::BIGINT")).toEqual([[1n]]);
      });
    });

    // Were any of these tried, it would hang or end in another error.
    it.each([
      "SELECT * FROM 'http://127.0.0.1:9/x.csv'",
      "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
      "SELECT * FROM 'https://127.0.0.1:9/x.parquet'",
      "SELECT * FROM read_parquet('https://127.0.0.1:9/x.parquet')",
      "SELECT * FROM read_json('https://127.0.0.1:9/x.json')",
      "SELECT * FROM read_csv('/etc/hosts')",
      "SELECT * FROM '/etc/hosts'",
      "COPY (SELECT 1) TO '/tmp/edgefeat-must-not-exist.csv'",
      "ATTACH 'http://127.0.0.1:9/x.db'",
      "LOAD icu",
      "LOAD httpfs",
      "SELECT timezone('America/New_York', TIMESTAMP '2001-01-01')",
      "SELECT json_extract('{}', '$')",
      "SELECT * FROM sqlite_scan('a', 'b')",
      "SET enable_external_access=true",
    ])("%s reaches neither the network nor a file", async (sql) => {
      expect((await errorOf(engine.query(sql))).code).toBe("sql_error");
    });

    it("stays shut after its settings were tampered with", async () => {
      await engine.query("SET autoload_known_extensions=true");
      await engine.query("SET autoinstall_known_extensions=true");
      expect((await errorOf(engine.query("SELECT json_extract('{}', '$')"))).code).toBe("sql_error");
    });

    it("ASOF finds the latest row at or before, by key, and nothing for none", async () => {
      const key = (...values: string[]) => vectorFromValues({ kind: "string" }, values);
      const time = (...values: bigint[]) => vectorFromTyped({ kind: "int64" }, BigInt64Array.from(values));
      await engine.load(
        "entity",
        tableOf([
          ["k", key("a", "a", "a", "b", "c")],
          ["t", time(9n, 10n, 25n, 10n, 99n)],
        ]),
      );
      await engine.load(
        "feature",
        tableOf([
          ["k", key("a", "a", "b")],
          ["e", time(20n, 10n, 11n)],
        ]),
      );
      const sql =
        "SELECT entity.k, entity.t, feature.e FROM entity ASOF LEFT JOIN feature ON entity.k = feature.k AND entity.t >= feature.e ORDER BY entity.rowid";
      const expected = [
        ["a", 9n, null],
        ["a", 10n, 10n],
        ["a", 25n, 20n],
        ["b", 10n, null],
        ["c", 99n, null],
      ];
      for (const threshold of [0, 64]) {
        await engine.query(`SET asof_loop_join_threshold=${threshold}`);
        expect(await rows(sql)).toEqual(expected);
      }
    });

    it("calls run one after another, in their order", async () => {
      await engine.query("CREATE OR REPLACE TABLE log (n INTEGER)");
      await Promise.all(Array.from({ length: 20 }, (_, i) => engine.query(`INSERT INTO log VALUES (${i})`)));
      expect(await rows("SELECT n FROM log ORDER BY rowid")).toEqual(Array.from({ length: 20 }, (_, i) => [i]));
    });

    describe("cancelling", () => {
      it("stops a query, and leaves the engine and its tables", async () => {
        await engine.load("kept", tableOf([["a", vectorFromValues({ kind: "int32" }, [1, 2])]]));
        const controller = new AbortController();
        const query = errorOf(engine.query(SLOW, [], { signal: controller.signal }));
        const next = engine.query("SELECT count(*) FROM kept");
        setTimeout(() => controller.abort(), 50);
        expect((await query).code).toBe("cancelled");
        expect((await next).getChildAt(0)?.get(0)).toBe(2n);
      });

      it("stops before it starts, and a load between its slices", async () => {
        const signal = AbortSignal.abort();
        const table = tableOf([["a", vectorFromValues({ kind: "int32" }, [1])]]);
        expect((await errorOf(engine.query("SELECT 1", [], { signal }))).code).toBe("cancelled");
        expect((await errorOf(engine.load("never", table, { signal }))).code).toBe("cancelled");
        expect((await errorOf(engine.query("SELECT * FROM never"))).code).toBe("sql_error");

        const controller = new AbortController();
        const large = tableOf([["a", vectorFromTyped({ kind: "float64" }, new Float64Array(4_000_000))]]);
        const load = errorOf(engine.load("half", large, { signal: controller.signal }));
        setTimeout(() => controller.abort(), 1);
        expect((await load).code).toBe("cancelled");
        expect((await errorOf(engine.query("SELECT * FROM half"))).code).toBe("sql_error");
      });

      it("does nothing once the call is done", async () => {
        const controller = new AbortController();
        await engine.query("SELECT 1", [], { signal: controller.signal });
        controller.abort();
        expect(await rows("SELECT 1::BIGINT")).toEqual([[1n]]);
      });
    });

    describe("closing", () => {
      it("rejects what is pending and what comes after, and may be repeated", async () => {
        const other = await open();
        const pending = errorOf(other.query(SLOW));
        const waiting = errorOf(other.query("SELECT 1"));
        await new Promise((resolve) => setTimeout(resolve, 50));
        await other.close();
        for (const error of [await pending, await waiting, await errorOf(other.query("SELECT 1"))]) {
          expect([error.code, error.hint]).toEqual(["engine_failed", expect.any(String)]);
        }
        await other.close();
        expect(await rows("SELECT 1::BIGINT")).toEqual([[1n]]);
      }, 60_000);
    });
  });
}
