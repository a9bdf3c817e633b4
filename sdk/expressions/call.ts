// Calls: which function a name means, which overload its arguments pick, and what is refused by name.
import { didYouMean } from "../nearest.ts";
import { parseTimeExact } from "../time.ts";
import type { Value, ValueType } from "../types/index.ts";
import type { Evaluator } from "./context.ts";
import {
  commonType,
  conversionHint,
  DOUBLE,
  type ExpressionType,
  isNumber,
  showType,
  TIMESTAMP,
} from "./expression-type.ts";
import { type FunctionEntry, functionByName, functionNames, type Kind, type Overload } from "./functions/index.ts";
import { kindName, signatures } from "./functions/reference.ts";
import { coalesce, isNull } from "./logic.ts";
import { constant, folded, type Operand, promoted } from "./operand.ts";
import type { Source } from "./source.ts";

export interface Call {
  readonly name: string;
  /** Where the name stands. */
  readonly at: number;
  readonly start: number;
  readonly form: "function" | "method";
  /** The receiver of a method first. */
  readonly operands: readonly Operand[];
}

/** Returns the operand of a site. @throws expression_type_error */
export function call(site: Call, source: Source): Operand {
  if (site.form === "function") {
    switch (site.name) {
      case "is_null":
        return isNull(counted(site, 1, source)[0] as Operand, site.start, source);
      case "coalesce":
        if (site.operands.length < 2) throw arity(site, "2 arguments or more", source);
        return coalesce(site.operands, site.start, source);
      case "timestamp":
        return moment(counted(site, 1, source)[0] as Operand, site.start, source);
    }
  }
  const entry = functionByName(site.name);
  if (entry === undefined) {
    const message = `there is no ${site.form === "method" ? "method" : "function"} "${site.name}"`;
    throw source.typeError(site.at, message, didYouMean(site.name, functionNames));
  }
  if (entry.form !== "either" && (entry.form === "method") !== (site.form === "method")) {
    const usage = signatures(entry)[0] as string;
    throw source.typeError(
      site.at,
      `"${site.name}" is a ${entry.form ?? "function"}`,
      `write ${usage.replace(/: [^,)]*/g, "")}`,
    );
  }
  if (entry.variadic === true) return folds(entry, site, source);
  counted(site, entry.parameters.length, source);
  return applied(entry, pick(entry, site, source), site.operands, site.start);
}

function counted(site: Call, count: number, source: Source): readonly Operand[] {
  if (site.operands.length === count) return site.operands;
  throw arity(site, count === 1 ? "1 argument" : `${count === 0 ? "no" : count} arguments`, source);
}

function arity(site: Call, wanted: string, source: Source) {
  const entry = functionByName(site.name);
  const hint = entry && `write ${signatures(entry)[0] as string}`;
  return source.typeError(site.at, `${site.name}() takes ${wanted}, not ${site.operands.length}`, hint);
}

function moment(operand: Operand, start: number, source: Source): Operand {
  if (typeof operand.constant !== "string") {
    const message = `timestamp() takes a text literal, not ${operand.type.kind === "string" ? "a computed text" : showType(operand.type)}`;
    throw source.typeError(operand.start, message, 'write it as timestamp("2001-03-31T00:00:00Z")');
  }
  try {
    return constant(TIMESTAMP, parseTimeExact(operand.constant), start);
  } catch (cause) {
    const { message, hint } = cause as { message: string; hint?: string };
    throw source.typeError(operand.start, message, hint);
  }
}

function folds(entry: FunctionEntry, site: Call, source: Source): Operand {
  if (site.operands.length < 2) throw arity(site, "2 arguments or more", source);
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

function pick(entry: FunctionEntry, site: Call, source: Source): Overload {
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
