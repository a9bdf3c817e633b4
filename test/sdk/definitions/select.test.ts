// A view's own SELECT, as text: which queries are taken, and where one that is not is at fault.
import { describe, expect, it } from "vitest";
import { checkSelect } from "../../../sdk/definitions/index.ts";
import { entity, featureView, float64, int64, parquet, string, timestamp } from "../../../sdk/index.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";

function faultOf(act: () => unknown): EdgefeatError {
  try {
    act();
  } catch (fault) {
    if (fault instanceof EdgefeatError) return fault;
    throw fault;
  }
  throw new Error("nothing was thrown");
}

describe("a view's select", () => {
  it.each([
    ["a plain query", "SELECT a FROM t"],
    ["FROM first", "from t"],
    ["a common table expression", "WITH x AS (SELECT * FROM t) SELECT * FROM x"],
    ["parentheses", "(SELECT a FROM t) UNION ALL (SELECT b FROM t)"],
    ["rows of its own", "VALUES (1, 2)"],
    ["a comment first", "-- why\n/* and /* how */ now() */ SELECT a FROM t"],
    [
      "a fickle name in a text",
      "SELECT 'random()' AS a, e'it\\'s now()' AS b, $$now()$$ AS c, $q$;now()$q$ AS d FROM t",
    ],
    ["a semicolon in names and texts", `SELECT ';' AS a, ";" FROM t`],
    [
      "columns called like functions",
      'SELECT now, t.random, today AS uuid, t.current_date, 1 AS current_time, "now" FROM t',
    ],
    ["types called like functions", "SELECT CAST(a AS uuid) FROM t"],
    ["an age between two moments", "SELECT age(a, (b)) FROM t"],
    ["a column called sample", "SELECT sample FROM t"],
  ])("takes %s", (_, sql) => {
    expect(checkSelect("v", sql)).toBe(sql);
  });

  it("leaves out semicolons and what comments follow them", () => {
    expect(checkSelect("v", "SELECT a FROM t ;; -- done")).toBe("SELECT a FROM t ");
  });

  it.each([
    ["nothing", "", 1, 1, /no query/],
    ["a comment alone", " -- SELECT", 1, 1, /no query/],
    ["another statement", "DROP TABLE t", 1, 1, /no query/],
    ["a setting", "\n  SET threads = 1", 2, 3, /no query/],
    ["two statements", "SELECT a FROM t;\nSELECT b FROM t", 2, 1, /more than one/],
    ["random()", "SELECT a,\n  random() AS b FROM t", 2, 3, /random\(\)/],
    ["random() in capitals, apart from its parentheses", "SELECT RANDOM /* x */ ()", 1, 8, /random\(\)/],
    ["random() in quotes", 'SELECT "Random"() FROM t', 1, 8, /random\(\)/],
    ["a function of a catalog", "SELECT main.now() FROM t", 1, 13, /now\(\)/],
    ["the engine's version", "SELECT version() AS a FROM t", 1, 8, /version\(\)/],
    ["the machine's settings", "SELECT current_setting('threads') FROM t", 1, 8, /current_setting\(\)/],
    ["uuid()", "SELECT uuid() FROM t", 1, 8, /uuid\(\)/],
    ["now()", "SELECT a FROM t WHERE e < now()", 1, 27, /now\(\)/],
    ["current_timestamp", "SELECT current_timestamp AS a FROM t", 1, 8, /current_timestamp/],
    ["CURRENT_DATE", "SELECT a - CURRENT_DATE FROM t", 1, 12, /current_date/],
    ["today()", "SELECT today()", 1, 8, /today\(\)/],
    ["an age until now", "SELECT age(max(a, b)) FROM t", 1, 8, /age\(\) of one moment/],
    ["a sample", "SELECT a FROM t USING SAMPLE 10", 1, 23, /SAMPLE/],
    ["a table sample", "SELECT a FROM t TABLESAMPLE 10%", 1, 17, /TABLESAMPLE/],
    ["SQL in a text", "FROM query('SELECT random()')", 1, 6, /query\(\)/],
  ])("refuses %s", (_, sql, line, column, message) => {
    const fault = faultOf(() => checkSelect("v", sql));
    expect([fault.code, fault.message, fault.position]).toStrictEqual([
      "definition_invalid",
      expect.stringMatching(message),
      { line, column },
    ]);
    expect(fault.message).toContain('view "v"');
  });

  it("is part of a view, with the columns that it reads where they are named", () => {
    const user = entity("user", { joinKey: "id", type: int64() });
    const log = parquet("log", {
      path: "l.parquet",
      eventTime: "at",
      schema: { id: int64(), at: timestamp(), s: string() },
    });
    const options = { entities: [user], source: log, features: { x: float64() } };
    expect(featureView("v", { ...options, select: "FROM log;" }).select).toStrictEqual({
      sql: "FROM log",
      columns: null,
    });
    expect(featureView("v", { ...options, select: { sql: "FROM log", columns: ["id"] } }).select).toStrictEqual({
      sql: "FROM log",
      columns: ["id"],
    });
    expect(faultOf(() => featureView("v", { ...options, select: { sql: "FROM log", columns: [] } })).code).toBe(
      "definition_invalid",
    );
  });
});
