// Functions from one type to another. What does not convert is a fault, never a guess.
import { formatTime } from "../../time.ts";
import { fitsInt64 } from "../../types/index.ts";
import { type EvaluationContext, fail } from "../context.ts";
import { type FunctionEntry, overload } from "./entry.ts";

const INTEGER = /^[+-]?\d{1,19}$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^(?:NaN|[+-]?Infinity)$/;

function intOfDouble(x: number, context: EvaluationContext): bigint | null {
  const whole = Math.trunc(x);
  return whole >= -(2 ** 63) && whole < 2 ** 63 ? BigInt(whole) : fail(context, "value_out_of_range");
}

function intOfText(text: string, context: EvaluationContext): bigint | null {
  if (!INTEGER.test(text)) return fail(context, "bad_conversion");
  return inRange(BigInt(text.startsWith("+") ? text.slice(1) : text), context);
}

function inRange(n: bigint, context: EvaluationContext): bigint | null {
  return fitsInt64(n) ? n : fail(context, "value_out_of_range");
}

function doubleOfText(text: string, context: EvaluationContext): number | null {
  if (NOT_FINITE.test(text)) return Number(text);
  if (!NUMBER.test(text)) return fail(context, "bad_conversion");
  const x = Number(text);
  return Number.isFinite(x) ? x : fail(context, "value_out_of_range");
}

export const conversionFunctions: readonly FunctionEntry[] = [
  {
    name: "int",
    parameters: ["x"],
    overloads: [
      overload(["int64"], "int64", (x) => x),
      overload(["float64"], "int64", intOfDouble),
      overload(["string"], "int64", intOfText),
      overload(["decimal"], "int64", (x, context) => inRange(BigInt(x.replace(/\..*$/, "")), context)),
      overload(["bool"], "int64", (x) => (x ? 1n : 0n)),
    ],
  },
  {
    name: "double",
    parameters: ["x"],
    overloads: [
      overload(["float64"], "float64", (x) => x),
      overload(["int64"], "float64", (x) => Number(x)),
      overload(["string"], "float64", doubleOfText),
      overload(["decimal"], "float64", (x) => Number(x)),
      overload(["bool"], "float64", (x) => (x ? 1 : 0)),
    ],
  },
  {
    name: "string",
    parameters: ["x"],
    overloads: [
      overload(["string"], "string", (x) => x),
      overload(["int64"], "string", (x) => String(x)),
      overload(["float64"], "string", (x) => (Object.is(x, -0) ? "-0" : String(x))),
      overload(["bool"], "string", (x) => String(x)),
      overload(["timestamp"], "string", (x) => formatTime(x)),
      overload(["decimal"], "string", (x) => x),
    ],
  },
  {
    name: "bool",
    parameters: ["x"],
    overloads: [
      overload(["bool"], "bool", (x) => x),
      overload(["string"], "bool", (x, context) =>
        x === "true" ? true : x === "false" ? false : fail(context, "bad_conversion"),
      ),
    ],
  },
];
