// Functions of numbers.
import { fail } from "../context.ts";
import { atan2, cos, exp, ln, log10, log1p, pow, sin, tan } from "../math/index.ts";
import { type FunctionEntry, overload } from "./entry.ts";

const INT64_MIN = -(2n ** 63n);

function double(name: string, evaluate: (x: number) => number, doc: string): FunctionEntry {
  return { name, parameters: ["x"], overloads: [overload(["float64"], "float64", (x) => evaluate(x))], doc };
}

/** Rounds to the nearest whole number, ties away from zero. */
function round(x: number): number {
  const magnitude = Math.abs(x);
  const floor = Math.floor(magnitude);
  const rounded = magnitude - floor >= 0.5 ? floor + 1 : floor;
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}

/** Reduces exactly before it multiplies, so that a large x keeps its phase. */
function phase(x: number, period: number): number {
  return 2 * Math.PI * ((x % period) / period);
}

export const numberFunctions: readonly FunctionEntry[] = [
  {
    name: "abs",
    parameters: ["x"],
    overloads: [
      overload(["int64"], "int64", (x, context) =>
        x === INT64_MIN ? fail(context, "integer_overflow") : x < 0n ? -x : x,
      ),
      overload(["float64"], "float64", (x) => Math.abs(x)),
    ],
    doc: "The number without its sign. A fault for the least int, whose positive has no 64 bits.",
  },
  {
    name: "min",
    parameters: ["a", "b"],
    overloads: [
      overload(["int64", "int64"], "int64", (a, b) => (b < a ? b : a)),
      overload(["float64", "float64"], "float64", (a, b) => Math.min(a, b)),
      overload(["timestamp", "timestamp"], "timestamp", (a, b) => (b < a ? b : a)),
    ],
    variadic: true,
    doc: "The least of two or more. Null when one is null, NaN when one is NaN: nothing is skipped.",
  },
  {
    name: "max",
    parameters: ["a", "b"],
    overloads: [
      overload(["int64", "int64"], "int64", (a, b) => (b > a ? b : a)),
      overload(["float64", "float64"], "float64", (a, b) => Math.max(a, b)),
      overload(["timestamp", "timestamp"], "timestamp", (a, b) => (b > a ? b : a)),
    ],
    variadic: true,
    doc: "The greatest of two or more. Null when one is null, NaN when one is NaN: nothing is skipped.",
  },
  {
    name: "clamp",
    parameters: ["x", "low", "high"],
    overloads: [
      overload(["int64", "int64", "int64"], "int64", (x, low, high) => {
        const raised = x < low ? low : x;
        return raised > high ? high : raised;
      }),
      overload(["float64", "float64", "float64"], "float64", (x, low, high) => Math.min(Math.max(x, low), high)),
    ],
    doc: "min(max(x, low), high): x within low … high, both included.",
  },
  double(
    "round",
    round,
    "The nearest whole number, as a double; ties away from zero: round(2.5) is 3.0, round(-2.5) is -3.0.",
  ),
  double("floor", Math.floor, "The greatest whole number that is not above x, as a double."),
  double("ceil", Math.ceil, "The least whole number that is not below x, as a double."),
  double("sqrt", Math.sqrt, "The square root, correctly rounded; NaN below zero."),
  double("exp", exp, "e to the power of x."),
  double("ln", ln, "The natural logarithm; -Infinity for zero, NaN below."),
  double("log1p", log1p, "ln(1 + x), accurate near zero too; -Infinity for -1, NaN below."),
  double("log10", log10, "The decimal logarithm, exact for powers of ten; -Infinity for zero, NaN below."),
  {
    name: "pow",
    parameters: ["x", "y"],
    overloads: [overload(["float64", "float64"], "float64", (x, y) => pow(x, y))],
    doc: "x to the power of y, by IEEE 754: pow(x, 0.0) and pow(1.0, y) are 1.0 whatever the other is.",
  },
  double("sin", sin, "The sine of x radians."),
  double("cos", cos, "The cosine of x radians."),
  double("tan", tan, "The tangent of x radians."),
  {
    name: "atan2",
    parameters: ["y", "x"],
    overloads: [overload(["float64", "float64"], "float64", (y, x) => atan2(y, x))],
    doc: "The angle of the point (x, y) in radians, -π to π.",
  },
  {
    name: "sin_cycle",
    parameters: ["x", "period"],
    overloads: [overload(["float64", "float64"], "float64", (x, period) => sin(phase(x, period)))],
    doc: "sin(2π · (x mod period) / period): with cos_cycle, a point on a circle for hours, weekdays and the like.",
  },
  {
    name: "cos_cycle",
    parameters: ["x", "period"],
    overloads: [overload(["float64", "float64"], "float64", (x, period) => cos(phase(x, period)))],
    doc: "cos(2π · (x mod period) / period).",
  },
  {
    name: "is_nan",
    parameters: ["x"],
    overloads: [overload(["float64"], "bool", (x) => Number.isNaN(x))],
    doc: "True for NaN, the result of 0.0 / 0.0. Null is no NaN: is_nan(null) is null.",
  },
];
