// `edgefeat historical` on Feast's driver statistics, against the oracle: 1,000 random entity rows, TTLs, ties, windows.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Table } from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTableFile, writeTableFile } from "../../offline/datasets/files.ts";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { type OracleRow, type OracleValue, pointInTime } from "../support/oracle.ts";
import { columnValues } from "../support/snapshots.ts";
import { windowTruth } from "../support/window-oracle.ts";

const ROWS = 1000;
const TTLS_US = {
  forever: 0,
  hour: 3_600_000_000,
  day: 86_400_000_000,
  odd: 7_200_000_001,
  years: 400 * 86_400_000_000,
};
const COLUMNS: Record<string, ValueType> = {
  conv_rate: { kind: "float32" },
  acc_rate: { kind: "float32" },
  avg_daily_trips: { kind: "int32" },
};
const WINDOWS = {
  trips_1d: { fn: "sum", column: "avg_daily_trips", windowUs: 86_400_000_000, hopUs: 3_600_000_000 },
  rate_7d: { fn: "avg", column: "conv_rate", windowUs: 604_800_000_000, hopUs: 21_600_000_000 },
  best_1d: { fn: "max", column: "acc_rate", windowUs: 86_400_000_000, hopUs: 3_600_000_000 },
  rows_1h: { fn: "count", column: null, windowUs: 3_600_000_000, hopUs: 60_000_000 },
} as const;

const definitions = `
import { avg, count, entity, featureView, float32, int32, int64, max, parquet, sum } from "edgefeat";
const driver = entity("driver", { joinKey: "driver_id", type: int64() });
const source = parquet("driver_stats", { path: "driver_stats.parquet", eventTime: "event_timestamp", createdTime: "created" });
const features = { conv_rate: float32(), acc_rate: float32(), avg_daily_trips: int32() };
${Object.entries(TTLS_US)
  .map(
    ([name, us]) =>
      `export const ${name} = featureView("${name}", { entities: [driver], source, features${us === 0 ? "" : `, ttl: "${us}us"`} });`,
  )
  .join("\n")}
export const windows = featureView("windows", { entities: [driver], source, aggregations: {
  trips_1d: sum("avg_daily_trips", "1d"), rate_7d: avg("conv_rate", "7d"), best_1d: max("acc_rate", "1d"), rows_1h: count("1h"),
} });
`;

