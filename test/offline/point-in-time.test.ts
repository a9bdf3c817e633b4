// The point-in-time join against the oracle, on random histories full of ties, nulls and edges.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entity, featureView, float64, int64, list, parquet, string } from "../../sdk/index.ts";
import { getHistoricalFeatures, openEngine, type Engine } from "../../offline/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { doubles, entityRows, entityTable, histories, historyTable, integers, orNull, texts } from "../support/histories.ts";
import { pointInTime } from "../support/oracle.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const pair = entity("pair", { joinKeys: { k1: string(), k2: int64() } });
const history = parquet("history", { path: "history.parquet", eventTime: "event_time", createdTime: "created" });
const types: Record<string, ValueType> = {
  x: { kind: "float64" },
  n: { kind: "int64" },
  s: { kind: "string" },
  l: { kind: "list", of: { kind: "int64" } },
};
const columns = Object.keys(types);

const view = (ttl: string | undefined) =>
  featureView("v", {
    entities: [pair],
    source: history,
    ...(ttl === undefined ? {} : { ttl }),
    features: { x: float64(), n: int64(), s: string(), l: list(int64()) },
  });

describe("point-in-time join of a stored view (SEMANTICS 2.1, 2.3, 2.4, 2.5)", () => {
  for (const [name, setup] of [
    ["as DuckDB plans it", "RESET asof_loop_join_threshold"],
    ["with ASOF forced", "SET asof_loop_join_threshold=0"],
  ] as const) {
    it(`equals the oracle, value for value, ${name}`, { timeout: 120_000 }, async () => {
      await engine.query(setup);
      await fc.assert(
        fc.asyncProperty(
          histories({ x: orNull(doubles), n: orNull(integers), s: orNull(texts), l: orNull(fc.array(integers, { maxLength: 2 })) }),
          entityRows(100),
          fc.constantFrom(undefined, "1h", "1d", "1us"),
          fc.constantFrom(0, 1, 3_600_000_000),
          async (rows, entities, ttl, embargoUs) => {
            const { snapshot } = snapshotFrom({ v: view(ttl) });
            const { table, report } = await getHistoricalFeatures({
              engine,
              entities: entityTable(entities),
              snapshot,
              request: { features: columns.map((c) => `v:${c}`) },
              readSource: async () => historyTable(rows, types),
              embargoUs,
            });
            expect(table.numRows).toBe(entities.length);
            const ttlUs = { "1h": 3_600_000_000, "1d": 86_400_000_000, "1us": 1 }[ttl ?? ""] ?? 0;
            const expected = entities.map(({ key, t }) => pointInTime(rows, key.text, t - embargoUs, ttlUs, columns));
            for (const column of columns) {
              expect(columnValues(table, column, types[column] as ValueType)).toStrictEqual(
                expected.map((row) => (row?.values[column] ?? null) as Value | null),
              );
            }
            expect(report.rows).toBe(entities.length);
          },
        ),
        { numRuns: 60 },
      );
    });
  }
});
