// The keys that a reconciliation looks at: as the store names them, as values, and a sample of them by hash.
import type { Table } from "apache-arrow";
import type { InputColumn } from "../../sdk/plan/index.ts";
import { keyId } from "../../sdk/rows/index.ts";
import { sha256Hex } from "../../sdk/sha256.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { columnOf, columnReader } from "../datasets/index.ts";
import type { Sample } from "./reconcile-report.ts";

/** Returns the values of a key from its id in the store. */
export function valuesOfId(types: readonly ValueType[], id: string): Value[] {
  if (types.length === 0) return [];
  return id.split("+").map((part, i) => {
    const text = decodeURIComponent(part);
    const { kind } = types[i] as ValueType;
    return kind === "int64" ? BigInt(text) : kind === "int32" ? Number(text) : text;
  });
}

/** Returns the ids of a table's rows by some columns of keys; null where no key can be made of them. */
export function idReader(
  table: Table,
  keys: readonly { readonly name: string; readonly type: ValueType }[],
): (row: number) => string | null {
  const readers = keys.map(({ name, type }) => columnReader(columnOf(table, name), type, { column: name }));
  return (row) => {
    const values = readers.map((read) => read(row));
    return values.includes(null) ? null : idOf(values as Value[]);
  };
}

/** Returns the id of a key; null for one that is too long for the store, which then holds nothing of it. */
function idOf(values: readonly Value[]): string | null {
  try {
    return keyId(values);
  } catch {
    return null;
  }
}

/** Returns the sample of some ids: always the same of the same ids, and of a greater part a superset. */
export function sampled(ids: Iterable<string>, sample: Sample): string[] {
  if (sample.by === "all") return [...ids];
  const hashed = Array.from(ids, (id) => [placeOf(id), id] as const);
  if (sample.by === "part") return hashed.filter(([place]) => place < sample.part).map(([, id]) => id);
  return hashed
    .toSorted(([a], [b]) => a - b)
    .slice(0, sample.keys)
    .map(([, id]) => id);
}

/** Returns a number from 0 to less than 1, by the hash of an id. */
function placeOf(id: string): number {
  return Number.parseInt(sha256Hex(id).slice(0, 13), 16) / 16 ** 13;
}

/** The keys of one view, and the columns of the entity rows that they go to. */
export interface KeysOfView {
  readonly columns: readonly InputColumn[];
  readonly keys: readonly (readonly Value[])[];
}

/**
 * Returns keys by all of the columns, of views with different ones: those with the most columns as they are, and beside
 * each the next key of the others, again from the first when they run out. None where a column's view has no keys.
 */
export function pairedKeys(columns: readonly InputColumn[], views: readonly KeysOfView[]): Value[][] {
  const ordered = views.toSorted((a, b) => b.columns.length - a.columns.length);
  const rows = Math.max(0, ...ordered.map(({ keys }) => keys.length));
  const sources = columns.map(({ name }) => {
    const from = ordered.find((view) => view.columns.some((column) => column.name === name)) as KeysOfView;
    return { from, at: from.columns.findIndex((column) => column.name === name) };
  });
  if (sources.some(({ from }) => from.keys.length === 0)) return [];
  const taken = columns.length === 0 ? 1 : rows;
  return Array.from({ length: taken }, (_, i) =>
    sources.map(({ from: { keys }, at }) => (keys[i % keys.length] as readonly Value[])[at] as Value),
  );
}
