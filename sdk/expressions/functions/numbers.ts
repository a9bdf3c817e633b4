// Functions of numbers.
import { fail } from "../context.ts";
import { atan2, cos, exp, ln, log10, log1p, pow, sin, tan } from "../math/index.ts";
import { type FunctionEntry, overload } from "./entry.ts";

const INT64_MIN = -(2n ** 63n);

function double(name: string, evaluate: (x: number) => number): FunctionEntry {
  return { name, parameters: ["x"], overloads: [overload(["float64"], "float64", (x) => evaluate(x))] };
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
  },
  double("round", round),
  double("floor", Math.floor),
  double("ceil", Math.ceil),
  double("sqrt", Math.sqrt),
  double("exp", exp),
  double("ln", ln),
  double("log1p", log1p),
  double("log10", log10),
  {
    name: "pow",
    parameters: ["x", "y"],
    overloads: [overload(["float64", "float64"], "float64", (x, y) => pow(x, y))],
  },
  double("sin", sin),
  double("cos", cos),
  double("tan", tan),
  {
    name: "atan2",
    parameters: ["y", "x"],
    overloads: [overload(["float64", "float64"], "float64", (y, x) => atan2(y, x))],
  },
  {
    name: "sin_cycle",
    parameters: ["x", "period"],
    overloads: [overload(["float64", "float64"], "float64", (x, period) => sin(phase(x, period)))],
  },
  {
    name: "cos_cycle",
    parameters: ["x", "period"],
    overloads: [overload(["float64", "float64"], "float64", (x, period) => cos(phase(x, period)))],
  },
  {
    name: "is_nan",
    parameters: ["x"],
    overloads: [overload(["float64"], "bool", (x) => Number.isNaN(x))],
  },
];
