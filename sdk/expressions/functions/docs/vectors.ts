// The reference's text on functions of vectors and lists of numbers.
import type { FunctionTexts } from "./function-text.ts";

const LENGTHS =
  "length_mismatch where the lengths differ; lengths known beforehand, of vectors and list literals, are checked when registered.";

export const vectorTexts: FunctionTexts = {
  dot: {
    gives:
      "a₀·b₀ + a₁·b₁ + …, from 0.0 and the first element to the last, in doubles: each product rounded, then each sum. 0.0 for empty lists.",
    faults: LENGTHS,
    examples: [
      ["dot([1, 2, 3], [4, 5, 6])", "32.0"],
      ["dot([1e16, 1.0, -1e16], [1, 1, 1])", "0.0"],
    ],
  },
  l2_norm: {
    gives:
      "sqrt(dot(a, a)): the Euclidean length. 0.0 for an empty list; Infinity where a square is beyond a double, above about 1.3e154.",
    examples: [["l2_norm([3, 4])", "5.0"]],
  },
  cosine_similarity: {
    gives:
      "dot(a, b) / (l2_norm(a) · l2_norm(b)), then clamped to -1 … 1, which rounding may pass. NaN (0.0 / 0.0) where one is all zeros or empty: test with is_nan.",
    faults: LENGTHS,
    examples: [
      ["cosine_similarity([1, 0], [1, 1])", "0.7071067811865475"],
      ["cosine_similarity([0, 0], [1, 1])", "NaN"],
    ],
  },
};
