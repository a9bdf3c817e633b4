// The SQL of joins: typed nodes in, DuckDB's SQL out. Tables and columns have names of our own, here and in the loaders;
// what users name reaches SQL in a view's own query only.
import type { ValueType } from "../../sdk/types/index.ts";
import { identifier } from "../engine/index.ts";
import type { TimeRange } from "./source-rows.ts";

/** Returns the SQL type that a join key is compared as, on both sides. */
export function keySqlType(type: ValueType): string {
  return type.kind === "string" ? "VARCHAR" : "BIGINT";
}

/** Returns `k0 …` for as many join keys, each through `render`. */
export function eachKey(count: number, render: (k: string, i: number) => string, separator = ", "): string {
  return Array.from({ length: count }, (_, i) => render(`k${i}`, i)).join(separator);
}

/** The distinct keys of a table, none with a null in it, numbered from 0: in their own order, or in any. */
export interface NumberedKeys {
  readonly into: string;
  readonly from: string;
  readonly types: readonly ValueType[];
  readonly order: "keys" | "any";
}

/** Returns the statement that makes `into(kid, k0, …)`. A view without join keys has one key, of no columns. */
export function emitNumberedKeys({ into, from, types, order }: NumberedKeys): string {
  const create = `CREATE OR REPLACE TABLE ${identifier(into)} AS`;
  const n = types.length;
  if (n === 0) return `${create} SELECT CAST(0 AS INTEGER) AS kid`;
  const by = order === "keys" ? `ORDER BY ${eachKey(n, (k) => k)}` : "";
  const typed = eachKey(n, (k, i) => `CAST(${k} AS ${keySqlType(types[i] as ValueType)}) AS ${k}`);
  return `${create} SELECT CAST(row_number() OVER (${by}) - 1 AS INTEGER) AS kid, * FROM (
    SELECT DISTINCT ${typed} FROM ${identifier(from)} WHERE ${eachKey(n, (k) => `${k} IS NOT NULL`, " AND ")})`;
}

/** Returns the condition that a row's key, under the name `rows`, is the numbered key `k`. */
export function emitSameKey(rows: string, types: readonly ValueType[]): string {
  if (types.length === 0) return "true";
  return eachKey(
    types.length,
    (k, i) => `CAST(${rows}.${k} AS ${keySqlType(types[i] as ValueType)}) = k.${k}`,
    " AND ",
  );
}

/** Returns the condition on a time that a range stands for. */
export function emitInRange(time: string, { afterUs, untilUs }: TimeRange): string {
  const tests = [
    ...(afterUs === null ? [] : [`${time} > ${afterUs}`]),
    ...(untilUs === null ? [] : [`${time} <= ${untilUs}`]),
  ];
  return tests.length === 0 ? "true" : tests.join(" AND ");
}

/** For every point the latest row of a history with its key at or before its time. */
export interface LatestAt {
  /** `(rid, kid, t)`, kid null where a key is. */
  readonly points: string;
  /** `(kid, e, rn)`, unique by kid and e: neither form breaks ties. */
  readonly history: string;
  /** False where rows are always valid: then a history holds one row a key. */
  readonly timed: boolean;
}

/** Returns the query `(rid, rn)`, in no order; points that found nothing may be missing, or have a null rn. */
export function emitLatestAt({ points, history, timed }: LatestAt, form: "asof" | "union"): string {
  const [x, h] = [identifier(points), identifier(history)];
  if (!timed) return `SELECT x.rid, h.rn FROM ${x} x JOIN ${h} h ON x.kid = h.kid`;
  if (form === "asof") return `SELECT x.rid, h.rn FROM ${x} x ASOF JOIN ${h} h ON x.kid = h.kid AND x.t >= h.e`;
  // Rows come before the points of their time, so that a point sees them. What is carried is one struct, skipped whole
  // where it is null: carried by column, a null value of the latest row would fall through to the row before it.
  return `SELECT rid, latest.rn AS rn FROM (
    SELECT rid, last_value(carried IGNORE NULLS) OVER (
      PARTITION BY kid ORDER BY t, side ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS latest
    FROM (
      SELECT kid, e AS t, 0 AS side, NULL AS rid, {'rn': rn} AS carried FROM ${h}
      UNION ALL SELECT kid, t, 1, rid, NULL FROM ${x} WHERE kid IS NOT NULL)) WHERE rid IS NOT NULL`;
}
