// Gradient boosting of trees with four leaves, on binned inputs: deterministic, so that data alone decides the model.
import { exp, ln } from "../../../sdk/expressions/math/index.ts";
import { type Model, type Tree, valueOf } from "./model.ts";

export interface Examples {
  readonly inputs: readonly Float64Array[];
  readonly isLate: readonly boolean[];
}

const ROUNDS = 50;
const DEPTH = 2;
const RATE = 0.15;
const BINS = 32;
/** The least weight of examples on either side of a cut. */
const LEAST = 20;

/** Returns the base and trees that fit the examples' log-odds of being late. */
export function boost({ inputs, isLate }: Examples): Pick<Model, "base" | "trees"> {
  const share = isLate.filter(Boolean).length / isLate.length;
  const base = ln(share / (1 - share));
  const sums = new Float64Array(inputs.length).fill(base);
  const columns = Array.from(inputs[0] as Float64Array, (_, input) => binned(inputs, input));
  const gradient = new Float64Array(inputs.length);
  const weight = new Float64Array(inputs.length);
  const trees: Tree[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, late] of isLate.entries()) {
      const p = 1 / (1 + exp(-(sums[i] as number)));
      gradient[i] = (late ? 1 : 0) - p;
      weight[i] = p * (1 - p);
    }
    const tree = grow({ columns, gradient, weight }, [...inputs.keys()], DEPTH);
    for (const [i, row] of inputs.entries()) sums[i] = (sums[i] as number) + valueOf(tree, row);
    trees.push(tree);
  }
  return { base, trees };
}

interface Column {
  /** Where one bin ends and the next begins, ascending. */
  readonly cuts: readonly number[];
  /** By example: how many cuts are below its value; 0 for NaN. */
  readonly bins: Uint8Array;
}

function binned(rows: readonly Float64Array[], input: number): Column {
  const values = rows.map((row) => row[input] as number);
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const quantiles = Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor((sorted.length * (i + 1)) / BINS)]);
  const cuts = [...new Set(quantiles)].filter((cut) => cut !== undefined);
  return { cuts, bins: Uint8Array.from(values, (value) => cuts.filter((cut) => value > cut).length) };
}

interface Fit {
  readonly columns: readonly Column[];
  readonly gradient: Float64Array;
  readonly weight: Float64Array;
}

/** Returns the tree of the examples at `rows` that gains most by each cut, as second-order boosting counts gain. */
function grow(fit: Fit, rows: readonly number[], depth: number): Tree {
  const all = sumOver(fit, rows);
  const found = depth === 0 ? null : bestCut(fit, rows, all);
  if (found === null) return (RATE * all.gradient) / (all.weight + 1);
  const { input, bin } = found;
  const { cuts, bins } = fit.columns[input] as Column;
  const side = (isLow: boolean) => rows.filter((i) => (bins[i] as number) <= bin === isLow);
  const [low, high] = [grow(fit, side(true), depth - 1), grow(fit, side(false), depth - 1)];
  return { input, cut: cuts[bin] as number, low, high };
}

interface Sums {
  gradient: number;
  weight: number;
}

const gainOf = ({ gradient, weight }: Sums) => gradient ** 2 / (weight + 1);

function bestCut(fit: Fit, rows: readonly number[], all: Sums): { input: number; bin: number } | null {
  let best: { input: number; bin: number; gain: number } | null = null;
  for (const [input, { cuts, bins }] of fit.columns.entries()) {
    const gradients = new Float64Array(BINS);
    const weights = new Float64Array(BINS);
    for (const i of rows) {
      const bin = bins[i] as number;
      gradients[bin] = (gradients[bin] as number) + (fit.gradient[i] as number);
      weights[bin] = (weights[bin] as number) + (fit.weight[i] as number);
    }
    const low = { gradient: 0, weight: 0 };
    for (const bin of cuts.keys()) {
      low.gradient += gradients[bin] as number;
      low.weight += weights[bin] as number;
      const high = { gradient: all.gradient - low.gradient, weight: all.weight - low.weight };
      if (low.weight < LEAST || high.weight < LEAST) continue;
      const gain = gainOf(low) + gainOf(high) - gainOf(all);
      if (gain > (best?.gain ?? 0)) best = { input, bin, gain };
    }
  }
  return best;
}

function sumOver({ gradient, weight }: Fit, rows: readonly number[]): Sums {
  return rows.reduce(
    (sums, i) => ({
      gradient: sums.gradient + (gradient[i] as number),
      weight: sums.weight + (weight[i] as number),
    }),
    { gradient: 0, weight: 0 },
  );
}
