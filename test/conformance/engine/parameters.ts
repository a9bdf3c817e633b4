// Parameters: exact, typed, and nothing but values.
import fc from "fast-check";
import type { Parameter } from "../../../offline/engine/index.ts";
import type { Value } from "../../../sdk/types/index.ts";
import { type EngineCase, equal, errorOf, rows } from "./case.ts";

const exact: EngineCase = {
  name: "parameters are exact",
  run: ({ engine }) =>
    fc.assert(
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
        async (...parameters) => {
          equal(await rows(engine, "SELECT $1 a, $2 b, $3 c, $4 d", parameters), [parameters]);
        },
      ),
      { numRuns: 100 },
    ),
};

const typed: EngineCase = {
  name: "parameters have the SQL types of their JavaScript ones",
  async run({ engine }) {
    equal(
      await rows(engine, "SELECT typeof($1), typeof($2), typeof($3), typeof($4), $5 IS NULL", [1n, 1, "1", true, null]),
      [["BIGINT", "DOUBLE", "VARCHAR", "BOOLEAN", true]],
    );
  },
};

const PLACES: [sql: string, parameters: Parameter[], row: Value[]][] = [
  ["SELECT $2 a, $1 b, $2 c", [1n, 2n], [2n, 1n, 2n]],
  ["SELECT '$1', $1", [1n], ["$1", 1n]],
  ["SELECT 'it''s $2', $1", [1n], ["it's $2", 1n]],
  ["SELECT E'\\'$2', $1", [1n], ["'$2", 1n]],
  ['SELECT "$2", $1 FROM (SELECT 5 AS "$2")', [1n], [5, 1n]],
  ["SELECT $$ '$2 $$, $1", [1n], [" '$2 ", 1n]],
  ["SELECT $x$ $$ $2 $x$, $1", [1n], [" $$ $2 ", 1n]],
  ["SELECT $1 -- $2 '\n + $1", [1n], [2n]],
  ["SELECT $1 /* $2 /* ' */ \" */ + $1", [1n], [2n]],
  ["SELECT $1 + $10 FROM (SELECT $2, $3, $4, $5, $6, $7, $8, $9)", [1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 5n], [6n]],
  ["SELECT a$1 + $1 FROM (SELECT 5 AS a$1)", [1n], [6n]],
  ["SELECT * FROM range($1)", [1n], [0n]],
  ["SELECT i FROM range(9) r(i) LIMIT $1 OFFSET $2", [1n, 3n], [3n]],
  ["SELECT -$1", [-1n], [1n]],
];

const places = PLACES.map(([sql, parameters, row]): EngineCase => ({
  name: `parameters go where they stand: ${sql}`,
  async run({ engine }) {
    equal(await rows(engine, sql, parameters), [row]);
  },
}));

const made: EngineCase = {
  name: "parameters go into statements that make tables too",
  async run({ engine }) {
    await engine.query("CREATE OR REPLACE TABLE made AS SELECT $1 AS a, $2 AS b", [2n ** 62n, "x"]);
    equal(await rows(engine, "SELECT a, b FROM made"), [[2n ** 62n, "x"]]);
  },
};

const WRONG: [sql: string, parameters: Parameter[], code: string][] = [
  ["SELECT $1", [], "sql_error"],
  ["SELECT $2", [1n], "sql_error"],
  ["SELECT $0", [1n], "sql_error"],
  ["SELECT $1", [1n, 2n], "sql_error"],
  ["SELECT 1", [1n], "sql_error"],
  ["SELECT $1", [2n ** 63n], "value_out_of_range"],
  ["SELECT $1", ["\ud800"], "value_out_of_range"],
];

const wrong = WRONG.map(([sql, parameters, code]): EngineCase => ({
  name: `parameters too few, too many or impossible are refused: ${sql} with [${parameters.map((p) => (typeof p === "string" ? "half a pair" : p)).join(", ")}]`,
  async run({ engine }) {
    equal((await errorOf(engine.query(sql, parameters))).code, code);
  },
}));

export const parameterCases: readonly EngineCase[] = [exact, typed, ...places, made, ...wrong];
