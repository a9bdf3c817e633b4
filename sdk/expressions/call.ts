// Calls: which function a name means, which overload its arguments pick, and what is refused by name.
import { didYouMean } from "../nearest.ts";
import type { Value, ValueType } from "../types/index.ts";
import type { Evaluator } from "./context.ts";
import { commonType, conversionHint, DOUBLE, type ExpressionType, isNumber, showType } from "./expression-type.ts";
import {
  type CallSite,
  type CallScope,
  type FormEntry,
  functionByName,
  type FunctionEntry,
  functionNames,
  isForm,
  type Kind,
  kindName,
  type Overload,
  signatures,
} from "./functions/index.ts";
import { folded, type Operand, promoted } from "./operand.ts";
import type { Source } from "./source.ts";

/** Returns the operand of a call. @throws expression_type_error */
export function call(site: CallSite, scope: CallScope): Operand {
  const { source } = scope;
  const entry = functionByName(site.name);
  if (entry === undefined) {
    const message = `there is no ${site.form === "method" ? "method" : "function"} "${site.name}"`;
    throw source.typeError(site.at, message, didYouMean(site.name, functionNames));
  }
  const form = isForm(entry) ? "function" : (entry.form ?? "function");
  if (form !== "either" && form !== site.form) {
    const usage = signatures(entry)[0] as string;
    throw source.typeError(site.at, `"${site.name}" is a ${form}`, `write ${usage.replace(/: [^,)]*/g, "")}`);
  }
  checkArity(entry, site, source);
  if (isForm(entry)) return entry.build(site, scope);
  if (entry.variadic === true) return folds(entry, site, source);
  return applied(entry, pick(entry, site, source), site.operands, site.start);
}

function checkArity(entry: FunctionEntry | FormEntry, site: CallSite, source: Source): void {
  const [least, most] = arity(entry);
  const { length } = site.operands;
  if (length >= least && length <= most) return;
  const count = least === 0 ? "no" : String(least);
  const wanted = least === most ? count : most === Infinity ? `${count} or more` : `${count} to ${most}`;
  const noun = wanted === "1" ? "argument" : "arguments";
  const message = `${site.name}() takes ${wanted} ${noun}, not ${length}`;
  throw source.typeError(site.at, message, `write ${signatures(entry)[0] as string}`);
}

function arity(entry: FunctionEntry | FormEntry): readonly [least: number, most: number] {
  if (isForm(entry)) return entry.arity;
  return entry.variadic === true ? [2, Infinity] : [entry.parameters.length, entry.parameters.length];
}

function folds(entry: FunctionEntry, site: CallSite, source: Source): Operand {
  let type: ExpressionType = { kind: "null" };
  for (const operand of site.operands) {
    const common = commonType(type, operand.type);
    const fits = operand.type.kind !== "null" && common !== undefined;
    if (!fits || !entry.overloads.some(({ takes }) => takes[0] === common.kind)) {
      const kinds = entry.overloads.map(({ takes }) => kindName(takes[0] as Kind));
      const wanted = type.kind === "null" || !fits ? type : DOUBLE;
      const message = `${entry.name}() takes ${kinds.join(" or ")}, all alike, not ${showType(operand.type)}`;
      throw source.typeError(
        operand.start,
        message,
        conversionHint(operand.type, wanted.kind === "null" ? DOUBLE : wanted),
      );
    }
    type = common;
  }
  const chosen = entry.overloads.find(({ takes }) => takes[0] === type.kind) as Overload;
  const [first, ...rest] = site.operands as readonly [Operand, ...Operand[]];
  return rest.reduce((left, right) => applied(entry, chosen, [left, right], site.start), promoted(first, type));
}

function pick(entry: FunctionEntry, site: CallSite, source: Source): Overload {
  const { operands } = site;
  const exact = entry.overloads.find(({ takes }) => takes.every((kind, i) => operands[i]?.type.kind === kind));
  const chosen =
    exact ?? entry.overloads.find(({ takes }) => takes.every((kind, i) => fits(operands[i] as Operand, kind)));
  if (chosen !== undefined) return chosen;
  const position = operands.findIndex(
    (operand, i) => !entry.overloads.some(({ takes }) => fits(operand, takes[i] as Kind)),
  );
  const at = Math.max(0, position);
  const wrong = operands[at] as Operand;
  const kinds = [...new Set(entry.overloads.map(({ takes }) => takes[at] as Kind))];
  const message = `${entry.name}() takes ${kinds.map(kindName).join(" or ")} as "${entry.parameters[at] as string}", not ${showType(wrong.type)}`;
  throw source.typeError(wrong.start, message, conversionHint(wrong.type, { kind: kinds[0] } as ValueType));
}

function fits(operand: Operand, kind: Kind): boolean {
  return operand.type.kind === kind || (kind === "float64" && isNumber(operand.type));
}

type Closure = (...values: unknown[]) => Value | null;

function applied(entry: FunctionEntry, chosen: Overload, operands: readonly Operand[], start: number): Operand {
  const f = chosen.evaluate as Closure;
  const type = { kind: chosen.gives } as ValueType;
  const converted = operands.map((operand, i) => (chosen.takes[i] === "float64" ? promoted(operand, DOUBLE) : operand));
  const operand: Operand = {
    type,
    start,
    evaluate: applier(
      f,
      converted.map(({ evaluate }) => evaluate),
    ),
  };
  // What has no arguments depends on the moment, not on its text.
  return entry.parameters.length === 0 ? operand : folded(operand, converted);
}

function applier(f: Closure, [a, b, c, d]: readonly Evaluator[]): Evaluator {
  if (a === undefined) return (_row, context) => f(context);
  if (b === undefined) {
    return (row, context) => {
      const x = a(row, context);
      return x === null ? null : f(x, context);
    };
  }
  if (c === undefined) {
    return (row, context) => {
      const x = a(row, context);
      const y = b(row, context);
      return x === null || y === null ? null : f(x, y, context);
    };
  }
  if (d === undefined) {
    return (row, context) => {
      const x = a(row, context);
      const y = b(row, context);
      const z = c(row, context);
      return x === null || y === null || z === null ? null : f(x, y, z, context);
    };
  }
  return (row, context) => {
    const x = a(row, context);
    const y = b(row, context);
    const z = c(row, context);
    const w = d(row, context);
    return x === null || y === null || z === null || w === null ? null : f(x, y, z, w, context);
  };
}
