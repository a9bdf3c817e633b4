// What readers of text formats share: which columns, by which declared types, and what becomes of a cell that is none of its type.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ValueType } from "../../sdk/types/index.ts";

/** A cell that its column's type can't read. */
export interface BadCell {
  /** Counted from 0. */
  row: number;
  /** The line its row starts on, counted from 1; a CSV's header is line 1 (if it has no line breaks). */
  line: number;
  column: string;
  /** As it is in the file; JSON in JSON lines. */
  text: string;
  error: EdgefeatError;
}

export interface TextOptions {
  /** The columns to read, in that order; all by default. */
  columns?: readonly string[] | undefined;
  /** The declared types by column name; a column without one is read as text. Names that the file lacks are ignored. */
  types?: Readonly<Record<string, ValueType>> | undefined;
  /** Hears of each bad cell, which then reads as null. Without it bad cells are an error that counts them. */
  onBadCell?: ((cell: BadCell) => void) | undefined;
}

/** How many lines an error names. */
const SHOWN_LINES = 3;

/** What becomes of bad cells: each is told of, or they are counted for one error at the end (SEMANTICS 1.3). */
export class BadCells {
  readonly #tell: TextOptions["onBadCell"];
  readonly #name: string;
  #first: EdgefeatError | undefined;
  #lastRow = -1;
  #rows = 0;
  readonly #lines: number[] = [];

  constructor(tell: TextOptions["onBadCell"], name: string) {
    this.#tell = tell;
    this.#name = name;
  }

  /** Takes what a cell's type said of it; the reader then goes on with null. @throws `cause` when it is no such error */
  take(cause: unknown, cell: Omit<BadCell, "error">): void {
    if (!(cause instanceof EdgefeatError)) throw cause;
    const error = locatedCell(cause, cell.line, cell.column, this.#name);
    if (this.#tell !== undefined) {
      this.#tell({ ...cell, error });
      return;
    }
    this.#first ??= error;
    if (cell.row === this.#lastRow) return;
    this.#lastRow = cell.row;
    if (++this.#rows <= SHOWN_LINES) this.#lines.push(cell.line);
  }

  /** @throws the error of the first bad cell, with how many rows have one, if nobody was told */
  finish(): void {
    if (this.#first === undefined) return;
    const { code, message, hint, details } = this.#first;
    const of = `; ${this.#rows} rows have such cells, first on lines ${this.#lines.join(", ")}`;
    const aside = "set such rows aside: --on-bad-rows quarantine";
    throw new EdgefeatError(code, this.#rows === 1 ? message : message + of, {
      hint: hint === undefined ? aside : `${hint}; or ${aside}`,
      details: { ...details, count: this.#rows, lines: this.#lines },
      cause: this.#first,
    });
  }
}

/** Returns the error of a cell, which doesn't say where, with its line and column. */
function locatedCell(error: EdgefeatError, line: number, column: string, name: string): EdgefeatError {
  const message = error.message.replace(/^the (?:cell|value): /, "");
  return new EdgefeatError(error.code, `${name}, line ${line}, column "${column}": ${message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { line, column },
    cause: error,
  });
}
