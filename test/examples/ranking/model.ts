// The model: small trees whose sum says how likely a flight is to be late. The Worker and the training share this file.

/** Below or at the cut, or null, on one side; above it on the other. A leaf is its share of the sum. */
export type Tree = number | { readonly input: number; readonly cut: number; readonly low: Tree; readonly high: Tree };

export interface Model {
  /** What each input is: a feature, or an element of a vector. */
  readonly inputs: readonly { readonly feature: string; readonly element?: number }[];
  /** The log-odds that the trees add to. */
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** A row of features, by name, as a store serves it or a training set has it. */
export type FeatureRow = Readonly<Record<string, unknown>>;

/** Returns a row's numbers in the model's order; NaN for null. */
export function inputsOf({ inputs }: Pick<Model, "inputs">, row: FeatureRow): Float64Array {
  return Float64Array.from(inputs, ({ feature, element }) => {
    const value = row[feature];
    return value === null ? Number.NaN : Number(element === undefined ? value : (value as Float32Array)[element]);
  });
}

/** Returns the log-odds that a flight is late: sums alone, so that they are the same to the bit in every engine. */
export function logOdds(model: Model, row: FeatureRow): number {
  const inputs = inputsOf(model, row);
  return model.trees.reduce<number>((sum, tree) => sum + valueOf(tree, inputs), model.base);
}

export function valueOf(tree: Tree, inputs: Float64Array): number {
  let node = tree;
  while (typeof node !== "number") node = (inputs[node.input] as number) > node.cut ? node.high : node.low;
  return node;
}
