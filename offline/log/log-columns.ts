// The log's events as rows of their source: typed as its file's columns are, cells that no type takes told of.
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { SourceSpec } from "../../sdk/registry/index.ts";
import { formatTime } from "../../sdk/time.ts";
import { INT64_MAX, INT64_MIN, type Value, type ValueType, valueFromJson } from "../../sdk/types/index.ts";
import { type ColumnBuilder, columnBuilder, tableOf, vectorFromValues } from "../datasets/index.ts";
import { type LogEvent, standingOf } from "./events.ts";
import { PUSHES, pushesText } from "./pushes.ts";

/** A row that was not told the values of some columns: it is none of a view that needs one of them. */
export interface PartialRow {
  readonly row: number;
  readonly columns: readonly string[];
}

/** How an event stands against others of its id, by view (`standingOf`). */
export type Standings = ReadonlyMap<string, number>;

/** What columns a source has. */
export interface LogTypes {
  readonly types: readonly (readonly [name: string, ValueType])[];
  /** Those of types that no value has: no event was told them. */
  readonly untyped: readonly string[];
}

/** A cell that its column's type can't take; the table has a null there. */
export interface BadLogCell {
  readonly row: number;
  readonly column: string;
  readonly error: EdgefeatError;
}

interface Column {
  readonly name: string;
  readonly type: ValueType;
  /** Returns the cell; undefined where the event was not told it. @throws type_mismatch, value_out_of_range, bad_time */
  readonly cell: (event: LogEvent) => Value | null | undefined;
  readonly builder: ColumnBuilder;
}

/** Takes events and makes a table of them. */
export class LogColumns {
  rows = 0;
  readonly #columns: readonly Column[];
  readonly #untyped: readonly string[];
  readonly #pushes: (string | null)[] | null;
  readonly #partial: PartialRow[] = [];
  readonly #unread: BadLogCell[] = [];
  readonly #standing: number[] = [];
  /** By row: how it stands for each view that it was pushed to. */
  readonly #standings: Standings[] = [];
  /** The same for all rows that stand alike. */
  readonly #alike = new Map<string, Standings>();
  readonly #writtenUs: number[] = [];
  readonly #eventUs: number[] = [];
  /** The same list for all rows that lack the same columns. */
  readonly #lists = new Map<string, readonly string[]>();

  constructor(source: SourceSpec, { types, untyped }: LogTypes, pushes: boolean) {
    this.#untyped = untyped;
    this.#columns = types.map(([name, type]) => ({
      name,
      type,
      cell: cellOf(source, name, type),
      builder: columnBuilder(type),
    }));
    this.#pushes = pushes ? [] : null;
  }

  add(event: LogEvent): void {
    const absent = [...this.#untyped];
    for (const { name, cell, builder } of this.#columns) {
      let value: Value | null | undefined = null;
      try {
        value = cell(event);
      } catch (fault) {
        if (!(fault instanceof EdgefeatError)) throw fault;
        this.#unread.push({ row: this.rows, column: name, error: ofEvent(event, fault) });
      }
      if (value === undefined) absent.push(name);
      builder.push(value ?? null);
    }
    if (absent.length > 0) {
      const list = this.#lists.get(absent.join()) ?? absent;
      this.#lists.set(absent.join(), list);
      this.#partial.push({ row: this.rows, columns: list });
    }
    const own = event.pushes.map(({ view }) => [view, standingOf(event, view)] as const);
    const standings = this.#alike.get(own.join()) ?? new Map(own);
    this.#alike.set(own.join(), standings);
    this.#standings.push(standings);
    this.#standing.push(standingOf(event));
    this.#writtenUs.push(event.writtenAtUs);
    this.#eventUs.push(event.eventTimeUs);
    this.#pushes?.push(pushesText({ loggedUs: event.writtenAtUs, pushes: event.pushes }));
    this.rows++;
  }

  /** Returns rows of one event id with the one first that stands where they differ (SEMANTICS 4.6). */
  byStanding(rows: readonly number[]): number[] {
    const by = (numbers: readonly number[], a: number, b: number) => (numbers[a] as number) - (numbers[b] as number);
    const orders = [this.#standing, this.#writtenUs, this.#eventUs];
    return rows.toSorted((a, b) => orders.reduce((order, numbers) => order || by(numbers, a, b), 0) || a - b);
  }

  /** Returns how a row stands for each view that it was pushed to, and, under "", for others. */
  standings(row: number): Standings {
    return new Map([["", this.#standing[row] as number], ...(this.#standings[row] as Standings)]);
  }

  finish(): { table: Table; partialRows: readonly PartialRow[]; unreadCells: readonly BadLogCell[] } {
    const columns = this.#columns.map(({ name, builder }): readonly [string, Vector] => [name, builder.finish()]);
    const pushes = this.#pushes === null ? [] : [[PUSHES, vectorFromValues({ kind: "string" }, this.#pushes)] as const];
    return { table: tableOf([...columns, ...pushes]), partialRows: this.#partial, unreadCells: this.#unread };
  }
}

/** Returns how an event's cell of a column is read: a time, its id, or a value that it was told. */
export function cellOf(
  { eventTime, createdTime, eventId }: SourceSpec,
  name: string,
  type: ValueType,
): (event: LogEvent) => Value | null | undefined {
  const time = (us: number | null): Value | null => {
    if (us === null) return null;
    return type.kind === "string" ? formatTime(us) : BigInt(us);
  };
  if (name === eventTime) return ({ eventTimeUs }) => time(eventTimeUs);
  if (name === createdTime) return ({ createdTimeUs }) => time(createdTimeUs);
  if (name === eventId) return ({ id }) => idCell(id, type);
  return ({ values }) => {
    if (!Object.hasOwn(values, name)) return undefined;
    const json = values[name];
    return json === null ? null : valueFromJson(type, json, name);
  };
}

function ofEvent({ id, eventTimeUs }: LogEvent, { code, message }: EdgefeatError): EdgefeatError {
  return new EdgefeatError(code, `the log's event ${JSON.stringify(id)} of ${formatTime(eventTimeUs)}: ${message}`, {
    hint: "the source's columns may have changed since it was pushed; set such events aside: --on-bad-rows quarantine",
  });
}

function idCell(id: string | null, type: ValueType): Value | null {
  if (id === null || type.kind === "string") return id;
  const number = /^(?:0|-?[1-9]\d{0,18})$/.test(id) ? BigInt(id) : null;
  if (number === null || number > INT64_MAX || number < INT64_MIN) {
    throw new EdgefeatError("type_mismatch", `the id "${id}" is no integer, as the source's ids are`);
  }
  return type.kind === "int32" ? Number(number) : number;
}
