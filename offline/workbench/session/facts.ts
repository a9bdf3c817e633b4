// What is told of a training set: its columns, and what to know before its values are trusted.
import type { Table, Vector } from "apache-arrow";
import type { FeaturePlan } from "../../../sdk/plan/index.ts";
import type { HistoricalReport } from "../../browser.ts";
import { counted } from "../format.ts";
import { alignOf, columnType } from "./cells.ts";
import type { ResultColumn } from "./protocol.ts";

/** Returns the columns of a training set that begins with `entityColumns` columns of the entity rows. */
export function columnsOf(table: Table, entityColumns: number, plan: FeaturePlan): ResultColumn[] {
  return table.schema.fields.map(({ name }, i) => {
    const vector = table.getChildAt(i) as Vector;
    const output = plan.outputs[i - entityColumns];
    return {
      name,
      type: columnType(vector),
      role: i < entityColumns ? "entity" : output === undefined ? "provenance" : "feature",
      nulls: vector.nullCount,
      align: alignOf(vector),
      reference: output?.reference ?? null,
    };
  });
}

/** Returns what to know before the values are trusted. */
export function remarksOf(report: HistoricalReport): string[] {
  const overflows = Object.assign({}, ...report.views.map(({ overflows: of }) => of)) as Record<string, number>;
  const ties = report.views.filter(({ ambiguousTies }) => ambiguousTies > 0);
  return [
    ...ties.map(
      ({ view, ambiguousTies: n }) =>
        `${view}: ${counted(n, "group")} of source rows tie on event and created time but differ; the greatest values were taken`,
    ),
    ...Object.entries(overflows).map(
      ([name, n]) => `${name} does not fit in 64 bits for ${counted(n, "row")} and is null there`,
    ),
    ...Object.entries(report.transformErrors).map(
      ([name, n]) => `${name} could not be computed for ${counted(n, "row")} and is null there`,
    ),
    ...(report.roundedEntityTimes > 0
      ? [`${counted(report.roundedEntityTimes, "entity time")} finer than a microsecond, rounded down`]
      : []),
    ...Object.entries(report.roundedEventTimes).map(
      ([source, n]) => `${source}: ${counted(n, "time")} finer than a microsecond, rounded up`,
    ),
  ];
}
