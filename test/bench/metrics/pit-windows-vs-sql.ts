// pit.windows_vs_sql: our windowed aggregations in WebAssembly over the fastest plain SQL form: flights beside native DuckDB on
// one thread, payments of sparse and dense keys beside the same engine.
import { getHistoricalFeatures, openEngine } from "../../../offline/index.ts";
import { compare, loadNative } from "../compare.ts";
import { entityRows, readFlights, WINDOWS, windowsSnapshot } from "../flights.ts";
import type { Metric } from "../metric.ts";
import { type NativeDuckDb, openNative } from "../native-duckdb.ts";
import { interleave, seconds } from "../rounds.ts";
import { measureDensity } from "../window-densities.ts";
import { sqlForms } from "../windows-sql.ts";

const ENTITY_ROWS = 100_000;
const ROUNDS = 3;
const FEATURES = WINDOWS.flatMap((window) => [`sum_${window}`, `count_${window}`]);

export const pitWindowsVsSql: Metric = {
  name: "pit.windows_vs_sql",
  description:
    "seconds of our four windows (sum and count) in DuckDB-WASM over the fastest SQL form in native DuckDB with one thread; 100,000 entity rows × 3 million flights; [sparse], [dense]: 1 million × 3 million payments of 20,000 and 200 keys, beside DuckDB-WASM",
  async run(say) {
    say("reading 3 million flights");
    const flights = await readFlights();
    const entities = entityRows(flights, ENTITY_ROWS);
    const snapshot = windowsSnapshot();
    const engine = await openEngine({ engine: "wasm" });
    const native = await openNative();
    try {
      await loadNative(native, entities);
      await native.run("CREATE VIEW events AS SELECT origin AS k, epoch_us(date) AS t, delay AS x FROM flights");
      await native.run("CREATE VIEW points AS SELECT rid, origin AS k, epoch_us(event_timestamp) AS t FROM entities");
      const request = { features: FEATURES.map((feature) => `airport_delays:${feature}`) };
      const readSource = async () => flights;
      const ours = () => getHistoricalFeatures({ engine, entities, snapshot, request, readSource });
      say("warming up, comparing results, and choosing the fastest SQL form");
      const { table } = await ours();
      const tried = [];
      for (const form of sqlForms(WINDOWS)) {
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
      const densities = [
        await measureDensity("sparse", 20_000, ROUNDS, say),
        await measureDensity("dense", 200, ROUNDS, say),
      ];
      return {
        measurements: [
          { variant: "", unit: "s", ...rounds, against: best.name, better: "lower" },
          ...densities.map(({ measurement }) => measurement),
        ],
        notes: [
          `ours, ${engine.name}: getHistoricalFeatures from two Arrow tables in memory to an Arrow table in memory`,
          `baseline, ${native.name}, from tables loaded before into a table: ${best.name}`,
          `  (${tried.map(({ name, first }) => `${name} ${first.toFixed(1)} s at first`).join(", ")})`,
          ...densities.flatMap(({ notes }) => notes),
          `checked: every row equal in ours and every SQL form; the payments' sums, which SQL rounds, to 1e-4`,
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
