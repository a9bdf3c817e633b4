// Where another store's join differs from ours, row by row, and the numbered rule that explains it.
import type { Table } from "apache-arrow";
import { columnOf, columnReader } from "../../offline/datasets/index.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { entityRow, type FeatureRow, featureRow, type HistoryShape, TTL_US } from "./history.ts";

/** A joined row's values of view_0; undefined: the store returned no such row. */
interface Joined {
  readonly x: number | null;
  readonly n: number | null;
}

export const RULES = {
  collapsed: "2.4: of equal entity rows one came back",
  dropped: "2.4: an entity row whose candidates are all too late or too old was dropped",
  nullKey: "2.5: a null key was joined to rows with a null key",
  createdTie: "2.3: of rows with equal event times not the one created last",
  valueTie: "2.3: of rows with equal event and created times not the one with the greatest values",
} as const;
export type Rule = keyof typeof RULES;

export interface Differences {
  readonly same: number;
  readonly byRule: Readonly<Record<Rule, number>>;
}

/**
 * Returns how many entity rows are the same in both, and how many differ by which rule. Both tables have rid, x and n.
 * @throws at the first difference that no rule explains, and where ours is not what plain loops give
 */
export function differencesOf(shape: HistoryShape, ours: Table, theirs: Table): Differences {
  const [mine, other] = [joinedByRow(ours), joinedByRow(theirs)];
  if (mine.size !== shape.entityRows) throw new Error(`ours has ${mine.size} rows, not ${shape.entityRows}`);
  const history = rowsByKey(shape);
  const returned = new Set([...other.keys()].map((rid) => identityOf(shape, rid)));
  const byRule: Record<Rule, number> = { collapsed: 0, dropped: 0, nullKey: 0, createdTie: 0, valueTie: 0 };
  let same = 0;
  for (const [rid, our] of mine) {
    const their = other.get(rid);
    if (their !== undefined && equal(our, their)) same++;
    else byRule[ruleOf(shape, rid, our, their, history, returned)]++;
  }
  return { same, byRule };
}

function ruleOf(
  shape: HistoryShape,
  rid: number,
  our: Joined,
  their: Joined | undefined,
  history: ReadonlyMap<number, readonly FeatureRow[]>,
  returned: ReadonlySet<string>,
): Rule {
  const { key, t } = entityRow(shape, rid);
  const rows = key === null ? [] : (history.get(key) ?? []);
  const winner = rows.filter((row) => row.e <= t && row.e >= t - TTL_US).reduce<FeatureRow | null>(later, null);
  if (!equal(our, { x: winner?.x ?? null, n: winner?.n ?? null })) throw new Error(`row ${rid}: ours is wrong`);
  if (their === undefined && returned.has(identityOf(shape, rid))) return "collapsed";
  if (their === undefined && winner === null) return "dropped";
  if (key === null && history.get(NO_KEY)?.some(({ x, n }) => equal({ x, n }, their as Joined)) === true)
    return "nullKey";
  const taken =
    winner === null || their === undefined ? undefined : rows.find((row) => row.n === their.n && row.e === winner.e);
  if (taken === undefined || taken.x !== their?.x) {
    throw new Error(`row ${rid}: no rule explains ${JSON.stringify(their)} in the place of ${JSON.stringify(our)}`);
  }
  return taken.c === winner?.c ? "valueTie" : "createdTie";
}

/** Stands for the null key, which no other row may have. */
const NO_KEY = -1;

/** SEMANTICS 2.3. */
function later(best: FeatureRow | null, row: FeatureRow): FeatureRow {
  if (best === null) return row;
  const order = row.e - best.e || row.c - best.c || (row.x ?? -1) - (best.x ?? -1) || row.n - best.n;
  return order > 0 ? row : best;
}

const identityOf = (shape: HistoryShape, rid: number): string => {
  const { key, t } = entityRow(shape, rid);
  return `${key} ${t}`;
};

const equal = (a: Joined, b: Joined): boolean => a.x === b.x && a.n === b.n;

function rowsByKey(shape: HistoryShape): Map<number, FeatureRow[]> {
  const rows = new Map<number, FeatureRow[]>();
  for (let i = 0; i < shape.featureRows; i++) {
    const row = featureRow(shape, i);
    const known = rows.get(row.key ?? NO_KEY);
    if (known === undefined) rows.set(row.key ?? NO_KEY, [row]);
    else known.push(row);
  }
  return rows;
}

/** By entity row. An integer column with nulls may come back as doubles, NaN for null: pandas has no other way. */
function joinedByRow(table: Table): Map<number, Joined> {
  const reader = (name: string) => {
    const column = columnOf(table, name);
    const type: ValueType = { kind: "float64" };
    const read = columnReader(column, type, { column: name });
    return (row: number) => {
      const value = read(row) as number | null;
      return value === null || Number.isNaN(value) ? null : value;
    };
  };
  const [rid, x, n] = [reader("rid"), reader("x"), reader("n")];
  const rows = new Map<number, Joined>();
  for (let row = 0; row < table.numRows; row++) {
    const id = rid(row) as number;
    if (rows.has(id)) throw new Error(`entity row ${id} came back twice`);
    rows.set(id, { x: x(row), n: n(row) });
  }
  return rows;
}
