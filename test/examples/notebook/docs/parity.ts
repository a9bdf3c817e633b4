// The check at the notebook's end: what the Worker answers, beside what the join says of the same moment.
import type { Table } from "apache-arrow";
import type { Engine } from "edgefeat/offline";
import { table } from "./views.ts";

export interface Asked {
  readonly origin: string;
  readonly destination: string;
  readonly scheduled_minutes: number;
}

/** Returns one entity row: what was asked, at the moment that the Worker answered for. */
export function rowAt(engine: Engine, { origin, destination, scheduled_minutes }: Asked, now: string): Promise<Table> {
  const sql =
    "SELECT $1 AS origin, $2 AS destination, CAST($3 AS TIMESTAMP) AS event_timestamp, CAST($4 AS DOUBLE) AS scheduled_minutes";
  return engine.query(sql, [origin, destination, now, scheduled_minutes]);
}

/** Returns a table of both sides, and how many are equal to the bit. */
export function parityTable(
  references: readonly string[],
  offline: Table,
  online: Readonly<Record<string, unknown>>,
): HTMLElement {
  const rows = references.map((reference) => {
    const name = reference.slice(reference.indexOf(":") + 1);
    return { reference, online: plain(online[name]), offline: plain(offline.getChild(name)?.get(0)) };
  });
  const equal = rows.filter((row) => Object.is(row.online, row.offline)).length;
  const line = document.createElement("p");
  line.id = "parity";
  line.textContent = `${equal} of ${rows.length} values equal`;
  const element = document.createElement("div");
  const shown = rows.map((row) => [row.reference, String(row.online), String(row.offline)]);
  element.append(table(["feature", "the Worker", "the join"], shown), line);
  return element;
}

/** The client gives an int64 as a number where it is one exactly, Arrow as a bigint. */
function plain(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
