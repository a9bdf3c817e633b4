// Artifacts offline: a training set holds what the same view's scaler and vocabulary give online (SEMANTICS 5.1).
import { afterAll, beforeAll, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures, openEngine } from "../../offline/index.ts";
import {
  csv,
  entity,
  featureView,
  float64,
  int64,
  onDemandView,
  requestSource,
  scaler,
  string,
  timestamp,
  vector,
  vocabulary,
} from "../../sdk/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";

const TEXT: ValueType = { kind: "string" };
const INT: ValueType = { kind: "int64" };
const TIME: ValueType = { kind: "timestamp" };
const NUMBER: ValueType = { kind: "float64" };
const column = (type: ValueType, ...values: (Value | null)[]) => vectorFromValues(type, values);

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const last = featureView("last", {
  entities: [entity("airport", { joinKey: "origin", type: string() })],
  source: csv("flights", {
    path: "flights.csv",
    eventTime: "at",
    schema: { origin: string(), at: timestamp(), delay: float64() },
  }),
  features: { delay: float64() },
});
const encoded = onDemandView("encoded", {
  inputs: [last, requestSource("asked", { carrier: string() })],
  artifacts: [scaler("delays", { mean: 10, stddev: 4 }), vocabulary("carriers", ["AA", "DL"], { outOfVocabulary: 2 })],
  features: { z: float64(), late: int64(), index: int64(), hot: vector(3), bucket: int64() },
  expressions: {
    z: "standardize(delay, 'delays')",
    late: "bucketize(delay, [0, 15, 60])",
    index: "vocabulary_index(carrier, 'carriers')",
    hot: "one_hot(carrier, 'carriers')",
    bucket: "hash_bucket(carrier, 1000)",
  },
});

it("5.1: getHistoricalFeatures computes from artifacts, for each row as online", async () => {
  const { snapshot } = snapshotFrom({ encoded });
  const { table } = await getHistoricalFeatures({
    engine,
    entities: tableOf([
      ["origin", column(TEXT, "SEA", "SEA", "JFK")],
      ["carrier", column(TEXT, "DL", "ZZ", "AA")],
      ["event_timestamp", column(TIME, 2_000_000n, 9_000_000n, 9_000_000n)],
    ]),
    snapshot,
    request: { features: ["z", "late", "index", "hot", "bucket"].map((feature) => `encoded:${feature}`) },
    readSource: async () =>
      tableOf([
        ["origin", column(TEXT, "SEA", "SEA")],
        ["at", column(TIME, 1_000_000n, 8_000_000n)],
        ["delay", column(NUMBER, 15, -2)],
      ]),
  });
  expect(columnValues(table, "z", NUMBER)).toStrictEqual([1.25, -3, null]);
  expect(columnValues(table, "late", INT)).toStrictEqual([2n, 0n, null]);
  expect(columnValues(table, "index", INT)).toStrictEqual([1n, 2n, 0n]);
  expect(columnValues(table, "hot", { kind: "vector", dimension: 3 })).toStrictEqual([
    new Float32Array([0, 1, 0]),
    new Float32Array([0, 0, 1]),
    new Float32Array([1, 0, 0]),
  ]);
  expect(columnValues(table, "bucket", INT)?.[2]).toBe(553n);
});
