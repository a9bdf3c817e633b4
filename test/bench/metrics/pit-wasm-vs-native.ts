// pit.wasm_vs_native1: our point-in-time join in WebAssembly over a plain ASOF join in native DuckDB on one thread.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Table } from "apache-arrow";
import { readTableFile, writeTableFile } from "../../../offline/datasets/files.ts";
import { columnOf, columnReader } from "../../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures, openEngine } from "../../../offline/index.ts";
import { entityRows, FEATURES, FLIGHTS_FILE, flightsSnapshot, readFlights } from "../flights.ts";
import type { Metric } from "../metric.ts";
import { type NativeDuckDb, openNative } from "../native-duckdb.ts";
import { interleave, seconds } from "../rounds.ts";

const ENTITY_ROWS = 1_000_000;
const ROUNDS = 5;

// What an analyst would write. Which of several flights of a route in one minute it takes is DuckDB's choice.
const PLAIN = asof("flights", "plain");

// The same rows by SEMANTICS 2.3: the greatest values in schema order win, as there is no created time.
const REDUCED = `CREATE OR REPLACE TABLE reduced AS
  SELECT *, count(*) OVER same AS ties FROM flights WINDOW same AS (PARTITION BY origin, destination, date)
  QUALIFY row_number() OVER (PARTITION BY origin, destination, date ORDER BY delay DESC NULLS LAST, distance DESC NULLS LAST) = 1`;
const EXACT = asof("reduced", "exact");

function asof(history: string, into: string): string {
  return `CREATE OR REPLACE TABLE ${into} AS SELECT e.*, f.delay, f.distance${history === "reduced" ? ", f.ties" : ""}
    FROM entities e ASOF LEFT JOIN ${history} f
    ON e.origin = f.origin AND e.destination = f.destination AND e.event_timestamp >= f.date`;
}

export const pitWasmVsNative: Metric = {
  name: "pit.wasm_vs_native1",
  description: `seconds of getHistoricalFeatures in DuckDB-WASM over a plain ASOF join in native DuckDB with one thread; 1 million entity rows × 3 million flights`,
  async run(say) {
    say("reading 3 million flights");
    const flights = await readFlights();
    const entities = entityRows(flights, ENTITY_ROWS);
    const engine = await openEngine();
    const native = await openNative();
    const folder = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
    try {
      await loadNative(native, entities, folder);
      const ours = () => joinOurs(engine, entities, flights);
      say("warming both up, and comparing their results");
      const differing = await check(native, (await ours()).table, folder);
      const rounds = await interleave(
        ROUNDS,
        () => seconds(ours),
        () => seconds(() => native.run(PLAIN)),
      );
      const exact = async () => {
        await native.run(REDUCED);
        await native.run(EXACT);
      };
      const tiesBroken = await interleave(
        2,
        () => seconds(ours),
        () => seconds(exact),
      );
      return {
        measurements: [
          { variant: "", unit: "s", ...rounds, against: "plain ASOF", better: "lower" },
          { variant: "ties_broken", unit: "s", ...tiesBroken, against: "ASOF after QUALIFY", better: "lower" },
        ],
        notes: [
          `ours, ${engine.name}: getHistoricalFeatures from two Arrow tables in memory to an Arrow table in memory, in`,
          "  entity order: checks, loading keys and times into DuckDB, ties broken by SEMANTICS 2.3, ASOF, values gathered",
          `baseline, ${native.name}: one CREATE TABLE AS … ASOF LEFT JOIN on string keys, from tables loaded before, in`,
          "  no particular order, ties broken arbitrarily; ties_broken: with the ties reduced first by QUALIFY row_number()",
          `checked: ${ENTITY_ROWS} rows each; ours equals the tie-broken native join in every value, and the plain one in`,
          `  every value that is not ambiguous (${differing} rows of the plain join hold another flight of the same minute)`,
        ],
      };
    } finally {
      await engine.close();
      native.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function joinOurs(engine: Engine, entities: Table, flights: Table) {
  return getHistoricalFeatures({
    engine,
    entities,
    snapshot: flightsSnapshot(),
    request: { features: FEATURES.map((feature) => `last_flight:${feature}`) },
    readSource: async () => flights,
  });
}

async function loadNative(native: NativeDuckDb, entities: Table, folder: string): Promise<void> {
  const file = join(folder, "entities.parquet");
  await writeTableFile(file, entities);
  await native.run(`CREATE TABLE flights AS SELECT * FROM read_parquet('${FLIGHTS_FILE}')`);
  // Our file's times are in UTC; those of the flights have no zone.
  await native.run(`CREATE TABLE entities AS SELECT rid, origin, destination,
    CAST(event_timestamp AT TIME ZONE 'UTC' AS TIMESTAMP) AS event_timestamp FROM read_parquet('${file}')`);
}

/** Compares the three results; returns how many rows of the plain join differ, all of them ambiguous. @throws on any other difference */
async function check(native: NativeDuckDb, ours: Table, folder: string): Promise<number> {
  await native.run(PLAIN);
  await native.run(REDUCED);
  await native.run(EXACT);
  for (const table of ["plain", "exact"]) {
    const rows = Number(await native.one(`SELECT count(*) FROM ${table}`));
    if (rows !== ours.numRows) throw new Error(`the ${table} join has ${rows} rows, ours ${ours.numRows}`);
  }
  const differ = "(p.delay IS DISTINCT FROM x.delay OR p.distance IS DISTINCT FROM x.distance)";
  const counted = (where: string) =>
    native.one(`SELECT count(*) FROM plain p JOIN exact x USING (rid) WHERE ${differ} AND ${where}`);
  const wrong = Number(await counted("coalesce(x.ties, 1) = 1"));
  if (wrong > 0) throw new Error(`${wrong} rows of the plain join differ though nothing ties`);
  await compareValues(native, ours, join(folder, "exact.parquet"));
  return Number(await counted("true"));
}

async function compareValues(native: NativeDuckDb, ours: Table, file: string): Promise<void> {
  await native.run(`COPY (SELECT delay, distance FROM exact ORDER BY rid) TO '${file}' (FORMAT parquet)`);
  const theirs = await readTableFile(file);
  for (const column of FEATURES) {
    const [a, b] = [ours, theirs].map((table) => columnReader(columnOf(table, column), { kind: "int64" }, { column }));
    for (let row = 0; row < ours.numRows; row++) {
      if (a?.(row) !== b?.(row))
        throw new Error(`row ${row}: our ${column} is ${String(a?.(row))}, native DuckDB's ${String(b?.(row))}`);
    }
  }
}
