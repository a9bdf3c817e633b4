// What a query may not do, and how it is told so; what works goes on working.
import { tableOf, vectorFromTyped, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type EngineCase, equal, errorOf, matches, rows } from "./case.ts";

const BAD = [
  "SELEC 1",
  "SELECT * FROM nowhere",
  "SELECT 1 + 'x'",
  "SELECT CAST('x' AS BIGINT)",
  "SELECT 9223372036854775807 + 1",
  "",
];

const bad = BAD.map((sql): EngineCase => ({
  name: `an error of the query is a sql_error that shows it: "${sql}"`,
  async run({ engine }) {
    const error = await errorOf(engine.query(sql));
    equal([error.code, error.details?.["sql"]], ["sql_error", sql]);
    equal(await rows(engine, "SELECT 1::BIGINT"), [[1n]]);
  },
}));

const words: EngineCase = {
  name: "a sql_error holds DuckDB's own words",
  async run({ engine }) {
    matches((await errorOf(engine.query("SELECT nope FROM range(3)"))).message, /Binder Error.*"nope"/);
  },
};

const late: EngineCase = {
  name: "an error that shows only after many rows is one too",
  async run({ engine }) {
    const sql = "SELECT CASE WHEN i = 299999 THEN error('late') ELSE i END FROM range(300000) r(i)";
    equal((await errorOf(engine.query(sql))).code, "sql_error");
    equal(await rows(engine, "SELECT 1::BIGINT"), [[1n]]);
  },
};

const enums = ["SELECT 'a'::ENUM('a', 'b') AS x", "SELECT ['a'::ENUM('a', 'b')] AS x"].map((sql): EngineCase => ({
  name: `an ENUM is refused, and never read as null: ${sql}`,
  async run({ engine }) {
    const error = await errorOf(engine.query(sql));
    equal(error.code, "type_mismatch");
    matches(error.message, /"x" of the result is an? ENUM/);
    equal(await rows(engine, `SELECT x::VARCHAR FROM (${sql})`), [[sql.includes("[") ? "[a]" : "a"]]);
  },
}));

// Were any of these tried, it would hang or end in another error.
const OUTSIDE = [
  "SELECT * FROM 'http://127.0.0.1:9/x.csv'",
  "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
  "SELECT * FROM 'https://127.0.0.1:9/x.parquet'",
  "SELECT * FROM read_parquet('https://127.0.0.1:9/x.parquet')",
  "SELECT * FROM read_json('https://127.0.0.1:9/x.json')",
  "SELECT * FROM read_csv('/etc/hosts')",
  "SELECT * FROM read_text('/etc/hosts')",
  "SELECT * FROM glob('/etc/*')",
  "SELECT * FROM '/etc/hosts'",
  "COPY (SELECT 1) TO '/tmp/edgefeat-must-not-exist.csv'",
  "EXPORT DATABASE '/tmp/edgefeat-must-not-exist'",
  "ATTACH 'http://127.0.0.1:9/x.db'",
  "ATTACH '/tmp/edgefeat-must-not-exist.db'",
  "LOAD httpfs",
  "LOAD '/tmp/edgefeat.duckdb_extension'",
  "SELECT * FROM sqlite_scan('a', 'b')",
  "SET enable_external_access=true",
];

/** Functions of extensions: compiled into native DuckDB, and out of reach elsewhere. */
const EXTENSIONS = [
  "LOAD icu",
  "SELECT timezone('America/New_York', TIMESTAMP '2001-01-01')",
  "SELECT json_extract('{}', '$')",
];

const outside = OUTSIDE.map((sql): EngineCase => ({
  name: `no query reaches the network, a file or an extension: ${sql}`,
  async run({ engine }) {
    equal((await errorOf(engine.query(sql))).code, "sql_error");
  },
}));

const extensions = EXTENSIONS.map((sql): EngineCase => ({
  name: `no extension is loaded: ${sql} works only where it is compiled in`,
  async run({ engine, builtIns }) {
    if (builtIns) await engine.query(sql);
    else equal((await errorOf(engine.query(sql))).code, "sql_error");
  },
}));

const tampered: EngineCase = {
  name: "stays shut after its settings were tampered with",
  async run({ engine }) {
    await engine.query("SET autoload_known_extensions=true");
    await engine.query("SET autoinstall_known_extensions=true");
    equal((await errorOf(engine.query("SELECT * FROM 'https://127.0.0.1:9/x.parquet'"))).code, "sql_error");
    equal((await errorOf(engine.query("SELECT * FROM sqlite_scan('a', 'b')"))).code, "sql_error");
  },
};

const asof: EngineCase = {
  name: "ASOF finds the latest row at or before, by key, and nothing for none",
  async run({ engine }) {
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
      equal(await rows(engine, sql), expected);
    }
  },
};

export const refusalCases: readonly EngineCase[] = [
  ...bad,
  words,
  late,
  ...enums,
  ...outside,
  ...extensions,
  tampered,
  asof,
];
