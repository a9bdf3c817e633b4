// What the readers of a column share: how a row is asked for, how it is named in an error.
import type { Data } from "apache-arrow";
import type { Value, ValueType } from "../../sdk/types/index.ts";

export interface ColumnOptions {
  /** The column's name, for errors. */
  column: string;
  /** How times finer than a microsecond are rounded: up for feature times, down for entity-row times (SEMANTICS 1.2). Default "down". */
  round?: "up" | "down";
}

/** Returns the value of a row of the column, counted from 0; null for a null. */
export type ColumnReader = (row: number) => Value | null;

/** What a chunk's reader needs: how to round, and how to name a row of its chunk when it can't read it. */
export interface ChunkContext {
  column: string;
  round: "up" | "down";
  /** Returns `column "x", row 7` for a row of the chunk; messages count a column's rows from 1. */
  at(row: number): string;
}

/** Returns the reader of one chunk, whose type is known to fit. */
export type ChunkReader = (data: Data, type: ValueType, context: ChunkContext) => ColumnReader;