describe("edgefeat historical on driver_stats.parquet (SEMANTICS 2.1, 2.3 to 2.7, 4.1 to 4.5)", () => {
  const repo = mkdtempSync(join(tmpdir(), "edgefeat-drivers-"));
  let history: OracleRow[];
  let entities: { driver: bigint | null; t: number }[];
  let result: Table;

  beforeAll(async () => {
    cpSync(join(import.meta.dirname, "../fixtures/driver_stats.parquet"), join(repo, "driver_stats.parquet"));
    writeFileSync(
      join(repo, "edgefeat.config.ts"),
      `export default { project: "drivers", definitions: "./features.ts" };`,
    );
    writeFileSync(join(repo, "features.ts"), definitions);
    history = rowsOf(await readTableFile(join(repo, "driver_stats.parquet")));
    entities = randomEntities(history);
    const rows = tableOf([
      [
        "note",
        vectorFromValues(
          { kind: "string" },
          entities.map((_, i) => (i % 7 === 0 ? null : `row ${i}`)),
        ),
      ],
      [
        "driver_id",
        vectorFromValues(
          { kind: "int64" },
          entities.map((e) => e.driver),
        ),
      ],
      [
        "at",
        vectorFromValues(
          { kind: "timestamp" },
          entities.map((e) => BigInt(e.t)),
        ),
      ],
    ]);
    await writeTableFile(join(repo, "entities.parquet"), rows);
    const asked = [
      ...Object.keys(TTLS_US).flatMap((view) => Object.keys(COLUMNS).map((c) => `${view}:${c}`)),
      ...Object.keys(WINDOWS).map((w) => `windows:${w}`),
    ];
    const args = [
      "historical",
      "--repo",
      repo,
      "--entities",
      join(repo, "entities.parquet"),
      "--entity-time",
      "at",
      "--features",
      asked.join(","),
      "--full-names",
      "--out",
      join(repo, "out.parquet"),
      "--json",
    ];
    await promisify(execFile)("node", [join(import.meta.dirname, "../../sdk/cli/main.ts"), ...args]);
    result = await readTableFile(join(repo, "out.parquet"));
  }, 60_000);
  afterAll(() => rmSync(repo, { recursive: true, force: true }));

  it("keeps every entity row, its order, its columns and their types (2.4, 2.6)", () => {
    expect(result.numRows).toBe(ROWS);
    expect(columnValues(result, "note", { kind: "string" })).toStrictEqual(
      entities.map((_, i) => (i % 7 === 0 ? null : `row ${i}`)),
    );
    expect(columnValues(result, "driver_id", { kind: "int64" })).toStrictEqual(entities.map((e) => e.driver));
    expect(columnValues(result, "at", { kind: "timestamp" })).toStrictEqual(entities.map((e) => BigInt(e.t)));
  });

  it.each(Object.entries(TTLS_US))("agrees with the oracle for the TTL %s (%d µs)", (view, ttlUs) => {
    const columns = Object.keys(COLUMNS);
    const expected = entities.map((e) => pointInTime(history, keyOf(e.driver), e.t, ttlUs, columns));
    for (const column of columns) {
      const values = columnValues(result, `${view}__${column}`, COLUMNS[column] as ValueType);
      expect(values).toStrictEqual(expected.map((row) => (row?.values[column] ?? null) as Value | null));
    }
    expect(expected.filter((row) => row !== null).length).toBeGreaterThan(50);
    expect(expected.filter((row) => row === null).length).toBeGreaterThan(50);
  });

  it.each(Object.entries(WINDOWS))("agrees with the oracle for the window %s", (name, window) => {
    const type: ValueType = { kind: name === "rate_7d" ? "float64" : name === "best_1d" ? "float32" : "int64" };
    // The oracle counts in bigint what the column holds as int32.
    const events = history.map((row) => ({
      ...row,
      values: { ...row.values, avg_daily_trips: bigOrNull(row.values["avg_daily_trips"]) },
    }));
    const expected = entities.map((e) => windowTruth(events, keyOf(e.driver), e.t, window) as Value | null);
    expect(columnValues(result, `windows__${name}`, type)).toStrictEqual(expected);
  });
});

const keyOf = (driver: bigint | null) => (driver === null ? null : String(driver));
const bigOrNull = (n: OracleValue | undefined): OracleValue => (typeof n === "number" ? BigInt(n) : null);

function rowsOf(table: Table): OracleRow[] {
  const read = (name: string, type: ValueType) => columnReader(columnOf(table, name), type, { column: name });
  const [driver, e, c] = [
    read("driver_id", { kind: "int64" }),
    read("event_timestamp", { kind: "timestamp" }),
    read("created", { kind: "timestamp" }),
  ];
  const values = Object.entries(COLUMNS).map(([name, type]) => [name, read(name, type)] as const);
  return Array.from({ length: table.numRows }, (_, i) => ({
    key: keyOf(driver(i) as bigint | null),
    e: Number(e(i)),
    c: c(i) === null ? null : Number(c(i)),
    values: Object.fromEntries(values.map(([name, value]) => [name, value(i) as OracleValue])),
  }));
}

/** Times on, just before and just after rows and the ends of their TTLs, and anywhere; drivers known, unknown and null. */
function randomEntities(history: readonly OracleRow[]): { driver: bigint | null; t: number }[] {
  const near = fc.record({
    row: fc.constantFrom(...history),
    ttl: fc.constantFrom(...Object.values(TTLS_US), 0),
    off: fc.constantFrom(-1, 0, 1, 1_800_000_000),
  });
  const anywhere = fc.integer({ min: Math.min(...history.map((r) => r.e)), max: Math.max(...history.map((r) => r.e)) });
  const one = fc.record({
    driver: fc.constantFrom(1001n, 1002n, 1003n, 1003n, 1004n, 1005n, 1006n, null),
    t: fc.oneof(
      near.map(({ row, ttl, off }) => row.e + ttl + off),
      anywhere,
    ),
  });
  return fc.sample(one, { numRuns: ROWS, seed: 20_220_412 });
}
