// Exact state out of the engine: 128-bit sums as two 64-bit columns (a cast to text is three times slower).
import type { Table, Vector } from "apache-arrow";
import type { AdditiveColumn } from "./lowering.ts";

const TWO_63 = 2n ** 63n;

/** Returns SQL that selects `expression` under `name`: as it is, or as its quotient and remainder by 2^63. */
export function selectAdditive(expression: string, name: string, { wide }: Pick<AdditiveColumn, "wide">): string {
  if (!wide) return `CAST(${expression} AS BIGINT) AS ${name}`;
  const divisor = `CAST(${TWO_63} AS HUGEINT)`;
  return `CAST(${expression} // ${divisor} AS BIGINT) AS ${name}_hi, CAST(${expression} % ${divisor} AS BIGINT) AS ${name}_lo`;
}

/** Returns a reader of a column that selectAdditive made; 0 where it is null. */
export function additiveReader(
  table: Table,
  name: string,
  { wide }: Pick<AdditiveColumn, "wide">,
): (row: number) => bigint {
  if (!wide) return int64Reader(table, name);
  const high = int64Reader(table, `${name}_hi`);
  const low = int64Reader(table, `${name}_lo`);
  return (row) => high(row) * TWO_63 + low(row);
}

/** Returns a reader of an int64 column, by row over all chunks; 0 where it is null. */
function int64Reader(table: Table, name: string): (row: number) => bigint {
  const vector = table.getChild(name) as Vector<any>;
  if (vector.data.length === 1 && vector.nullCount === 0) {
    const { values } = vector.data[0] as { values: BigInt64Array };
    return (row) => values[row] as bigint;
  }
  return (row) => (vector.get(row) as bigint | null) ?? 0n;
}
