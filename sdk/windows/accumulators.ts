// Accumulators: the mergeable, exact states that aggregates are made of. Merging is commutative and associative to the bit.
import { EdgefeatError } from "../errors.ts";
import { compareNumbers, compareText, compareValues, packBigInt, packValue, unpackValue } from "../types/index.ts";
import type { Value, ValueType } from "../types/index.ts";
import type { Us } from "../time.ts";
import { addExact, exactSum, exactSumOf, type ExactSum } from "./exact-sum.ts";

export type AccumulatorKind = "count" | "sumInt" | "sumFloat" | "min" | "max" | "first" | "last";

/** One event as an accumulator sees it; `value` is null when the column is. Times in µs. */
export interface WindowEvent {
  value: Value | null;
  eventTimeUs: Us;
  createdTimeUs: Us | null;
  eventId: string | null;
}

/** The state of first and last: the value with what orders it (SEMANTICS 4.8). */
export interface Pick {
  readonly eventTimeUs: Us;
  readonly createdTimeUs: Us | null;
  readonly eventId: string | null;
  readonly value: Value;
}

/**
 * How one kind of state begins, grows, merges and travels. A state of null is empty: no value that is not null yet
 * (count is never null). `pack` gives JSON that plain JSON.parse and `unpack` read back exactly.
 */
export interface Accumulator<S> {
  readonly empty: S | null;
  add(state: S | null, event: WindowEvent, type: ValueType): S | null;
  merge(a: S, b: S, type: ValueType): S;
  pack(state: S, type: ValueType): string;
  unpack(json: unknown, type: ValueType): S;
}

const count: Accumulator<bigint> = {
  empty: 0n,
  add: (state, event) => (state ?? 0n) + (event.value === null ? 0n : 1n),
  merge: (a, b) => a + b,
  pack: packBigInt,
  unpack: (json) => BigInt(json as number | string),
};

const sumInt: Accumulator<bigint> = {
  empty: null,
  add: (state, { value }) => (value === null ? state : (state ?? 0n) + BigInt(value as number | bigint)),
  merge: (a, b) => a + b,
  pack: packBigInt,
  unpack: (json) => BigInt(json as number | string),
};

/** More than any sum of doubles has: 2^1023 of the greatest of them. */
const MAX_EXPONENT = 2048;

const sumFloat: Accumulator<ExactSum> = {
  empty: null,
  add: (state, { value }) => {
    if (value === null) return state;
    const one = exactSumOf(value as number);
    return state === null ? one : addExact(state, one);
  },
  merge: addExact,
  // A plain integer where the sum is a small one, else [hexadecimal mantissa, exponent, special].
  pack: (s) =>
    s.special === 0 && s.exponent >= 0 && s.exponent < 53 && isSafe(s.mantissa << BigInt(s.exponent))
      ? String(s.mantissa << BigInt(s.exponent))
      : `["${s.mantissa.toString(16)}",${s.exponent},${s.special}]`,
  unpack: (json) => {
    if (typeof json === "number") return exactSum(BigInt(json), 0);
    const [hex, exponent, special] = json as [string, number, number];
    const inRange = exponent >= -1074 && exponent <= MAX_EXPONENT && special >= 0 && special <= 7;
    if (!(inRange && Number.isInteger(exponent) && Number.isInteger(special)))
      throw new EdgefeatError("row_corrupt", "a stored sum is none of doubles");
    const magnitude = BigInt(`0x${hex.replace("-", "")}`);
    return exactSum(hex.startsWith("-") ? -magnitude : magnitude, exponent, special);
  },
};

function isSafe(n: bigint): boolean {
  return Number.isSafeInteger(Number(n));
}

/** min and max: NaN is skipped, and −0 lies below +0 (SEMANTICS 2.3, 4.4). */
function extreme(sign: 1 | -1): Accumulator<Value> {
  const better = (a: Value, b: Value, type: ValueType) => (sign * compareValues(type, a, b) <= 0 ? a : b);
  return {
    empty: null,
    add: (state, { value }, type) => {
      if (value === null || (typeof value === "number" && Number.isNaN(value))) return state;
      return state === null ? value : better(state, value, type);
    },
    merge: better,
    pack: (state, type) => packValue(type, state),
    unpack: (json, type) => unpackValue(type, json) as Value,
  };
}

/** first and last: by (event time, created time with null lowest, event id with null lowest, value). */
function pick(sign: 1 | -1): Accumulator<Pick> {
  const better = (a: Pick, b: Pick, type: ValueType) => (sign * comparePicks(type, a, b) <= 0 ? a : b);
  return {
    empty: null,
    add: (state, event, type) => {
      if (event.value === null) return state;
      const one = event as Pick;
      return state === null ? one : better(state, one, type);
    },
    merge: better,
    pack: (s, type) => `[${s.eventTimeUs},${s.createdTimeUs},${JSON.stringify(s.eventId)},${packValue(type, s.value)}]`,
    unpack: (json, type) => {
      const [eventTimeUs, createdTimeUs, eventId, value] = json as [Us, Us | null, string | null, unknown];
      return { eventTimeUs, createdTimeUs, eventId, value: unpackValue(type, value) as Value };
    },
  };
}

/** Returns the order of SEMANTICS 4.8: < 0 when `a` comes before `b`. */
export function comparePicks(type: ValueType, a: Pick, b: Pick): number {
  return (
    a.eventTimeUs - b.eventTimeUs ||
    compareNullable(a.createdTimeUs, b.createdTimeUs, compareNumbers) ||
    compareNullable(a.eventId, b.eventId, compareText) ||
    compareValues(type, a.value, b.value)
  );
}

function compareNullable<T>(a: T | null, b: T | null, compare: (a: T, b: T) => number): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compare(a, b);
}

/** Every accumulator by its kind. */
export const accumulators: { readonly [K in AccumulatorKind]: Accumulator<any> } = {
  count,
  sumInt,
  sumFloat,
  min: extreme(1),
  max: extreme(-1),
  first: pick(1),
  last: pick(-1),
};
