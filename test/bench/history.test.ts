// Made histories: the same whichever part is made, with the ties that they promise; and differences between two joins, explained or refused.
import type { Table } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { getHistoricalFeatures, openEngine } from "../../offline/index.ts";
import { differencesOf } from "./history-differences.ts";
import { entityRow, entityTable, featureRow, featureTable, historyFeatures, historySnapshot } from "./history.ts";

const PLAIN = { featureRows: 2_000, entityRows: 500, keys: 40 };
const AWKWARD = { featureRows: 5_000, entityRows: 2_000, keys: 100, awkward: true };

describe("a made history", () => {
  it("has no two rows of a key at one time", () => {
    const rows = Array.from({ length: PLAIN.featureRows }, (_, i) => featureRow(PLAIN, i));
    expect(new Set(rows.map(({ key, e }) => `${key} ${e}`)).size).toBe(rows.length);
  });

  it("has ties, null keys, null values and equal entity rows where it is awkward", () => {
    const rows = Array.from({ length: AWKWARD.featureRows }, (_, i) => featureRow(AWKWARD, i));
    expect(new Set(rows.map(({ key, e }) => `${key} ${e}`)).size).toBeLessThan(rows.length);
    expect(new Set(rows.map(({ key, e, c }) => `${key} ${e} ${c}`)).size).toBeLessThan(rows.length);
    expect(rows.filter(({ key }) => key === null).length).toBe(5);
    expect(rows.some(({ x }) => x === null)).toBe(true);
    expect(entityRow(AWKWARD, 2)).toStrictEqual(entityRow(AWKWARD, 1));
  });

  it("is the same in parts as whole", () => {
    const texts = (table: Table) => table.toArray().map(String);
    expect([featureTable(AWKWARD, 0, 700), featureTable(AWKWARD, 700)].flatMap(texts)).toStrictEqual(
      texts(featureTable(AWKWARD)),
    );
    expect([entityTable(PLAIN, 0, 3), entityTable(PLAIN, 3)].flatMap(texts)).toStrictEqual(texts(entityTable(PLAIN)));
  });
});

interface Row {
  rid: number;
  x: number | null;
  n: number | null;
}

describe("the differences between our join of a made history and another's", async () => {
  const engine = await openEngine();
  const { table: ours } = await getHistoricalFeatures({
    engine,
    entities: entityTable(AWKWARD),
    snapshot: historySnapshot(AWKWARD),
    request: { features: historyFeatures() },
    readSource: async () => featureTable(AWKWARD),
  });
  await engine.close();
  const rows = rowsOf(ours);
  const with_ = (change: (row: Row) => Row | null) =>
    differencesOf(AWKWARD, ours, tableOfRows(rows.flatMap((row) => change(row) ?? [])));
  const none = { collapsed: 0, dropped: 0, nullKey: 0, createdTie: 0, valueTie: 0 };

  it("are none where it is the same", () => {
    expect(with_((row) => row)).toStrictEqual({ same: 2_000, byRule: none });
  });

  it("are rows that were dropped or collapsed, where rule 2.4 forbids it", () => {
    const dropped = rows.find(
      ({ rid, n }) => n === null && entityRow(AWKWARD, rid).key !== null && rid % 100 > 3,
    ) as Row;
    expect(with_((row) => (row.rid === 1_102 || row.rid === dropped.rid ? null : row))).toStrictEqual({
      same: 1_998,
      byRule: { ...none, collapsed: 1, dropped: 1 },
    });
  });

  it("are rows that tie, by rule 2.3", () => {
    const tied = rows.flatMap((row) => {
      const winner = row.n === null ? null : featureRow(AWKWARD, row.n);
      const other = [-1, 1].map((step) => featureRow(AWKWARD, (row.n ?? 0) + step * AWKWARD.keys));
      return other
        .filter(({ key, e }) => winner !== null && key === winner.key && e === winner.e)
        .map((one) => [row.rid, one] as const);
    });
    const [rid, { x, n }] = tied[0] as (typeof tied)[number];
    const { createdTie, valueTie } = with_((row) => (row.rid === rid ? { rid, x, n } : row)).byRule;
    expect(createdTie + valueTie).toBe(1);
  });

  it.each([
    ["another value", (row: Row) => ({ ...row, n: 1 })],
    ["a value for none", (row: Row) => ({ ...row, x: (row.x ?? 0) + 1 })],
    ["no row, where there was a value", () => null],
  ])("are refused where no rule explains them: %s", (_, change) => {
    const { rid } = rows.find(({ rid, n }) => n !== null && rid % 100 > 3) as Row;
    expect(() => with_((row) => (row.rid === rid ? change(row) : row))).toThrow(`row ${rid}: no rule explains`);
  });

  it("are refused where ours is wrong", () => {
    const wrong = rows.map((row, i) => (i === 7 ? { ...row, n: 1, x: 1 } : row));
    expect(() => differencesOf(AWKWARD, tableOfRows(wrong), ours)).toThrow("row 7: ours is wrong");
  });
});

function rowsOf(table: Table): Row[] {
  const read = ["rid", "x", "n"].map((name) =>
    columnReader(columnOf(table, name), { kind: "float64" }, { column: name }),
  );
  return Array.from({ length: table.numRows }, (_, row) => {
    const [rid, x, n] = read.map((one) => one(row));
    return { rid, x, n } as Row;
  });
}

function tableOfRows(rows: readonly Row[]): Table {
  const column = (name: keyof Row) =>
    vectorFromValues(
      { kind: "float64" },
      rows.map((row) => row[name]),
    );
  return tableOf((["rid", "x", "n"] as const).map((name) => [name, column(name)]));
}
