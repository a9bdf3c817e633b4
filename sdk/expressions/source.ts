// The text of an expression, and the errors that point into it.
import { EdgefeatError, type ErrorCode } from "../errors.ts";

/** An expression's text and where it stands in a definition or a request body. */
export class Source {
  readonly text: string;
  readonly pointer: string | undefined;

  constructor(text: string, pointer?: string) {
    this.text = text;
    this.pointer = pointer;
  }

  /** Returns the error for a text that is no expression of the language; `offset` counts UTF-16 units from 0. */
  syntaxError(offset: number, message: string, hint?: string): EdgefeatError {
    return this.#error("expression_syntax_error", offset, message, hint);
  }

  /** Returns the error for an expression that names or combines what it can't. */
  typeError(offset: number, message: string, hint?: string): EdgefeatError {
    return this.#error("expression_type_error", offset, message, hint);
  }

  #error(code: ErrorCode, offset: number, message: string, hint: string | undefined): EdgefeatError {
    const lines = this.text.slice(0, offset).split("\n");
    return new EdgefeatError(code, message, {
      position: { line: lines.length, column: (lines.at(-1) as string).length + 1 },
      ...(hint === undefined ? {} : { hint }),
      ...(this.pointer === undefined ? {} : { pointer: this.pointer }),
    });
  }
}
