// Rows that can't be used: counted in an error, or set aside with the reason (SEMANTICS 1.3).
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { tableOf, takeRows, type UnreadCell, vectorFromValues } from "../datasets/index.ts";
import type { Origin } from "./source-rows.ts";

/** What to do with rows whose time is null or can't be read, or that hold a cell which its column's type can't read. */
export type OnBadRows = "fail" | "quarantine";

export type { UnreadCell };

/** A time that can't be used. */
export interface BadTime {
  readonly row: number;
  readonly kind: "null" | "unreadable" | "outOfRange";
  /** What is there; empty for a null. */
  readonly text: string;
}

/** Rows that were set aside, as they came, with a text column `edgefeat_reason` after theirs. */
export interface Quarantine {
  /** "the entity rows", the name of a source, or `view "x"` for rows that its select made. */
  readonly of: string;
  readonly table: Table;
}

const REASON = "edgefeat_reason";
/** The rows that an error names. */
const SHOWN = 3;

/** Returns the error of a column that holds bad times: of the kind that most need be mended first, with its first rows. */
export function badTimesError(bad: readonly BadTime[], column: string, of: string): EdgefeatError {
  const kind =
    (["null", "unreadable", "outOfRange"] as const).find((k) => bad.some((time) => time.kind === k)) ?? "null";
  const { code, what, hint } = KINDS[kind];
  const alike = bad.filter((time) => time.kind === kind);
  const shown = alike.slice(0, SHOWN).map(({ row, text }) => (text === "" ? String(row) : `${row} (${text})`));
  const rest = bad.length - alike.length;
  const more = rest > 0 ? `; ${rest} more have times that can't be used` : "";
  return new EdgefeatError(
    code,
    `${alike.length} rows of ${of} ${what} in "${column}", first ${shown.join(", ")}${more}`,
    {
      hint: `${hint}; or set such rows aside: --on-bad-rows quarantine`,
      details: { column, count: bad.length, rows: alike.slice(0, SHOWN).map(({ row }) => row) },
    },
  );
}

const KINDS = {
  null: {
    code: "null_time",
    what: "have no time",
    hint: "a row without a time can't be joined: give it one, or leave it out of the file",
  },
  unreadable: {
    code: "bad_time",
    what: "hold text that is no RFC 3339 time",
    hint: 'write times as "2001-03-31T00:00:00Z"; without a zone they are UTC',
  },
  outOfRange: {
    code: "value_out_of_range",
    what: "hold a time outside the years 1684 to 2255",
    hint: "event, created and entity times must be within ±2^53 microseconds of 1970; put sentinels such as 9999-12-31 in a feature instead",
  },
} as const;

/** Returns why a time can't be used, as a reason. */
export function badTimeReason({ kind, text }: BadTime, column: string): string {
  const what = { null: "no time", unreadable: "no RFC 3339 time", outOfRange: "outside the years 1684 to 2255" }[kind];
  return `column "${column}": ${text === "" ? "" : `${text}: `}${what}`;
}

/** Why rows can't be used, by row; a row may have several reasons. */
export class Reasons {
  readonly #byRow = new Map<number, string>();

  get rows(): number {
    return this.#byRow.size;
  }

  add(row: number, reason: string): void {
    const other = this.#byRow.get(row);
    this.#byRow.set(row, other === undefined ? reason : `${other}; ${reason}`);
  }

  has(row: number): boolean {
    return this.#byRow.has(row);
  }

  of(row: number): string {
    return this.#byRow.get(row) as string;
  }

  /** Returns the rows of a table of `length` that have no reason. */
  others(length: number): Int32Array {
    const rows = new Int32Array(length - this.#byRow.size);
    for (let row = 0, at = 0; row < length; row++) if (!this.#byRow.has(row)) rows[at++] = row;
    return rows;
  }

  sorted(): Int32Array {
    return Int32Array.from(this.#byRow.keys()).sort();
  }
}

interface Part {
  readonly of: string;
  readonly rows: Set<number>;
  readonly tables: Table[];
}

/** Gathers what a job sets aside; a row of a table that several views set aside counts once. */
export class SetAside {
  readonly #parts: Part[] = [];
  // Not to hold a source's table longer than its views need it.
  readonly #byTable = new WeakMap<Table, Part>();

  /** Sets the rows with a reason aside, and returns the others; `origin` is what table these are rows of. */
  take(of: string, table: Table, reasons: Reasons, origin?: Origin): Table {
    if (reasons.rows === 0) return table;
    const { rows, tables } = this.#part(of, origin?.table ?? table);
    const rowOf = (row: number) => origin?.rows[row] ?? row;
    const fresh = reasons.sorted().filter((row) => !rows.has(rowOf(row)));
    for (const row of fresh) rows.add(rowOf(row));
    if (fresh.length > 0)
      tables.push(
        withReasons(
          takeRows(table, fresh),
          Array.from(fresh, (row) => reasons.of(row)),
        ),
      );
    return takeRows(table, reasons.others(table.numRows));
  }

  #part(of: string, table: Table): Part {
    const known = this.#byTable.get(table);
    if (known !== undefined) return known;
    const part: Part = { of, rows: new Set(), tables: [] };
    this.#byTable.set(table, part);
    this.#parts.push(part);
    return part;
  }

  /** Rows set aside, by what they belong to. */
  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { of, rows } of this.#parts) counts[of] = (counts[of] ?? 0) + rows.size;
    return counts;
  }

  get tables(): readonly Quarantine[] {
    return this.#parts.map(({ of, tables: [first, ...others] }) => ({
      of,
      table: (first as Table).concat(...others),
    }));
  }
}

/** Rows that were set aside before, and mended since, bring the column along. */
function withReasons(table: Table, reasons: readonly string[]): Table {
  const columns = table.schema.fields.map(({ name }, i) => [name, table.getChildAt(i) as Vector] as const);
  return tableOf([
    ...columns.filter(([name]) => name !== REASON),
    [REASON, vectorFromValues({ kind: "string" }, reasons)] as const,
  ]);
}
