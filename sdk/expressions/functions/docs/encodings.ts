// The reference's text on functions that make a model's inputs.
import type { FunctionTexts } from "./function-text.ts";

export const encodingTexts: FunctionTexts = {
  one_hot: {
    gives:
      "A list of doubles, 1.0 at the place of x among the values, else 0.0; all 0.0 where x is none of them. Of a vocabulary: 1.0 at vocabulary_index(text, name) where that is a place in the list, which has one place more than the terms when outOfVocabulary is their number. At most 1,000 elements. Its length is known, so that it fits a feature vector(n).",
    examples: [
      ['one_hot(carrier, ["AA", "DL"])', "[0.0, 1.0]"],
      ["one_hot(7, [1, 2, 3])", "[0.0, 0.0, 0.0]"],
      ['one_hot(carrier, "carriers")', "[0.0, 1.0, 0.0, 0.0]"],
    ],
  },
  bucketize: {
    gives:
      "How many of the rising boundaries are at or below x: bucket 0 is below the first, bucket i from the i-th, included, to the next, excluded, the last from the last boundary up. -0.0 is 0.0; an int is compared as a double.",
    faults: "value_out_of_range for NaN.",
    examples: [
      ["bucketize(delay, [0, 15, 60])", "2"],
      ["bucketize(15, [0, 15, 60])", "2"],
      ["bucketize(-0.0, [0.0])", "1"],
      ["bucketize(1.0 / 0.0, [0, 15, 60])", "3"],
    ],
  },
  standardize: {
    gives:
      "(x - mean) / stddev, in doubles and in that order, of a scaler or of the numbers given. A scaler's deviation is above 0; of numbers, a deviation of 0 gives an infinity or NaN.",
    examples: [
      ['standardize(delay, "delay_scaler")', "2.0"],
      ["standardize(delay, 20.0, 4.0)", "1.5"],
      ["standardize(delay, 20.0, 0.0)", "Infinity"],
    ],
  },
  vocabulary_index: {
    gives:
      "The place of the text among the vocabulary's terms, counted from 0; of any other text the vocabulary's outOfVocabulary, or null where it has none. Texts are equal when all their characters are: case counts. For ids that are ints write vocabulary_index(string(id), name).",
    examples: [
      ['vocabulary_index(carrier, "carriers")', "1"],
      ['vocabulary_index("ZZ", "carriers")', "3"],
      ['vocabulary_index("Sunday", "days")', "null"],
    ],
  },
  hash_bucket: {
    gives:
      'The MurmurHash3 (x86, 32 bits, seed 0) of the UTF-8 bytes of the text, taken as unsigned, modulo n: 0 to n - 1. An int is hashed as its decimal text. n is from 1 to 2,147,483,647. Hashes before the modulo: "" 0, "test" 3127628307, "Hello, world!" 3224780355, "The quick brown fox jumps over the lazy dog" 776992547.',
    examples: [
      ['hash_bucket("test", 1000)', "307"],
      ["hash_bucket(42, 1000)", "814"],
      ['hash_bucket("42", 1000)', "814"],
    ],
  },
};
