// The history of a stored view in the engine: one winning row a key and event time (SEMANTICS 2.3).
import type { StoredViewSpec } from "../../sdk/registry/index.ts";
import { compareRows, type StoredRow } from "../../sdk/rows/index.ts";
import { parseTypeName } from "../../sdk/types/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import { emitInRange, emitSameKey } from "./emit.ts";
import type { SourceRows, TimeRange } from "./source-rows.ts";
import { int32Result, run } from "./tables.ts";

export interface StoredHistory {
  /** How many source rows in the range have one of the keys. */
  readonly candidates: number;
  /** Groups of rows of one key, event time and created time that differ (SEMANTICS 2.3). */
  readonly ambiguousTies: number;
  /** Returns the winning row number of a group, from the row number that stands for it in `ef_history`. */
  winner(representative: number): number;
  /** Returns a source row. `writtenAtUs` is 0: it is the store's to say. */
  row(rowNumber: number): StoredRow;
}

/**
 * Makes `ef_history(kid, e, rn)` from `ef_source` and `ef_keys`: one row a key and event time, unique, so that ASOF has
 * no ties to break. Only rows in `range`; a reference table has one row a key, and e = 0.
 */
export async function loadStoredHistory(
  engine: Engine,
  spec: StoredViewSpec,
  source: SourceRows,
  range: TimeRange,
  options?: QueryOptions,
): Promise<StoredHistory> {
  const types = spec.joinKeys.map((key) => parseTypeName(key.type));
  const time = source.eventTimes === null ? "CAST(0 AS BIGINT)" : "s.e";
  await run(
    engine,
    [
      `CREATE OR REPLACE TABLE ef_rows AS SELECT k.kid, ${time} AS e, s.rn FROM ef_source s JOIN ef_keys k ON ${emitSameKey("s", types)}
       WHERE ${source.eventTimes === null ? "true" : emitInRange("s.e", range)}`,
      "DROP TABLE ef_source",
      "CREATE OR REPLACE TABLE ef_history AS SELECT kid, e, max(rn) AS rn, count(*) AS n FROM ef_rows GROUP BY kid, e",
    ],
    options,
  );
  const tied = await engine.query(
    `SELECT r.rn AS rn, h.rn AS representative FROM ef_rows r JOIN ef_history h ON r.kid = h.kid AND r.e = h.e
     WHERE h.n > 1 ORDER BY h.rn`,
    [],
    options,
  );
  const counted = await engine.query("SELECT CAST(count(*) AS INTEGER) AS n FROM ef_rows", [], options);
  await run(engine, ["DROP TABLE ef_rows"], options);
  const row = rowReader(spec, source);
  const valueTypes = spec.features.map((f) => parseTypeName(f.type));
  const { winners, ambiguous } = breakTies(
    int32Result(tied, "rn"),
    int32Result(tied, "representative"),
    (a, b) => compareRows(valueTypes, row(a), row(b)),
    (a, b) => row(a).createdTimeUs === row(b).createdTimeUs,
  );
  return {
    candidates: int32Result(counted, "n")[0] as number,
    ambiguousTies: ambiguous,
    winner: (representative) => winners.get(representative) ?? representative,
    row,
  };
}

/** Returns a reader of whole rows, as 2.3 compares them: times and values in the order of the view's features. */
export function rowReader(spec: StoredViewSpec, source: SourceRows): (rowNumber: number) => StoredRow {
  const readers = spec.features.map((feature) => source.reader(feature.name, parseTypeName(feature.type)));
  const { eventTimes, createdTimes } = source;
  return (i) => ({
    eventTimeUs: eventTimes === null ? null : Number(eventTimes.us[i]),
    createdTimeUs: createdTimes === null || createdTimes.isNull?.[i] === 1 ? null : Number(createdTimes.us[i]),
    writtenAtUs: 0,
    values: readers.map((read) => read(i)),
  });
}

/**
 * Returns the greatest row of each group of rows that share a representative (given adjacent), and how many groups hold
 * two rows that differ while `alike` says that time can't tell them apart.
 */
export function breakTies(
  rows: Int32Array,
  representatives: Int32Array,
  compare: (a: number, b: number) => number,
  alike: (a: number, b: number) => boolean,
): { winners: Map<number, number>; ambiguous: number } {
  const winners = new Map<number, number>();
  let ambiguous = 0;
  for (let start = 0; start < rows.length;) {
    const representative = representatives[start] as number;
    let end = start;
    while (end < rows.length && representatives[end] === representative) end++;
    const group = [...rows.subarray(start, end)].sort(compare);
    const best = group.at(-1) as number;
    if (group.some((row) => row !== best && alike(row, best) && compare(row, best) !== 0)) ambiguous++;
    winners.set(representative, best);
    start = end;
  }
  return { winners, ambiguous };
}
