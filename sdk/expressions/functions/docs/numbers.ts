// The reference's text on functions of numbers.
import type { FunctionTexts } from "./function-text.ts";

export const numberTexts: FunctionTexts = {
  abs: {
    gives: "The number without its sign; abs(-0.0) is 0.0.",
    faults: "integer_overflow for the least int, whose positive has no 64 bits.",
    examples: [
      ["abs(-3)", "3"],
      ["abs(-2.5)", "2.5"],
    ],
  },
  min: {
    gives: "The least of two or more; -0.0 is below 0.0. NaN when one is NaN: nothing is skipped.",
    examples: [
      ["min(3, 1, 2)", "1"],
      ["min(delay, 10)", "10.0"],
      ["min(delay, missing)", "null"],
    ],
  },
  max: {
    gives: "The greatest of two or more; 0.0 is above -0.0. NaN when one is NaN: nothing is skipped.",
    examples: [
      ["max(3, 1, 2)", "3"],
      ["max(delay, 0.0 / 0.0)", "NaN"],
    ],
  },
  clamp: {
    gives:
      "min(max(x, low), high): x within low … high, both included; high where low is above it. NaN when one is NaN.",
    examples: [
      ["clamp(delay, 0, 15)", "15.0"],
      ["clamp(-4, 0, 15)", "0"],
    ],
  },
  round: {
    gives:
      "The nearest whole number, as a double; ties away from zero. Keeps -0.0, the infinities and NaN; what is at or beyond 2^52 is whole already.",
    examples: [
      ["round(2.5)", "3.0"],
      ["round(-2.5)", "-3.0"],
      ["round(0.49999999999999994)", "0.0"],
    ],
  },
  floor: { gives: "The greatest whole number that is not above x, as a double.", examples: [["floor(-2.5)", "-3.0"]] },
  ceil: { gives: "The least whole number that is not below x, as a double.", examples: [["ceil(2.1)", "3.0"]] },
  sqrt: {
    gives: "The square root, correctly rounded; NaN below zero, -0.0 for -0.0.",
    examples: [
      ["sqrt(2.0)", "1.4142135623730951"],
      ["sqrt(-1.0)", "NaN"],
    ],
  },
  exp: {
    gives: "e to the power of x, within one unit in the last place; Infinity above 709.78, 0.0 for -Infinity.",
    examples: [
      ["exp(1.0)", "2.718281828459045"],
      ["exp(710.0)", "Infinity"],
    ],
  },
  ln: {
    gives: "The natural logarithm, within one unit in the last place; -Infinity for zero, NaN below.",
    examples: [
      ["ln(10.0)", "2.302585092994046"],
      ["ln(0.0)", "-Infinity"],
    ],
  },
  log1p: {
    gives: "ln(1 + x), accurate near zero too; -Infinity for -1, NaN below.",
    examples: [
      ["log1p(1e-20)", "1e-20"],
      ["log1p(-1.0)", "-Infinity"],
    ],
  },
  log10: {
    gives: "The decimal logarithm, exact for powers of ten; -Infinity for zero, NaN below.",
    examples: [["log10(0.001)", "-3.0"]],
  },
  pow: {
    gives:
      "x to the power of y, by IEEE 754: pow(x, 0.0) and pow(1.0, y) are 1.0 whatever the other is, NaN too; NaN for x below zero and y not whole.",
    examples: [
      ["pow(2, 10)", "1024.0"],
      ["pow(-8.0, 1.0 / 3.0)", "NaN"],
    ],
  },
  sin: { gives: "The sine of x radians; NaN for the infinities.", examples: [["sin(0.5)", "0.479425538604203"]] },
  cos: { gives: "The cosine of x radians; NaN for the infinities.", examples: [["cos(0.5)", "0.8775825618903728"]] },
  tan: { gives: "The tangent of x radians; NaN for the infinities.", examples: [["tan(0.5)", "0.5463024898437905"]] },
  atan2: {
    gives: "The angle of the point (x, y) in radians, -π to π.",
    examples: [["atan2(1.0, -1.0)", "2.356194490192345"]],
  },
  sin_cycle: {
    gives:
      "sin(2π · (r / period)) with r the remainder of x / period, exact and of x's sign: with cos_cycle a point on a circle for hours, weekdays and the like. NaN for a period of 0 and for infinite x.",
    examples: [
      ["sin_cycle(6, 24)", "1.0"],
      ["sin_cycle(hour(request_time()), 24)", "1.2246467991473532e-16"],
    ],
  },
  cos_cycle: {
    gives: "cos(2π · (r / period)) with r the remainder of x / period, exact and of x's sign. NaN as sin_cycle.",
    examples: [
      ["cos_cycle(12, 24)", "-1.0"],
      ["cos_cycle(1, 0)", "NaN"],
    ],
  },
  is_nan: {
    gives: "True for NaN, the result of 0.0 / 0.0. Null is no NaN.",
    examples: [
      ["is_nan(0.0 / 0.0)", "true"],
      ["is_nan(missing)", "null"],
    ],
  },
};
