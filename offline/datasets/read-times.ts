// Timestamps and dates of an Arrow chunk, in any unit, as exact microseconds.
import { type Data, DataType, DateUnit, TimeUnit, type Vector } from "apache-arrow";
import { fitsInt64, type ValueType } from "../../sdk/types/index.ts";
import type { ChunkContext } from "./column-reading.ts";
import { outOfRange } from "./read-numbers.ts";

/** Microseconds a unit is long; 0 for nanoseconds, which divide instead. */
function usPerUnit(type: DataType): bigint {
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? 86_400_000_000n : 1000n;
  switch ((type as { unit?: TimeUnit }).unit) {
    case TimeUnit.SECOND:
      return 1_000_000n;
    case TimeUnit.MILLISECOND:
      return 1000n;
    case TimeUnit.MICROSECOND:
      return 1n;
    default:
      return 0n;
  }
}

export function readTime(data: Data, type: ValueType, { round, at }: ChunkContext): (row: number) => bigint {
  const values = data.values as BigInt64Array | Int32Array;
  const factor = usPerUnit(data.type);
  if (factor === 1n) return (row) => values[row] as bigint;
  if (factor === 0n) {
    return (row) => {
      const ns = values[row] as bigint;
      const us = ns / 1000n;
      if (us * 1000n === ns) return us;
      // BigInt division goes towards zero.
      return round === "up" ? (ns > 0n ? us + 1n : us) : ns < 0n ? us - 1n : us;
    };
  }
  return (row) => {
    const us = BigInt(values[row] as bigint | number) * factor;
    if (!fitsInt64(us)) throw outOfRange(at(row), us, type);
    return us;
  };
}

/** Returns how many values of a column are times finer than a microsecond, which reading rounds (SEMANTICS 1.2). */
export function countFinerThanUs(column: Vector): number {
  if (!DataType.isTimestamp(column.type) || column.type.unit !== TimeUnit.NANOSECOND) return 0;
  let count = 0;
  for (const data of column.data) {
    const values = data.values as BigInt64Array;
    for (let row = 0; row < data.length; row++) {
      if ((values[row] as bigint) % 1000n !== 0n && data.getValid(row)) count++;
    }
  }
  return count;
}
