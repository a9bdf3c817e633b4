// pit.windows_vs_sql: our windowed aggregations in WebAssembly over the fastest plain SQL form in native DuckDB on one thread.
import { getHistoricalFeatures, openEngine } from "../../../offline/index.ts";
import { parseDuration } from "../../../sdk/time.ts";
import { defaultHop } from "../../../sdk/windows/index.ts";
import { compare, loadNative } from "../compare.ts";
import { entityRows, readFlights, WINDOWS, windowsSnapshot } from "../flights.ts";
import type { Metric } from "../metric.ts";
import { type NativeDuckDb, openNative } from "../native-duckdb.ts";
import { interleave, seconds } from "../rounds.ts";

const ENTITY_ROWS = 100_000;
const ROUNDS = 3;
const FEATURES = WINDOWS.flatMap((window) => [`sum_${window}`, `count_${window}`]);

/** A window's lower edge for the time `t` in µs, exclusive (SEMANTICS 4.1). */
function lowerEdge(window: string): string {
  const windowUs = parseDuration(window);
  const hopUs = defaultHop(windowUs);
  return `(t - ${windowUs}) - (t - ${windowUs}) % ${hopUs}`;
}

// Events and entity rows in one sequence of each key, and a frame a window.
const RANGES = `CREATE OR REPLACE TABLE ranges AS SELECT * EXCLUDE (origin, t, delay, event) FROM (
  SELECT *, ${WINDOWS.map(
    (window) => `sum(delay) OVER w_${window} AS sum_${window}, count(event) OVER w_${window} AS count_${window}`,
  ).join(", ")}
  FROM (
    SELECT NULL::INTEGER AS rid, origin, epoch_us(date) AS t, delay, 1 AS event FROM flights UNION ALL
    SELECT rid, origin, epoch_us(event_timestamp), NULL, NULL FROM entities)
  WINDOW ${WINDOWS.map(
    (window) =>
      `w_${window} AS (PARTITION BY origin ORDER BY t RANGE BETWEEN (t - (${lowerEdge(window)}) - 1) PRECEDING AND CURRENT ROW)`,
  ).join(", ")})
  WHERE rid IS NOT NULL`;

// Running totals at each time of each key, looked up at both edges of each window, one ASOF join after another.
const TOTALS = `CREATE OR REPLACE TABLE totals AS SELECT origin, t, sum(s) OVER w AS s, sum(n) OVER w AS n FROM (
  SELECT origin, epoch_us(date) AS t, sum(delay) AS s, count(*) AS n FROM flights GROUP BY ALL)
  WINDOW w AS (PARTITION BY origin ORDER BY t)`;

/** Lower edges lie on hops, so the last totals of each hop are all that they need: far fewer rows to search. */
function totalsByHop(window: string): string {
  const hopUs = defaultHop(parseDuration(window));
  return `CREATE OR REPLACE TABLE totals_${window} AS SELECT origin, (t + ${hopUs - 1}) // ${hopUs} * ${hopUs} AS t,
    arg_max(s, totals.t) AS s, arg_max(n, totals.t) AS n FROM totals GROUP BY 1, 2`;
}

function lookUps(totalsOf: (window: string) => string, into: string): string[] {
  return [
    `CREATE OR REPLACE TABLE looked AS SELECT e.rid, e.origin, epoch_us(e.event_timestamp) AS t, p.s, p.n
      FROM entities e ASOF LEFT JOIN totals p ON e.origin = p.origin AND epoch_us(e.event_timestamp) >= p.t`,
    ...WINDOWS.map(
      (window) => `CREATE OR REPLACE TABLE looked AS SELECT e.* EXCLUDE (edge), p.s AS s_${window}, p.n AS n_${window}
      FROM (SELECT *, ${lowerEdge(window)} AS edge FROM looked) e ASOF LEFT JOIN ${totalsOf(window)} p
      ON e.origin = p.origin AND e.edge >= p.t`,
    ),
    `CREATE OR REPLACE TABLE ${into} AS SELECT rid, ${WINDOWS.map((window) => {
      const counted = `coalesce(n, 0) - coalesce(n_${window}, 0)`;
      return `CASE WHEN ${counted} > 0 THEN s - coalesce(s_${window}, 0) END AS sum_${window}, ${counted} AS count_${window}`;
    }).join(", ")} FROM looked`,
  ];
}

const FORMS = [
  { name: "UNION ALL + RANGE", table: "ranges", statements: [RANGES] },
  { name: "running totals + ASOF", table: "prefixes", statements: [TOTALS, ...lookUps(() => "totals", "prefixes")] },
  {
    name: "running totals by hop + ASOF",
    table: "tiles",
    statements: [TOTALS, ...WINDOWS.map(totalsByHop), ...lookUps((window) => `totals_${window}`, "tiles")],
  },
];

export const pitWindowsVsSql: Metric = {
  name: "pit.windows_vs_sql",
  description:
    "seconds of our four windows (sum and count) in DuckDB-WASM over the fastest SQL form in native DuckDB with one thread; 100,000 entity rows × 3 million flights",
  async run(say) {
    say("reading 3 million flights");
    const flights = await readFlights();
    const entities = entityRows(flights, ENTITY_ROWS);
    const snapshot = windowsSnapshot();
    const engine = await openEngine({ engine: "wasm" });
    const native = await openNative();
    try {
      await loadNative(native, entities);
      const request = { features: FEATURES.map((feature) => `airport_delays:${feature}`) };
      const readSource = async () => flights;
      const ours = () => getHistoricalFeatures({ engine, entities, snapshot, request, readSource });
      say("warming up, comparing results, and choosing the fastest SQL form");
      const { table } = await ours();
      const tried = [];
      for (const form of FORMS) {
        const first = await seconds(() => runAll(native, form.statements));
        await compare(native, table, form.table, FEATURES);
        tried.push({ ...form, first });
      }
      const best = tried.reduce((a, b) => (b.first < a.first ? b : a));
      const rounds = await interleave(
        ROUNDS,
        () => seconds(ours),
        () => seconds(() => runAll(native, best.statements)),
      );
      return {
        measurements: [{ variant: "", unit: "s", ...rounds, against: best.name, better: "lower" }],
        notes: [
          `ours, ${engine.name}: getHistoricalFeatures from two Arrow tables in memory to an Arrow table in memory`,
          `baseline, ${native.name}, from tables loaded before into a table: ${best.name}`,
          `  (${tried.map(({ name, first }) => `${name} ${first.toFixed(1)} s at first`).join(", ")})`,
          `checked: ${ENTITY_ROWS} rows × ${FEATURES.length} features equal in ours and every SQL form`,
        ],
      };
    } finally {
      await engine.close();
      native.close();
    }
  },
};

async function runAll(native: NativeDuckDb, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await native.run(sql);
}
