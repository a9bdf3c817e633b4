// The join of real flights: ours in WebAssembly beside a plain ASOF join in native DuckDB, which leaves ties to chance, and one that breaks them.
import type { Table } from "apache-arrow";
import { type Engine, getHistoricalFeatures, openEngine } from "../../offline/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { compare, compareRows, loadNative } from "./compare.ts";
import { entityRows, FEATURES, flightsSnapshot, readFlights } from "./flights.ts";
import type { Measured } from "./metric.ts";
import { type NativeDuckDb, openNative } from "./native-duckdb.ts";
import { interleave, seconds } from "./rounds.ts";

const ENTITY_ROWS = 1_000_000;
const ROUNDS = 5;
const EXACT_ROUNDS = 3;

// What an analyst would write. Which of several flights of a route in one minute it takes is DuckDB's choice.
const PLAIN = asof("plain", "flights", "f.delay, f.distance");

// The same by SEMANTICS 2.3: there is no created time, so the greatest values in schema order win.
const REDUCED = `CREATE OR REPLACE TABLE reduced AS
  SELECT *, count(*) OVER (PARTITION BY origin, destination, date) AS ties FROM flights QUALIFY row_number() OVER (
    PARTITION BY origin, destination, date ORDER BY delay DESC NULLS LAST, distance DESC NULLS LAST) = 1`;
const EXACT = asof("exact", "reduced", "f.delay, f.distance, f.ties");

function asof(into: string, history: string, columns: string): string {
  return `CREATE OR REPLACE TABLE ${into} AS SELECT e.*, ${columns} FROM entities e ASOF LEFT JOIN ${history} f
    ON e.origin = f.origin AND e.destination = f.destination AND e.event_timestamp >= f.date`;
}

/** Measures it, as variants `flights` and `flights_ties_broken`. */
export async function measureFlights(say: (line: string) => void): Promise<Measured> {
  say("reading 3 million flights");
  const flights = await readFlights();
  const entities = entityRows(flights, ENTITY_ROWS);
  const snapshot = flightsSnapshot();
  const engine = await openEngine({ engine: "wasm" });
  const native = await openNative();
  try {
    await loadNative(native, entities);
    say("warming both up, and comparing their results");
    const ours = () => joinOurs(engine, snapshot, entities, flights);
    const { table, report } = await ours();
    const differing = await check(native, table);
    const plain = await interleave(
      ROUNDS,
      () => seconds(ours),
      () => seconds(() => native.run(PLAIN)),
    );
    say("with ties broken on both sides");
    const exact = await interleave(
      EXACT_ROUNDS,
      () => seconds(ours),
      () => seconds(() => runAll(native, [REDUCED, EXACT])),
    );
    return {
      measurements: [
        { variant: "flights", unit: "s", ...plain, against: "plain ASOF", better: "lower" },
        { variant: "flights_ties_broken", unit: "s", ...exact, against: "QUALIFY, then ASOF", better: "lower" },
      ],
      notes: [
        `flights: ours, ${engine.name}: getHistoricalFeatures from two Arrow tables in memory to an Arrow table in memory, in`,
        "  entity order: checks, loading keys and times into DuckDB, ties broken by SEMANTICS 2.3, ASOF, values gathered",
        `baseline, ${native.name}: one CREATE TABLE AS … ASOF LEFT JOIN by origin and destination, from tables loaded`,
        "  before, in no particular order, ties broken arbitrarily; flights_ties_broken: with QUALIFY row_number() before it",
        `checked: ${ENTITY_ROWS} entity rows × 3 million flights; ours equals the tie-broken native join in every value, and the plain one where`,
        `  nothing ties (${differing} rows of it hold another flight of the same minute; ${report.views[0]?.ambiguousTies} ambiguous ties in the history)`,
      ],
    };
  } finally {
    await engine.close();
    native.close();
  }
}

function joinOurs(engine: Engine, snapshot: Snapshot, entities: Table, flights: Table) {
  return getHistoricalFeatures({
    engine,
    entities,
    snapshot,
    request: { features: FEATURES.map((feature) => `last_flight:${feature}`) },
    readSource: async () => flights,
  });
}

async function runAll(native: NativeDuckDb, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await native.run(sql);
}

/** Compares the three results; returns how many rows of the plain join differ, all of them tied. @throws on any other difference */
async function check(native: NativeDuckDb, ours: Table): Promise<number> {
  await runAll(native, [PLAIN, REDUCED, EXACT]);
  await compareRows(native, ours, "plain");
  await compare(native, ours, "exact", FEATURES);
  const differing = async (where: string) =>
    Number(
      await native.one(`SELECT count(*) FROM plain p JOIN exact x USING (rid)
        WHERE (p.delay IS DISTINCT FROM x.delay OR p.distance IS DISTINCT FROM x.distance) AND ${where}`),
    );
  const wrong = await differing("coalesce(x.ties, 1) = 1");
  if (wrong > 0) throw new Error(`${wrong} rows of the plain join differ though nothing ties`);
  return differing("true");
}
