// The syntax tree of an expression: what parsing makes and checking takes.

/** A value as it is written; an int is any whole number from 0, because a sign before it is an operator of its own. */
export type LiteralValue = bigint | number | string | Uint8Array | boolean | null;

export type UnaryOperator = "-" | "!";

export type BinaryOperator = "||" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";

/** Where a node's text starts, in UTF-16 units from 0; parentheses around it are no part of it. */
interface Placed {
  readonly start: number;
}

export interface Literal extends Placed {
  readonly kind: "literal";
  readonly value: LiteralValue;
}

export interface Name extends Placed {
  readonly kind: "name";
  readonly name: string;
}

export interface Unary extends Placed {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Node;
}

export interface Binary extends Placed {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Node;
  readonly right: Node;
}

/** `condition ? yes : no` */
export interface Choice extends Placed {
  readonly kind: "choice";
  readonly condition: Node;
  readonly yes: Node;
  readonly no: Node;
}

/** `[a, b]` */
export interface List extends Placed {
  readonly kind: "list";
  readonly elements: readonly Node[];
}

/** `container[index]` */
export interface Element extends Placed {
  readonly kind: "element";
  readonly container: Node;
  readonly index: Node;
}

/** `name(…)`, or `receiver.name(…)` */
export interface Call extends Placed {
  readonly kind: "call";
  readonly form: "function" | "method";
  readonly name: string;
  /** Where the name stands. */
  readonly at: number;
  /** The receiver of a method first. */
  readonly args: readonly Node[];
}

export type Node = Literal | Name | Unary | Binary | Choice | List | Element | Call;

export interface SyntaxTree {
  readonly root: Node;
  /** The names that stand for inputs; those of functions are none. */
  readonly names: ReadonlySet<string>;
}
