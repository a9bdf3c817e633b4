// How large an expression may be; held while parsing, so that no text can exhaust the stack.
import type { EdgefeatError } from "../errors.ts";
import type { Source } from "./source.ts";

/** Longest text of an expression, in UTF-16 units. */
export const MAX_LENGTH = 4096;
/** Most nodes of a tree, and so the longest list. It bounds how deep checking and evaluating recurse: n operators nest n deep. */
const MAX_NODES = 1000;
/** How deep parentheses, brackets, arguments, methods and the branches of ?: may nest. */
const MAX_DEPTH = 100;
const MAX_ARGUMENTS = 32;

/** Counts what is parsed of one expression. */
export class Limits {
  readonly #source: Source;
  #nodes = 0;
  depth = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  /** @throws expression_syntax_error when there is one node too many, which starts `at` */
  node(at: number): void {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw this.#tooLarge(at, `it has more than ${MAX_NODES} parts`);
  }

  /** @throws expression_syntax_error when it nests too deep */
  enter(at: number): void {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.#tooLarge(at, `it nests more than ${MAX_DEPTH} deep`);
  }

  /** @throws expression_syntax_error when the argument that starts `at` is one too many */
  argument(count: number, at: number): void {
    if (count > MAX_ARGUMENTS) throw this.#tooLarge(at, `a call has more than ${MAX_ARGUMENTS} arguments`);
  }

  #tooLarge(at: number, why: string): EdgefeatError {
    const hint = `${why}; compute a part of it in a view of its own`;
    return this.#source.syntaxError(at, "the expression is too large", hint);
  }
}
