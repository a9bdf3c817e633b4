// The oracle: what every value must be, in plain loops over plain rows, written from SEMANTICS and not from the engine.
// Nothing here imports the code under test.

export type OracleValue = null | boolean | number | bigint | string | readonly OracleValue[];

/** Times in µs; keys already reduced to one text, null where any part is null. */
export interface OracleRow {
  key: string | null;
  e: number;
  c: number | null;
  id?: string;
  values: Record<string, OracleValue>;
}

/** SEMANTICS 2.3: null lowest, NaN highest, −0 below +0, text by UTF-8 bytes, lists element by element. */
export function compareOracle(a: OracleValue, b: OracleValue): number {
  if (a === null && b === null) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compareOracle(a[i] as OracleValue, b[i] as OracleValue);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  if (typeof a === "number" && typeof b === "number") {
    if (Number.isNaN(a) || Number.isNaN(b)) return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
    if (a === 0 && b === 0) return (1 / a > 0 ? 1 : 0) - (1 / b > 0 ? 1 : 0);
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** SEMANTICS 2.2: the rows that were known at `known`; a row without a created time never was. */
export function knownRows<R extends OracleRow>(rows: readonly R[], known: number): R[] {
  return rows.filter((row) => row.c !== null && row.c <= known);
}

/** SEMANTICS 2.1, 2.3: the row that counts for `key` at `t`, or null. */
export function pointInTime(
  rows: readonly OracleRow[],
  key: string | null,
  t: number,
  ttlUs: number,
  columns: readonly string[],
): OracleRow | null {
  let best: OracleRow | null = null;
  for (const row of rows) {
    if (key === null || row.key !== key || row.e > t) continue;
    if (ttlUs > 0 && row.e < t - ttlUs) continue;
    if (best === null || beats(row, best, columns)) best = row;
  }
  return best;
}

function beats(a: OracleRow, b: OracleRow, columns: readonly string[]): boolean {
  if (a.e !== b.e) return a.e > b.e;
  if (a.c !== b.c) return a.c !== null && (b.c === null || a.c > b.c);
  for (const column of columns) {
    const order = compareOracle(a.values[column] as OracleValue, b.values[column] as OracleValue);
    if (order !== 0) return order > 0;
  }
  return false;
}

/** The event time of the newest event of `key` after `lower`, up to `t`; null for none. */
export function newestEvent(events: readonly OracleRow[], key: string | null, lower: number, t: number): number | null {
  let newest: number | null = null;
  for (const event of events) {
    if (key === null || event.key !== key || event.e <= lower || event.e > t) continue;
    if (newest === null || event.e > newest) newest = event.e;
  }
  return newest;
}

/** SEMANTICS 4.1: the largest multiple of the hop that is ≤ t − window, found by steps. */
export function lowerEdge(t: number, windowUs: number, hopUs: number): number {
  let lower = t - windowUs;
  while (((lower % hopUs) + hopUs) % hopUs !== 0) lower -= ((lower % hopUs) + hopUs) % hopUs;
  return lower;
}

/** SEMANTICS 4.5: the exact sum of doubles / count, as a fraction over 2^1074, rounded once by the decimal parser. */
export function exactMean(values: readonly number[], count: bigint): number {
  if (values.some((v) => Number.isNaN(v)) || (values.includes(Infinity) && values.includes(-Infinity)))
    return Number.NaN;
  if (values.includes(Infinity)) return Infinity;
  if (values.includes(-Infinity)) return -Infinity;
  const total = values.reduce((sum, v) => sum + over2to1074(v), 0n);
  return toDouble(total, count << 1074n);
}

/** x × 2^1074, which is whole for every double: by halving and doubling, without looking at bits. */
function over2to1074(x: number): bigint {
  let rest = x;
  let power = 1074;
  while (!Number.isInteger(rest)) {
    rest *= 2;
    power -= 1;
  }
  return BigInt(rest) << BigInt(power);
}

/** n / d as the nearest double: 800 significant digits, one more where it goes on, for the parser to round. */
export function toDouble(n: bigint, d: bigint): number {
  if (n === 0n) return 0;
  const negative = n < 0n;
  const magnitude = negative ? -n : n;
  const digitsOf = (x: bigint) => x.toString().length;
  const shift = 800 - (digitsOf(magnitude) - digitsOf(d));
  const scaled = shift >= 0 ? magnitude * 10n ** BigInt(shift) : magnitude;
  const divisor = shift >= 0 ? d : d * 10n ** BigInt(-shift);
  const quotient = scaled / divisor;
  const sticky = quotient * divisor === scaled ? "0" : "1";
  return Number(`${negative ? "-" : ""}${quotient}${sticky}e${-shift - 1}`);
}
