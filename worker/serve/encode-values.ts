// The answer as values, for code in the Worker itself or behind a service binding: nothing is written as text and read back.
import type { FeaturesAnswer } from "../../sdk/client/index.ts";
import { memberNames, ownCopy } from "../../sdk/plan/index.ts";
import { formatTime } from "../../sdk/time.ts";
import { sizeOf, type Value } from "../../sdk/types/index.ts";
import type { Include } from "./encode.ts";
import type { Served } from "./feature-server.ts";
import { checkAnswer } from "./read-limits.ts";

export type ValuesAnswer = FeaturesAnswer<Record<string, Value | null>>;

/**
 * Evaluates every row of a request and returns the answer: rows as objects of values as SEMANTICS 6 has them in
 * TypeScript, the caller's own, members named by their feature, or `view__feature` where two views share a name.
 * @throws request_too_large
 */
export function encodeValues(served: Served, include: readonly Include[]): ValuesAnswer {
  const { plan, inputs, evaluator, nowUs, knownAsOfUs, registry } = served;
  const { outputs, versions } = plan;
  const features = outputs.map(({ reference }) => reference);
  const names = memberNames(features);
  const rowOf = <T>(each: (output: (typeof outputs)[number]) => T): Record<string, T> => {
    const row: Record<string, T> = {};
    for (let i = 0; i < outputs.length; i++) row[names[i] as string] = each(outputs[i] as (typeof outputs)[number]);
    return row;
  };
  const rows: ValuesAnswer["rows"] = [];
  const statuses: NonNullable<ValuesAnswer["statuses"]> = [];
  const eventTimes: NonNullable<ValuesAnswer["eventTimes"]> = [];
  let size = 0;
  for (let r = 0; r < inputs.rows; r++) {
    evaluator.run(r);
    for (const { slot } of outputs) size += sizeOf(evaluator.row[slot] as Value | null);
    checkAnswer(size);
    rows.push(rowOf(({ slot }) => ownCopy(evaluator.row[slot] as Value | null)));
    if (include.includes("statuses")) statuses.push(rowOf(({ slot }) => evaluator.statuses[slot] ?? "PRESENT"));
    if (include.includes("eventTimes")) eventTimes.push(rowOf(({ read }) => timeText(evaluator.eventTimes[read])));
  }
  return {
    now: formatTime(nowUs),
    knownAsOf: formatTime(knownAsOfUs),
    registry: registry.hash,
    features,
    rows,
    absent: evaluator.absent.map(([row, view, status]) => [row, view, status]),
    errors: evaluator.errors.map(([row, feature, code]) => [row, feature, code]),
    ...(include.includes("statuses") ? { statuses } : {}),
    ...(include.includes("eventTimes") ? { eventTimes } : {}),
    ...(include.includes("versions") ? { versions: { ...versions } } : {}),
  };
}

function timeText(us: number | null | undefined): string | null {
  return us === null || us === undefined ? null : formatTime(us);
}
