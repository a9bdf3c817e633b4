// The join without a notebook: definitions, one Parquet file, two moments.
import { entity, featureView, float32, int32, int64, parquet } from "edgefeat";
import { createOfflineStore } from "edgefeat/offline";
import { openDatasets, openEngine } from "./setup.ts";
import { table } from "./views.ts";

const driver = entity("driver", { joinKey: "driver_id", type: int64() });
const stats = featureView("stats", {
  entities: [driver],
  source: parquet("driver_stats", {
    path: "driver_stats.parquet",
    eventTime: "event_timestamp",
    createdTime: "created",
  }),
  ttl: "7d",
  features: { conv_rate: float32(), avg_daily_trips: int32() },
});

const result = document.querySelector("#result") as HTMLElement;
try {
  const [engine, datasets] = await Promise.all([openEngine(), openDatasets()]);
  const file = await fetch(new URL("data/driver_stats.parquet", document.baseURI));
  const sources = { driver_stats: new Uint8Array(await file.arrayBuffer()) };
  const store = await createOfflineStore({ engine, datasets, definitions: { stats }, sources });
  const entities = await engine.query(
    `SELECT CAST(driver_id AS BIGINT) AS driver_id, moment AS event_timestamp
     FROM (VALUES (TIMESTAMP '2021-04-08 12:00:00'), (TIMESTAMP '2021-04-12 07:00:00')) AS times(moment), range(1001, 1006) AS drivers(driver_id)
     ORDER BY moment, driver_id`,
  );
  const features = ["stats:conv_rate", "stats:avg_daily_trips"];
  const training = await store.getHistoricalFeatures({ entities, features });
  const names = training.table.schema.fields.map((field) => field.name);
  const rows = Array.from({ length: training.table.numRows }, (_, row) =>
    names.map((name) => shown(training.table.getChild(name)?.get(row), name)),
  );
  result.replaceChildren(table(names, rows));
} catch (error) {
  result.textContent = `It failed: ${error instanceof Error ? error.message : String(error)}`;
}

function shown(value: unknown, name: string): string {
  if (name === "event_timestamp") return new Date(Number(value)).toISOString().slice(0, 16).replace("T", " ");
  return String(value);
}
