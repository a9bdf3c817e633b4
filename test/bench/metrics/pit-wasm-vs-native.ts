// pit.wasm_vs_native1: our point-in-time join in WebAssembly beside native DuckDB on one thread doing the same work, without ties; and on real flights.
import type { Table } from "apache-arrow";
import { type Engine, getHistoricalFeatures, openEngine } from "../../../offline/index.ts";
import { measureFlights } from "../flights-join.ts";
import { scaled } from "../history-files.ts";
import { asofSql, sameValues, withTables } from "../history-native.ts";
import { entityTable, featureTable, historyFeatures, historySnapshot, TTL } from "../history.ts";
import type { Metric } from "../metric.ts";
import { interleave, seconds } from "../rounds.ts";

const SHAPE = scaled({ featureRows: 5_000_000, entityRows: 1_000_000, keys: 100_000 });
const ROUNDS = 5;

export const pitWasmVsNative: Metric = {
  name: "pit.wasm_vs_native1",
  description:
    "seconds of our join in DuckDB-WASM over native DuckDB with one thread doing the same; 1 million entity rows × 5 million feature rows (and 3 million flights)",
  async run(say) {
    const made = await measureMade(say);
    const flights = await measureFlights(say);
    return {
      measurements: [...made.measurements, ...flights.measurements],
      notes: [...made.notes, ...flights.notes],
    };
  },
};

async function measureMade(say: (line: string) => void) {
  say("making 5 million feature rows");
  const features = featureTable(SHAPE);
  const entities = entityTable(SHAPE);
  const snapshot = historySnapshot(SHAPE);
  const engine = await openEngine({ engine: "wasm" });
  const native = await openEngine({ engine: "native", threads: 1 });
  try {
    const ours = () =>
      getHistoricalFeatures({
        engine,
        entities,
        snapshot,
        request: { features: historyFeatures() },
        readSource: async () => features,
      });
    const theirs = () => joinArrow(native, features, entities);
    say("warming both up, and comparing their results");
    sameValues((await ours()).table, await theirs());
    const same = await interleave(
      ROUNDS,
      () => seconds(ours),
      () => seconds(theirs),
    );
    say("against a native join of loaded tables into a table");
    const plain = await withTables(features, entities, (plainJoin) =>
      interleave(
        ROUNDS,
        () => seconds(ours),
        () => seconds(plainJoin),
      ),
    );
    return {
      measurements: [
        { variant: "", unit: "s", ...same, against: "ASOF, Arrow in and out", better: "lower" },
        { variant: "loaded", unit: "s", ...plain, against: "ASOF, table to table", better: "lower" },
      ] as const,
      notes: [
        `made data: ${SHAPE.featureRows} feature rows of ${SHAPE.keys} int64 keys × ${SHAPE.entityRows} entity rows, TTL ${TTL}, no ties`,
        `ours, ${engine.name}: getHistoricalFeatures from two Arrow tables in memory to an Arrow table in memory`,
        `baseline, ${native.name}, one thread: keys, times and values loaded from the same Arrow tables, ASOF LEFT JOIN, the TTL`,
        "  judged, values as Arrow in entity order; loaded: from tables loaded before into a table, in no order",
        "checked: every value equal",
      ],
    };
  } finally {
    await engine.close();
    await native.close();
  }
}

async function joinArrow(native: Engine, features: Table, entities: Table): Promise<Table> {
  await native.load("features", features.select(["k", "e", "x", "n"]));
  await native.load("entities", entities);
  return native.query(`${asofSql("x, n", "features", "entities")} ORDER BY rid`);
}
