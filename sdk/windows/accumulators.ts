// Every accumulator: counts, exact sums and extremes here; events and sketches from their own files.
import type { Us } from "../time.ts";
import { compareValues, packBigInt, packValue, unpackValue, type Value, type ValueType } from "../types/index.ts";
import { type Accumulator, type AccumulatorKind, noState } from "./accumulator.ts";
import { distinct } from "./distinct.ts";
import { addExact, asDoubles, exactSquareOf, exactSum, exactSumOf, type ExactSum } from "./exact-sum.ts";
import { latest, pick } from "./picks.ts";
import { quantiles } from "./quantiles.ts";

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

/** No sum of doubles has more (2^1023 of the greatest of them), or less. */
const MAX_EXPONENT = 2048;
const MIN_EXPONENT = -1074;

/** The exact sum of what `of` makes of each value: itself, or its square. */
function exact(of: (value: number | bigint) => ExactSum, power: 1 | 2): Accumulator<ExactSum> {
  return {
    empty: null,
    add: (state, { value }) => {
      if (value === null) return state;
      const one = of(value as number | bigint);
      return state === null ? one : addExact(state, one);
    },
    merge: addExact,
    // A double or a few that sum to it, greatest first; where that can't be, [hexadecimal mantissa, exponent, special].
    pack: (s) => {
      const doubles = asDoubles(s);
      if (doubles === null) return `["${s.mantissa.toString(16)}",${s.exponent},${s.special}]`;
      return doubles.length === 1 ? String(doubles[0]) : `[${doubles.join()}]`;
    },
    unpack: (json) => {
      if (Number.isFinite(json)) return exactSumOf(json as number);
      const doubles = json as unknown[];
      if (doubles.every(Number.isFinite)) return (doubles as number[]).map(exactSumOf).reduce(addExact);
      const [hex, exponent, special] = json as [string, number, number];
      const inRange =
        exponent >= MIN_EXPONENT * power && exponent <= MAX_EXPONENT * power && special >= 0 && special <= 7;
      if (!(inRange && Number.isInteger(exponent) && Number.isInteger(special)))
        throw noState(power === 1 ? "sumFloat" : "sumSquares");
      const magnitude = BigInt(`0x${hex.replace("-", "")}`);
      return exactSum(hex.startsWith("-") ? -magnitude : magnitude, exponent, special);
    },
  };
}

/** min and max: NaN is skipped, and −0 lies below +0 (SEMANTICS 2.3, 4.4). */
function extreme(sign: 1 | -1): Accumulator<Value> {
  const better = (a: Value, b: Value, type: ValueType) => (sign * compareValues(type, a, b) <= 0 ? a : b);
  return {
    empty: null,
    add: (state, { value }, { type }) => {
      if (value === null || (typeof value === "number" && Number.isNaN(value))) return state;
      return state === null ? value : better(state, value, type);
    },
    merge: (a, b, { type }) => better(a, b, type),
    pack: (state, { type }) => packValue(type, state),
    unpack: (json, { type }) => unpackValue(type, json) as Value,
  };
}

/** The time of the newest event with a value. */
const newest: Accumulator<Us> = {
  empty: null,
  add: (state, { value, eventTimeUs }) => (value === null ? state : Math.max(state ?? eventTimeUs, eventTimeUs)),
  merge: (a, b) => Math.max(a, b),
  pack: String,
  unpack: (json) => {
    if (Number.isSafeInteger(json)) return json as Us;
    throw noState("newest");
  },
};

/** Every accumulator by its kind. */
export const accumulators: { readonly [K in AccumulatorKind]: Accumulator<any> } = {
  count,
  sumInt,
  sumFloat: exact(exactSumOf, 1),
  sumSquares: exact(exactSquareOf, 2),
  min: extreme(1),
  max: extreme(-1),
  first: pick(1),
  last: pick(-1),
  newest,
  latest: latest(true),
  lastK: latest(false),
  distinct,
  quantiles,
};
