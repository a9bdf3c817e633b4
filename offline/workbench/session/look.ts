// The training set looked at: rows, distributions, ages.
import type { Vector } from "apache-arrow";
import { columnReader, valueTypeOfArrow } from "../../datasets/index.ts";
import { agesOf } from "./ages.ts";
import { columnType, pageOf } from "./cells.ts";
import { type ColumnProfile, profileColumn } from "./profile.ts";
import type { Ages, Page } from "./protocol.ts";
import { training } from "./training.ts";

/** Returns rows of the training set as text. */
export function page({ from, count, columns }: { from: number; count: number; columns: readonly string[] }): Page {
  return pageOf(training().table, columns, from, count);
}

/** Returns the distributions of columns. */
export function profiles(columns: readonly string[]): ColumnProfile[] {
  const { table } = training();
  return columns.map((name): ColumnProfile => {
    const vector = table.getChild(name) as Vector;
    const type = valueTypeOfArrow(vector.type);
    const counts = { column: name, type: columnType(vector), rows: vector.length, nulls: vector.nullCount };
    if (type === null) return { kind: "opaque", ...counts };
    return profileColumn(name, type, counts.type, columnReader(vector, type, { column: name }), vector.length);
  });
}

export function ages(): Ages[] {
  const { table, plan, names, input } = training();
  return agesOf(table, plan, names, input.choices.entityTime);
}
