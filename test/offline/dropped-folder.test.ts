// A folder of partitions that was dropped on a page: the offline store skips the files that don't matter, whatever the format.
import { afterAll, beforeAll, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { blobFiles, createOfflineStore, datasets, type Engine, openEngine } from "../../offline/index.ts";
import { csv, entity, featureView, float64, int64, jsonl } from "../../sdk/index.ts";
import { parseTimeExact } from "../../sdk/time.ts";
import { columnValues } from "../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const user = entity("user", { joinKey: "user_id", type: int64() });
const options = { path: "days/", eventTime: "at", partitions: { date: "event day", shard: "value" } } as const;
const DAYS = ["2001-03-29", "2001-03-30", "2001-03-31", "2001-04-01"];

it.each([
  [csv("days", options), (day: string, n: number) => `user_id,at,n\n1,${day}T12:00:00Z,${n}\n`],
  [jsonl("days", options), (day: string, n: number) => `{"user_id":1,"at":"${day}T12:00:00Z","n":${n}}\n`],
])("%o", async (source, content) => {
  const view = featureView("last", {
    entities: [user],
    source,
    ttl: "1d",
    features: { n: float64(), shard: int64() },
  });
  const path = (day: string) => `days/date=${day}/shard=${day.slice(-1)}/part.${source.format}`;
  const files = blobFiles(DAYS.map((day, n) => [path(day), new Blob([content(day, n)])] as const));
  const opened: string[] = [];
  const days = files.map((file) => ({ ...file, open: () => (opened.push(file.path), file.open()) }));
  const store = await createOfflineStore({ engine, datasets, definitions: { view }, sources: { days } });
  opened.length = 0;
  const { table, report } = await store.getHistoricalFeatures({
    entities: tableOf([
      ["user_id", vectorFromValues({ kind: "int64" }, [1n, 1n])],
      [
        "event_timestamp",
        vectorFromValues({ kind: "timestamp" }, [
          parseTimeExact("2001-03-31T11:00:00Z"),
          parseTimeExact("2001-03-31T23:00:00Z"),
        ]),
      ],
    ]),
    features: ["last:n", "last:shard"],
  });
  expect(columnValues(table, "n", { kind: "float64" })).toEqual([1, 2]);
  expect(columnValues(table, "shard", { kind: "int64" })).toEqual([0n, 1n]);
  expect(report.reads["days"]).toMatchObject({ files: 2, filesSkipped: 2 });
  expect(new Set(opened)).toEqual(new Set(DAYS.slice(1, 3).map(path)));
});
