// What folders say of a file's rows: columns of one value, and times that the rows must keep to.
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime, parseTimeExact } from "../../sdk/time.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { canReadAs, valueTypeOfArrow } from "./arrow-types.ts";
import { vectorFromValues } from "./build-column.ts";
import { valueOfCell } from "./csv-cells.ts";
import type { EventInterval } from "./partitions.ts";
import { columnReader } from "./read-column.ts";
import { namesOf } from "./tables.ts";

/** Returns the column of a folder's value, as `type`. @throws as reading a CSV's cell, saying `where` */
export function folderColumn(type: ValueType, text: string | null, rows: number, where: string): Vector {
  const value = text === null ? null : valueOfFolder(type, text, where);
  return vectorFromValues(type, repeated(value, rows));
}

function valueOfFolder(type: ValueType, text: string, where: string): Value {
  try {
    return valueOfCell(type, text);
  } catch (cause) {
    if (!(cause instanceof EdgefeatError)) throw cause;
    const { code, message, hint } = cause;
    throw new EdgefeatError(code, `${where}: ${message.replace(/^the cell: /, "")}`, {
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
}

function* repeated(value: Value | null, rows: number): Generator<Value | null> {
  for (let row = 0; row < rows; row++) yield value;
}

/** A row in the wrong folder would be lost, or found, as the times that are asked for have it. @throws value_out_of_range */
export function checkTimes(
  table: Table,
  { name, eventTime }: { name: string; eventTime: string | null },
  interval: EventInterval,
  file: string,
): void {
  const index = eventTime === null ? -1 : namesOf(table.schema).indexOf(eventTime);
  const column = index < 0 ? null : table.getChildAt(index);
  const read = column === null ? null : timeReader(column, `${name}.${eventTime}`);
  if (column === null || read === null) return;
  const { fromUs, toUs } = interval;
  for (let row = 0; row < column.length; row++) {
    const time = read(row);
    if (time === null || (time >= fromUs && time < toUs)) continue;
    throw new EdgefeatError(
      "value_out_of_range",
      `${file}: row ${row + 1} has the event time ${formatTime(time)}, outside what its folders say, ${formatTime(fromUs)} to ${formatTime(toUs)}`,
      {
        hint: "files are skipped by their folders, which are in UTC: move the row, or call the partition a value, so that every file is read",
        details: { row: row + 1 },
      },
    );
  }
}

/** Returns a reader of a column's times, those of texts too, rounded down; null for a column of no times. */
function timeReader(column: Vector, name: string): ((row: number) => bigint | null) | null {
  if (canReadAs(column.type, { kind: "timestamp" })) {
    return columnReader(column, { kind: "timestamp" }, { column: name }) as (row: number) => bigint | null;
  }
  if (valueTypeOfArrow(column.type)?.kind !== "string") return null;
  const text = columnReader(column, { kind: "string" }, { column: name });
  return (row) => {
    const found = text(row) as string | null;
    try {
      return found === null ? null : parseTimeExact(found, { zoneless: "utc", round: "down" });
    } catch (fault) {
      // Whoever reads the column as times says that it holds none.
      if (fault instanceof EdgefeatError) return null;
      throw fault;
    }
  };
}
