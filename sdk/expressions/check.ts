// The one pass over the syntax tree: checks types and builds the closures that evaluate.
import { didYouMean } from "../nearest.ts";
import type { ValueType } from "../types/index.ts";
import { arithmetic, negation } from "./arithmetic.ts";
import type { Artifacts } from "./artifacts.ts";
import { call } from "./call.ts";
import { element, list, membership } from "./collections.ts";
import { comparison } from "./comparison.ts";
import { BOOL, BYTES, DOUBLE, INT, STRING } from "./expression-type.ts";
import { functionByName } from "./functions/index.ts";
import { and, choice, not, or } from "./logic.ts";
import { constant, input, nullLiteral, type Operand } from "./operand.ts";
import { refusal } from "./refused.ts";
import type { Source } from "./source.ts";
import type { Binary, Call, LiteralValue, Node } from "./syntax.ts";

/** What the names of an expression may mean. */
export interface Scope {
  readonly source: Source;
  readonly types: Readonly<Record<string, ValueType>>;
  /** The place of each name that the expression reads, in a row. */
  readonly slots: ReadonlyMap<string, number>;
  readonly requestTime: boolean;
  readonly artifacts: Artifacts;
}

/** Returns the checked operand of a syntax tree. @throws expression_syntax_error, expression_type_error */
export function check(node: Node, scope: Scope): Operand {
  const { source } = scope;
  const of = (child: Node) => check(child, scope);
  switch (node.kind) {
    case "literal":
      return literal(node.value, node.start, source);
    case "name":
      return name(node.name, node.start, scope);
    case "unary":
      return node.operator === "!"
        ? not(of(node.operand), node.start, source)
        : negative(node.operand, node.start, scope);
    case "binary":
      return binary(node, of(node.left), of(node.right), source);
    case "choice":
      return choice(of(node.condition), of(node.yes), of(node.no), source);
    case "list":
      return list(node.elements.map(of), node.start, source);
    case "element":
      return element(of(node.container), of(node.index), source);
    case "call":
      return checkedCall(node, scope);
  }
}

function binary({ operator }: Binary, left: Operand, right: Operand, source: Source): Operand {
  switch (operator) {
    case "&&":
      return and(left, right, source);
    case "||":
      return or(left, right, source);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(operator, left, right, source);
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return comparison(operator, left, right, source);
    case "in":
      return membership(left, right, source);
  }
}

function checkedCall({ name: called, at, start, form, args }: Call, scope: Scope): Operand {
  const { source } = scope;
  const refused = refusal(called, at, source);
  if (refused !== undefined) throw refused;
  if (called === "request_time" && !scope.requestTime) {
    throw source.typeError(at, "request_time() has no meaning here", "a filter sees events, not requests");
  }
  return call({ name: called, at, start, form, operands: args.map((arg) => check(arg, scope)) }, scope);
}

function name(text: string, start: number, { source, types, slots }: Scope): Operand {
  const slot = slots.get(text);
  if (slot !== undefined) return input(slot, types[text] as ValueType, start);
  const isFunction = functionByName(text) !== undefined;
  const hint = isFunction ? `"${text}" is a function: write ${text}(…)` : didYouMean(text, Object.keys(types));
  throw source.typeError(start, `unknown name "${text}"`, hint);
}

function literal(value: LiteralValue, start: number, source: Source): Operand {
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
      return constant(BYTES, value, start);
  }
}

/** Returns a negated operand; the least int can only be written so, its positive having no 64 bits. */
function negative(node: Node, start: number, scope: Scope): Operand {
  if (node.kind === "literal" && node.value === 2n ** 63n) return constant(INT, -(2n ** 63n), start);
  return negation(check(node, scope), start, scope.source);
}
