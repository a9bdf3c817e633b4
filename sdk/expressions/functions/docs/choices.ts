// The reference's text on functions that choose what to evaluate.
import type { FunctionTexts } from "./function-text.ts";

export const choiceTexts: FunctionTexts = {
  is_null: {
    gives: "True when x is null.",
    nulls: "Never null.",
    faults: "A fault in x stays one.",
    examples: [
      ["is_null(missing)", "true"],
      ["is_null(0.0 / 0.0)", "false"],
    ],
  },
  coalesce: {
    gives:
      "The first argument that is not null; those after it are not evaluated. Ints beside doubles become doubles. NaN is not null.",
    nulls: "Null when every argument is.",
    faults: "A fault in an argument that is evaluated stays one: it stops nulls, not faults.",
    examples: [
      ["coalesce(missing, 0)", "0.0"],
      ["coalesce(delay, 1 / 0)", "26.0"],
    ],
  },
  if: {
    gives:
      "yes when the condition is true, no when it is false; the other one is not evaluated. The same as condition ? yes : no. Ints beside doubles become doubles.",
    nulls: "Null when the condition is null, or the branch taken.",
    faults: "A fault in the condition or in the branch taken.",
    examples: [
      ['if(delay > 15.0, "late", "on time")', '"late"'],
      ["if(delay > 0.0, 1, 1 / 0)", "1"],
      ["if(missing > 0.0, 1, 2)", "null"],
    ],
  },
};
