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
  /** Hears of each bad cell, which then reads as null. Without it the first bad cell is an error. */
  onBadCell?: ((cell: BadCell) => void) | undefined;
}

/** Returns the error of a cell, which doesn't say where, with its line and column. */
export function locatedCell(error: EdgefeatError, line: number, column: string, name: string): EdgefeatError {
  const message = error.message.replace(/^the (?:cell|value): /, "");
  return new EdgefeatError(error.code, `${name}, line ${line}, column "${column}": ${message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { line, column },
    cause: error,
  });
}
