// The SQL of joins, run: names of any text, keys in their order, the two forms of a lookup on an empty history.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type Engine, openEngine } from "../../../offline/index.ts";
import { identifier } from "../../../offline/engine/index.ts";
import { emitInRange, emitLatestAt, emitNumberedKeys } from "../../../offline/join/emit.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { columnValues } from "../../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ engine: "wasm" });
}, 60_000);
afterAll(() => engine.close());

const TEXT: ValueType = { kind: "string" };
const INT: ValueType = { kind: "int32" };
const column = (type: ValueType, ...values: (Value | null)[]) => vectorFromValues(type, values);

describe("emitted SQL", () => {
  it.each(["plain", 'a "quoted" name', "from", "é; DROP TABLE x --", '"'])("reads back the name %s", async (name) => {
    const table = await engine.query(`SELECT 1 AS ${identifier(name)}`);
    expect(table.schema.fields.map((field) => field.name)).toStrictEqual([name]);
  });

  it("numbers distinct keys without nulls in their order, of texts by their bytes", async () => {
    await engine.load(
      "rows",
      tableOf([
        ["k0", column(TEXT, "b", "a", null, "b", "Z", "é", "b")],
        ["k1", column(INT, 1, 2, 3, 1, 1, 0, null)],
      ]),
    );
    const types = [TEXT, INT];
    await engine.query(emitNumberedKeys({ into: "keys", from: "rows", types, order: "keys" }));
    const keys = await engine.query("SELECT * FROM keys ORDER BY kid");
    expect(columnValues(keys, "kid", INT)).toStrictEqual([0, 1, 2, 3]);
    expect(columnValues(keys, "k0", TEXT)).toStrictEqual(["Z", "a", "b", "é"]);
  });

  it("has one key for a view without any", async () => {
    await engine.query(emitNumberedKeys({ into: "keys", from: "rows", types: [], order: "any" }));
    expect(columnValues(await engine.query("SELECT * FROM keys"), "kid", INT)).toStrictEqual([0]);
  });

  it.each([
    [null, null, "true"],
    [5n, null, "s.e > 5"],
    [null, 7n, "s.e <= 7"],
    [-5n, 7n, "s.e > -5 AND s.e <= 7"],
  ])("bounds a time: after %s, until %s", (afterUs, untilUs, sql) => {
    expect(emitInRange("s.e", { afterUs, untilUs })).toBe(sql);
  });

  it.each(["asof", "union"] as const)("finds nothing in an empty history, %s", async (form) => {
    await engine.query("CREATE OR REPLACE TABLE points AS SELECT 0 AS rid, 0 AS kid, CAST(1 AS BIGINT) AS t");
    await engine.query(
      "CREATE OR REPLACE TABLE history AS SELECT 0 AS kid, CAST(0 AS BIGINT) AS e, 0 AS rn WHERE false",
    );
    const table = await engine.query(emitLatestAt({ points: "points", history: "history", timed: true }, form));
    expect(columnValues(table, "rn", INT).filter((rn) => rn !== null)).toStrictEqual([]);
  });
});
