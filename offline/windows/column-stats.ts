// One scan over the events that tells how their columns can be summed exactly.
import type { Table } from "apache-arrow";
import type { StateSlot } from "../../sdk/windows/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { ColumnStats, SlotColumns } from "./lowering.ts";

/** Returns, for the i-th slot, what is known of its column in `ef_events`. */
export async function readStats(
  engine: Engine,
  slots: readonly StateSlot[],
  columns: readonly SlotColumns[],
  options?: QueryOptions,
): Promise<(i: number) => ColumnStats> {
  const kinds = new Map<string, "float" | "int">();
  for (const [i, { type }] of slots.entries()) {
    const x = columns[i]?.x;
    if (typeof x !== "string") continue;
    if (type.kind === "float32" || type.kind === "float64") kinds.set(x, "float");
    if (type.kind === "int32" || type.kind === "int64") kinds.set(x, "int");
  }
  const select = [...kinds].flatMap(([x, kind]) => (kind === "float" ? floatStats(x) : integerStats(x)));
  const result = await engine.query(`SELECT ${["count(*) AS n", ...select].join(", ")} FROM ef_events`, [], options);
  const rows = Number(value(result, "n"));
  return (i) => {
    const x = columns[i]?.x ?? "";
    const isFloat = kinds.get(x) === "float";
    const extremes = kinds.get(x) === "int" ? [value(result, `${x}_min`), value(result, `${x}_max`)] : [];
    return {
      rows,
      least: isFloat ? (value(result, `${x}_least`) as number | null) : null,
      greatest: isFloat ? (value(result, `${x}_greatest`) as number | null) : null,
      nans: isFloat ? Number(value(result, `${x}_nans`)) : 0,
      infinities: isFloat ? Number(value(result, `${x}_infinities`)) : 0,
      greatestInteger: extremes.map((v) => magnitude((v ?? 0n) as bigint)).reduce((a, b) => (a > b ? a : b), 0n),
    };
  };
}

function floatStats(x: string): string[] {
  return [
    `min(abs(${x})) FILTER (WHERE isfinite(${x}) AND ${x} <> 0) AS ${x}_least`,
    `max(abs(${x})) FILTER (WHERE isfinite(${x}) AND ${x} <> 0) AS ${x}_greatest`,
    `count(*) FILTER (WHERE isnan(${x})) AS ${x}_nans`,
    `count(*) FILTER (WHERE isinf(${x})) AS ${x}_infinities`,
  ];
}

function integerStats(x: string): string[] {
  return [`CAST(min(${x}) AS BIGINT) AS ${x}_min`, `CAST(max(${x}) AS BIGINT) AS ${x}_max`];
}

function value(result: Table, name: string): unknown {
  return result.getChild(name)?.get(0) ?? null;
}

function magnitude(n: bigint): bigint {
  return n < 0n ? -n : n;
}
