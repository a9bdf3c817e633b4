// The plain SQL forms of windows, sums and counts at entity times: what ours are measured against, and checked by.
import { parseDuration } from "../../sdk/time.ts";
import { defaultHop } from "../../sdk/windows/index.ts";

/** A way to compute the windows, over the tables `events(k, t, x)` and `points(rid, k, t)`, times in µs. */
export interface SqlForm {
  readonly name: string;
  /** The table that it makes: rid, and by window `sum_…` and `count_…`. */
  readonly table: string;
  readonly statements: readonly string[];
}

/** Returns the forms for windows such as "30d"; their lower edges move by the default hops (SEMANTICS 4.1, 4.3). */
export function sqlForms(windows: readonly string[]): SqlForm[] {
  return [
    { name: "UNION ALL + RANGE", table: "ranges", statements: [ranges(windows)] },
    {
      name: "running totals + ASOF",
      table: "prefixes",
      statements: [TOTALS, ...lookUps(windows, () => "totals", "prefixes")],
    },
    {
      name: "running totals by hop + ASOF",
      table: "tiles",
      statements: [TOTALS, ...windows.map(totalsByHop), ...lookUps(windows, (window) => `totals_${window}`, "tiles")],
    },
  ];
}

/** A window's lower edge for the time `t` ≥ the window, exclusive. */
function lowerEdge(window: string): string {
  const windowUs = parseDuration(window);
  const hopUs = defaultHop(windowUs);
  return `(t - ${windowUs}) - (t - ${windowUs}) % ${hopUs}`;
}

/** Events and points in one sequence of each key, and a frame a window. */
function ranges(windows: readonly string[]): string {
  const columns = windows.map(
    (window) => `sum(x) OVER w_${window} AS sum_${window}, count(event) OVER w_${window} AS count_${window}`,
  );
  const frames = windows.map(
    (window) =>
      `w_${window} AS (PARTITION BY k ORDER BY t RANGE BETWEEN (t - (${lowerEdge(window)}) - 1) PRECEDING AND CURRENT ROW)`,
  );
  return `CREATE OR REPLACE TABLE ranges AS SELECT * EXCLUDE (k, t, x, event) FROM (
    SELECT *, ${columns.join(", ")} FROM (
      SELECT NULL::INTEGER AS rid, k, t, x, 1 AS event FROM events UNION ALL SELECT rid, k, t, NULL, NULL FROM points)
    WINDOW ${frames.join(", ")}) WHERE rid IS NOT NULL`;
}

// Running totals at each time of each key, looked up at both edges of each window, one ASOF join after another.
const TOTALS = `CREATE OR REPLACE TABLE totals AS SELECT k, t, sum(s) OVER w AS s, sum(n) OVER w AS n FROM (
  SELECT k, t, sum(x) AS s, count(*) AS n FROM events GROUP BY ALL) WINDOW w AS (PARTITION BY k ORDER BY t)`;

/** Lower edges lie on hops, so the last totals of each hop are all that they need: far fewer rows to search. */
function totalsByHop(window: string): string {
  const hopUs = defaultHop(parseDuration(window));
  return `CREATE OR REPLACE TABLE totals_${window} AS SELECT k, (t + ${hopUs - 1}) // ${hopUs} * ${hopUs} AS t,
    arg_max(s, totals.t) AS s, arg_max(n, totals.t) AS n FROM totals GROUP BY 1, 2`;
}

function lookUps(windows: readonly string[], totalsOf: (window: string) => string, into: string): string[] {
  return [
    `CREATE OR REPLACE TABLE looked AS SELECT e.rid, e.k, e.t, p.s, p.n
      FROM points e ASOF LEFT JOIN totals p ON e.k = p.k AND e.t >= p.t`,
    ...windows.map(
      (window) => `CREATE OR REPLACE TABLE looked AS SELECT e.* EXCLUDE (edge), p.s AS s_${window}, p.n AS n_${window}
      FROM (SELECT *, ${lowerEdge(window)} AS edge FROM looked) e ASOF LEFT JOIN ${totalsOf(window)} p
      ON e.k = p.k AND e.edge >= p.t`,
    ),
    `CREATE OR REPLACE TABLE ${into} AS SELECT rid, ${windows
      .map((window) => {
        const counted = `coalesce(n, 0) - coalesce(n_${window}, 0)`;
        return `CASE WHEN ${counted} > 0 THEN s - coalesce(s_${window}, 0) END AS sum_${window}, ${counted} AS count_${window}`;
      })
      .join(", ")} FROM looked`,
  ];
}
