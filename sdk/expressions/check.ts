// The one pass over the syntax tree: checks types and builds the closures that evaluate.
import { didYouMean } from "../nearest.ts";
import type { ValueType } from "../types/index.ts";
import { arithmetic, type ArithmeticOperator, negation } from "./arithmetic.ts";
import { call } from "./call.ts";
import { element, list, membership } from "./collections.ts";
import { comparison, type EqualityOperator, type OrderOperator } from "./comparison.ts";
import { BOOL, BYTES, DOUBLE, INT, STRING } from "./expression-type.ts";
import { functionByName, functionNames } from "./functions/index.ts";
import { and, choice, not, or } from "./logic.ts";
import { constant, input, nullLiteral, type Operand } from "./operand.ts";
import type { Node } from "./parse.ts";
import { refusal } from "./refused.ts";
import type { Source } from "./source.ts";

/** What the names of an expression may mean. */
export interface Scope {
  readonly source: Source;
  readonly types: Readonly<Record<string, ValueType>>;
  /** The place of each name that the expression reads, in a row. */
  readonly slots: ReadonlyMap<string, number>;
  readonly requestTime: boolean;
}

/** Returns the checked operand of a syntax tree. @throws expression_syntax_error, expression_type_error */
export function check(node: Node, scope: Scope): Operand {
  const { source } = scope;
  const of = (child: Node) => check(child, scope);
  switch (node.op) {
    case "value":
      return literal(node.args, node.start, source);
    case "id":
      return name(node.args, node.start, scope);
    case "?:":
      return choice(of(node.args[0]), of(node.args[1]), of(node.args[2]), source);
    case "&&":
      return and(of(node.args[0]), of(node.args[1]), source);
    case "||":
      return or(of(node.args[0]), of(node.args[1]), source);
    case "!_":
      return not(of(node.args), node.start, source);
    case "-_":
      return negative(node.args, node.start, scope);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(node.op satisfies ArithmeticOperator, of(node.args[0]), of(node.args[1]), source);
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return comparison(node.op satisfies OrderOperator | EqualityOperator, of(node.args[0]), of(node.args[1]), source);
    case "in":
      return membership(of(node.args[0]), of(node.args[1]), source);
    case "list":
      return list(node.args.map(of), node.start, source);
    case "[]":
      return element(of(node.args[0]), of(node.args[1]), source);
    case "call": {
      const [called, args] = node.args;
      return checkedCall({ called, at: node.start, start: node.start, form: "function", args }, scope);
    }
    case "rcall": {
      const [called, receiver, args] = node.args;
      const at = source.text.indexOf(called, receiver.end);
      return checkedCall({ called, at, start: node.start, form: "method", args: [receiver, ...args] }, scope);
    }
    case ".":
      throw source.syntaxError(
        node.pos,
        `there are no fields: ".${node.args[1]}"`,
        "name a feature by itself; where two views have one of that name, pick it under an alias",
      );
    default:
      throw source.syntaxError(node.start, "there are no maps and no optional values");
  }
}

interface WrittenCall {
  called: string;
  at: number;
  start: number;
  form: "function" | "method";
  args: readonly Node[];
}

function checkedCall({ called, at, start, form, args }: WrittenCall, scope: Scope): Operand {
  const { source } = scope;
  const refused = refusal(called, at, source);
  if (refused !== undefined) throw refused;
  if (called === "request_time" && !scope.requestTime) {
    throw source.typeError(at, "request_time() has no meaning here", "a filter sees events, not requests");
  }
  return call({ name: called, at, start, form, operands: args.map((arg) => check(arg, scope)) }, source);
}

function name(text: string, start: number, { source, types, slots }: Scope): Operand {
  const slot = slots.get(text);
  if (slot !== undefined) return input(slot, types[text] as ValueType, start);
  const isFunction = functionByName(text) !== undefined || functionNames.includes(text);
  const hint = isFunction ? `"${text}" is a function: write ${text}(…)` : didYouMean(text, Object.keys(types));
  throw source.typeError(start, `unknown name "${text}"`, hint);
}

type Literal = Extract<Node, { op: "value" }>["args"];

function literal(value: Literal, start: number, source: Source): Operand {
  if (value === null) return nullLiteral(start);
  switch (typeof value) {
    case "boolean":
      return constant(BOOL, value, start);
    case "number":
      return constant(DOUBLE, value, start);
    case "string":
      return constant(STRING, value, start);
    case "bigint":
      if (BigInt.asIntN(64, value) === value) return constant(INT, value, start);
      throw source.typeError(start, `${value} does not fit an int of 64 bits`, `write ${value}.0 for a double`);
    default:
      if (value instanceof Uint8Array) return constant(BYTES, value, start);
      throw source.syntaxError(start, "there are no unsigned integers", 'leave the "u" out');
  }
}

/** Returns a negated operand; the least int can only be written so, its positive having no 64 bits. */
function negative(node: Node, start: number, scope: Scope): Operand {
  if (node.op === "value" && node.args === 2n ** 63n) return constant(INT, -(2n ** 63n), start);
  return negation(check(node, scope), start, scope.source);
}
