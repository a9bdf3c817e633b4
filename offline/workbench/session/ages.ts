// How old the values used were: entity time − event time, by view, in bins of a length that clocks have.
import type { Table, Vector } from "apache-arrow";
import type { FeaturePlan } from "../../../sdk/plan/index.ts";
import { US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_SECOND, type Us } from "../../../sdk/time.ts";
import { columnReader } from "../../datasets/index.ts";
import { binned } from "./profile.ts";
import type { Ages } from "./protocol.ts";

const TIMESTAMP = { kind: "timestamp" } as const;
const BINS = 40;

const units = (unit: Us, ...counts: number[]) => counts.map((n) => n * unit);
const STEPS: readonly Us[] = [
  ...units(1, 1, 2, 5, 10, 20, 50, 100, 200, 500),
  ...units(US_PER_MS, 1, 2, 5, 10, 20, 50, 100, 200, 500),
  ...units(US_PER_SECOND, 1, 2, 5, 10, 15, 30),
  ...units(US_PER_MINUTE, 1, 2, 5, 10, 15, 30),
  ...units(US_PER_HOUR, 1, 2, 3, 6, 12),
  ...units(US_PER_DAY, 1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 1825),
];
const LONGEST: Us = 3_650 * US_PER_DAY;

/** Returns the ages of what each view gave: of a stored view once, since its features are of one row; of windows by feature. */
export function agesOf(table: Table, plan: FeaturePlan, names: readonly string[], entityTime: string): Ages[] {
  const times = columnReader(table.getChild(entityTime) as Vector, TIMESTAMP, { column: entityTime });
  return plan.reads.flatMap((read, i) => {
    const columns = plan.outputs.flatMap((output, o) => (output.read === i ? [names[o] as string] : []));
    const groups = read.spec.kind === "stored" ? [columns] : columns.map((column) => [column]);
    const ttlUs = read.spec.kind === "stored" && read.spec.ttlUs > 0 ? read.spec.ttlUs : null;
    return groups.flatMap((features) => {
      const vector = features[0] === undefined ? null : table.getChild(`${features[0]}__event_time`);
      if (vector === null) return [];
      const sorted = sortedAges(vector, times as (row: number) => bigint, table.numRows);
      return [summary(read.label, features, ttlUs, table.numRows, sorted)];
    });
  });
}

function sortedAges(vector: Vector, times: (row: number) => bigint, rows: number): Float64Array {
  const eventTime = columnReader(vector, TIMESTAMP, { column: "event time" });
  const ages = new Float64Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const event = eventTime(row);
    if (event !== null) ages[count++] = Number(times(row) - (event as bigint));
  }
  return ages.subarray(0, count).sort();
}

function summary(view: string, features: string[], ttlUs: Us | null, rows: number, ages: Float64Array): Ages {
  const at = (share: number) => ages[Math.min(ages.length - 1, Math.floor(share * ages.length))] ?? 0;
  const [minUs, maxUs] = [at(0), at(1)];
  const step = STEPS.find((s) => s * BINS >= maxUs - Math.min(0, minUs)) ?? LONGEST;
  const start = Math.floor(Math.min(0, minUs) / step) * step;
  return {
    view,
    features,
    ttlUs,
    rows,
    missing: rows - ages.length,
    minUs,
    medianUs: at(0.5),
    p95Us: at(0.95),
    maxUs,
    bins: ages.length === 0 ? [] : binned(ages, start, step, Math.floor((maxUs - start) / step) + 1),
  };
}
