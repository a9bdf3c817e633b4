// From text to syntax tree: CEL's grammar without macros, maps, messages and fields.
import { Lexer, type Sign, type Token } from "./lexer.ts";
import { Limits, MAX_LENGTH } from "./limits.ts";
import { expected, reserved, unexpected } from "./mistakes.ts";
import type { Source } from "./source.ts";
import type { BinaryOperator, Node, SyntaxTree } from "./syntax.ts";

/** How tightly each operator binds; all of them group from the left. */
const POWERS: Readonly<Record<BinaryOperator, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  in: 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

/** Returns the syntax tree of an expression. @throws expression_syntax_error */
export function parse(source: Source): SyntaxTree {
  const { text } = source;
  if (text.length > MAX_LENGTH) {
    throw source.syntaxError(MAX_LENGTH, `the expression is ${text.length} characters long`, `at most ${MAX_LENGTH}`);
  }
  if (text.trim() === "") throw source.syntaxError(0, "the expression is empty");
  if (!text.isWellFormed()) throw source.syntaxError(0, "the expression holds half a surrogate pair");
  return new Parser(source).parse();
}

class Parser {
  readonly #source: Source;
  readonly #lexer: Lexer;
  readonly #limits: Limits;
  readonly #names = new Set<string>();
  #token: Token;

  constructor(source: Source) {
    this.#source = source;
    this.#limits = new Limits(source);
    this.#lexer = new Lexer(source);
    this.#token = this.#lexer.next();
  }

  parse(): SyntaxTree {
    const root = this.#expression();
    if (this.#token.kind !== "end") throw unexpected(this.#source, this.#token.start);
    return { root, names: this.#names };
  }

  #expression(): Node {
    this.#limits.enter(this.#token.start);
    let node = this.#operation(1);
    if (this.#takes("?")) {
      const yes = this.#expression();
      this.#expect(":", '":" and a second value after "?"');
      const no = this.#expression();
      node = this.#counted({ kind: "choice", start: node.start, condition: node, yes, no });
    }
    this.#limits.depth -= 1;
    return node;
  }

  /** Reads operators that bind at least as tightly as `least`, with what they join. */
  #operation(least: number): Node {
    let left = this.#unary();
    for (;;) {
      const { kind: operator } = this.#token;
      if (!isBinary(operator) || POWERS[operator] < least) return left;
      this.#advance();
      const right = this.#operation(POWERS[operator] + 1);
      left = this.#counted({ kind: "binary", start: left.start, operator, left, right });
    }
  }

  #unary(): Node {
    const { kind: operator, start } = this.#token;
    if (operator !== "-" && operator !== "!") return this.#postfix();
    // Counted before what follows, so that a row of signs can't recurse without bound.
    this.#limits.node(start);
    this.#advance();
    return { kind: "unary", start, operator, operand: this.#unary() };
  }

  #postfix(): Node {
    let node = this.#primary();
    const { depth } = this.#limits;
    for (;;) {
      const { start } = this.#token;
      if (this.#takes(".")) {
        this.#limits.enter(start);
        node = this.#method(node);
      } else if (this.#takes("[")) {
        this.#limits.enter(start);
        const index = this.#expression();
        this.#expect("]");
        node = this.#counted({ kind: "element", start: node.start, container: node, index });
      } else {
        this.#limits.depth = depth;
        return node;
      }
    }
  }

  #method(receiver: Node): Node {
    const token = this.#token;
    if (token.kind !== "name") throw expected(this.#source, token.start, 'the name of a method after "."');
    const { name, start: at } = token;
    this.#advance();
    if (!this.#takes("(")) {
      const hint = "name a feature by itself; where two views have one of that name, pick it under an alias";
      throw this.#source.syntaxError(at, `there are no fields: ".${name}"`, hint);
    }
    const args = [receiver, ...this.#items(")")];
    return this.#counted({ kind: "call", form: "method", start: receiver.start, name, at, args });
  }

  #primary(): Node {
    const token = this.#token;
    const { start } = token;
    switch (token.kind) {
      case "literal":
        this.#advance();
        return this.#counted({ kind: "literal", start, value: token.value });
      case "name":
        return this.#named(token.name, start);
      case "(": {
        this.#advance();
        const node = this.#expression();
        this.#expect(")");
        return node;
      }
      case "[":
        this.#advance();
        return this.#counted({ kind: "list", start, elements: this.#items("]") });
      default:
        throw unexpected(this.#source, start);
    }
  }

  #named(name: string, start: number): Node {
    const fault = reserved(this.#source, start, name);
    // Reserved as a name, but a function all the same: if(condition, yes, no).
    if (fault !== undefined && name !== "if") throw fault;
    this.#advance();
    if (this.#takes("(")) {
      return this.#counted({ kind: "call", form: "function", start, name, at: start, args: this.#items(")") });
    }
    if (fault !== undefined) throw fault;
    this.#names.add(name);
    return this.#counted({ kind: "name", start, name });
  }

  /** Reads arguments or elements, parted by commas, up to the closing sign; a comma may stand before that too. */
  #items(close: ")" | "]"): Node[] {
    const items: Node[] = [];
    while (!this.#takes(close)) {
      const item = this.#expression();
      items.push(item);
      if (close === ")") this.#limits.argument(items.length, item.start);
      if (!this.#takes(",")) {
        this.#expect(close);
        break;
      }
    }
    return items;
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #takes(sign: Sign): boolean {
    if (this.#token.kind !== sign) return false;
    this.#advance();
    return true;
  }

  #expect(sign: Sign, what = `"${sign}"`): void {
    if (!this.#takes(sign)) throw expected(this.#source, this.#token.start, what);
  }

  #counted(node: Node): Node {
    this.#limits.node(node.start);
    return node;
  }
}

function isBinary(kind: Token["kind"]): kind is BinaryOperator {
  return Object.hasOwn(POWERS, kind);
}
