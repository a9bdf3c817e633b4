// The point-in-time join against the oracle, on random histories full of ties, nulls and edges.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entity, featureView, float64, int64, list, parquet, string } from "../../sdk/index.ts";
import { getHistoricalFeatures, openEngine, type Engine } from "../../offline/index.ts";
import { parseDuration } from "../../sdk/time.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import {
  doubles,
  entityRows,
  entityTable,
  histories,
  historyTable,
  integers,
  orNull,
  texts,
} from "../support/histories.ts";
import { pointInTime } from "../support/oracle.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ engine: "wasm" });
}, 60_000);
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
  for (const [name, joinForm, setup] of [
    ["by a sweep", "sweep", "RESET asof_loop_join_threshold"],
    ["by ASOF, as DuckDB plans it", "asof", "RESET asof_loop_join_threshold"],
    ["by ASOF, no nested loops", "asof", "SET asof_loop_join_threshold=0"],
    ["by a union and a window", "union", "RESET asof_loop_join_threshold"],
  ] as const) {
    it(`equals the oracle, value for value, ${name}`, { timeout: 120_000 }, async () => {
      await engine.query(setup);
      await fc.assert(
        fc.asyncProperty(
          histories({
            x: orNull(doubles),
            n: orNull(integers),
            s: orNull(texts),
            l: orNull(fc.array(integers, { maxLength: 2 })),
          }),
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
              joinForm,
              readSource: async () => historyTable(rows, types),
              embargoUs,
            });
            expect(table.numRows).toBe(entities.length);
            const ttlUs = ttl === undefined ? 0 : parseDuration(ttl);
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

describe("the edges of a row's validity (SEMANTICS 2.1): both inclusive", () => {
  const HOUR = 3_600_000_000;
  const row = { key: "a/1", keyParts: ["a", 1n] as const, e: HOUR, c: null, values: { x: 1, n: 2n, s: "s", l: [] } };
  it.each([
    ["a microsecond before it", HOUR - 1, 0, null],
    ["at its event time", HOUR, 0, 1],
    ["at the end of its TTL", 2 * HOUR, 0, 1],
    ["a microsecond past its TTL", 2 * HOUR + 1, 0, null],
    ["at its event time, embargoed by a microsecond", HOUR, 1, null],
    ["past its TTL, but embargoed back into it", 2 * HOUR + 1, 1, 1],
  ])("%s", async (_, t, embargoUs, expected) => {
    const { snapshot } = snapshotFrom({ v: view("1h") });
    const { table } = await getHistoricalFeatures({
      engine,
      entities: entityTable([{ key: { parts: ["a", 1n], text: "a/1" }, t }]),
      snapshot,
      request: { features: ["v:x"] },
      readSource: async () => historyTable([row], types),
      embargoUs,
    });
    expect(columnValues(table, "x", types["x"] as ValueType)).toStrictEqual([expected]);
  });
});
