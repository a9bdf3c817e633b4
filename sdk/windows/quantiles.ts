// Quantiles to 1 %: a DDSketch (Masson, Rim, Lee 2019), whose state depends on the values alone, never on their order.
import { exp, ln } from "../expressions/math/index.ts";
import { floatText } from "../types/index.ts";
import { type Accumulator, noState } from "./accumulator.ts";
import { placeOf } from "./sorted.ts";

/** How far an estimate may lie from the value it stands for, relative to it. */
export const QUANTILE_ERROR = 0.01;
const GAMMA = (1 + QUANTILE_ERROR) / (1 - QUANTILE_ERROR);
const LN_GAMMA = ln(GAMMA);
/** A positive double's bin is above 0, a negative one's below. */
const OFFSET = 40_000;
const INFINITE = 100_000;
const MAX_BINS = 2048;

/** How many values each bin has. Beyond 2,048 bins the lowest are one. */
export interface QuantileState {
  readonly min: number;
  readonly max: number;
  readonly nan: boolean;
  /** Ascending, as their values; 0 holds zeros. */
  readonly bins: readonly number[];
  readonly counts: readonly number[];
}

const EMPTY: QuantileState = { min: Infinity, max: -Infinity, nan: false, bins: [], counts: [] };

const number = (json: unknown): number => Number(json);

export const quantiles: Accumulator<QuantileState> = {
  empty: null,
  add: (state, { value }) => {
    if (value === null) return state;
    const x = Number(value);
    if (Number.isNaN(x)) return { ...(state ?? EMPTY), nan: true };
    if (state === null) return { min: x, max: x, nan: false, bins: [binOf(x)], counts: [1] };
    return addTo(state, x, binOf(x));
  },
  merge,
  // Flat: least, greatest, NaN met, the first bin, by how much each next one is greater, the counts.
  pack: ({ min, max, nan, bins, counts }) => {
    const steps = bins.map((bin, i) => bin - (i === 0 ? 0 : (bins[i - 1] as number)));
    return `[${[floatText(min), floatText(max), Number(nan), ...steps, ...counts].join()}]`;
  },
  unpack: (json) => {
    const [min, max, nan, ...rest] = json as unknown[];
    const positive = rest.slice(1).every((n) => Number.isSafeInteger(n) && (n as number) > 0);
    if (rest.length % 2 !== 0 || rest.length > 2 * MAX_BINS || !positive) throw noState("quantiles");
    const counts = rest.splice(rest.length / 2).map(number);
    let bin = 0;
    return {
      min: number(min),
      max: number(max),
      nan: nan === 1,
      bins: rest.map((step) => (bin += number(step))),
      counts,
    };
  },
};

function binOf(x: number): number {
  if (x === 0) return 0;
  const magnitude = Math.abs(x);
  const bin = magnitude === Infinity ? INFINITE : Math.ceil(ln(magnitude) / LN_GAMMA) + OFFSET;
  return x < 0 ? -bin : bin;
}

function valueOf(bin: number): number {
  if (bin === 0) return 0;
  const magnitude = (2 * exp((Math.abs(bin) - OFFSET) * LN_GAMMA)) / (GAMMA + 1);
  return bin < 0 ? -magnitude : magnitude;
}

function addTo({ min, max, nan, bins, counts }: QuantileState, x: number, bin: number): QuantileState {
  const at = placeOf(bins, bin);
  const grown = { min: Math.min(min, x), max: Math.max(max, x), nan };
  if (bins[at] === bin || (at === 0 && bins.length === MAX_BINS)) {
    const next = counts.slice();
    (next[at] as number)++;
    return { ...grown, bins, counts: next };
  }
  return capped({ ...grown, bins: bins.toSpliced(at, 0, bin), counts: counts.toSpliced(at, 0, 1) });
}

function merge(a: QuantileState, b: QuantileState): QuantileState {
  const bins: number[] = [];
  const counts: number[] = [];
  for (let i = 0, j = 0; i < a.bins.length || j < b.bins.length;) {
    const [x = Infinity, y = Infinity] = [a.bins[i], b.bins[j]];
    bins.push(Math.min(x, y));
    counts.push((x <= y ? (a.counts[i++] as number) : 0) + (y <= x ? (b.counts[j++] as number) : 0));
  }
  return capped({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), nan: a.nan || b.nan, bins, counts });
}

/** What lies in the lowest bins beyond the most there may be goes to the lowest that stays: which that is, order can't show. */
function capped(state: QuantileState): QuantileState {
  const excess = state.bins.length - MAX_BINS;
  if (excess <= 0) return state;
  const [lowest = 0, ...counts] = state.counts.slice(excess);
  const below = state.counts.slice(0, excess).reduce((sum, n) => sum + n);
  return { ...state, bins: state.bins.slice(excess), counts: [lowest + below, ...counts] };
}

/** Returns about the ⌊q (n − 1)⌋-th of the n values, counted from 0; the least and the greatest exactly; NaN where one was met. */
export function quantile({ min, max, nan, bins, counts }: QuantileState, q: number): number {
  if (nan) return Number.NaN;
  const last = counts.reduce((sum, n) => sum + n) - 1;
  const rank = Math.floor(q * last);
  if (rank === 0) return min;
  if (rank === last) return max;
  let bin = 0;
  for (let below = counts[0] as number; below <= rank; below += counts[bin] as number) bin++;
  return Math.min(max, Math.max(min, valueOf(bins[bin] as number)));
}
