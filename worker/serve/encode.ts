// The native answer as JSON text, written straight from the evaluator's row.
import { formatTime } from "../../sdk/time.ts";
import { type Value, valueToJson } from "../../sdk/types/index.ts";
import type { Served } from "./feature-server.ts";

export const INCLUDES = ["statuses", "eventTimes", "versions"] as const;
export type Include = (typeof INCLUDES)[number];

/** Evaluates every row of a request and returns the answer's JSON text. */
export function encodeAnswer(served: Served, include: readonly Include[]): string {
  const { plan, evaluator, inputs, registry, nowUs, knownAsOfUs } = served;
  const { outputs } = plan;
  const withStatuses = include.includes("statuses");
  const withTimes = include.includes("eventTimes");
  let rows = "";
  let statuses = "";
  let times = "";
  for (let r = 0; r < inputs.rows; r++) {
    evaluator.run(r);
    let row = "";
    for (let i = 0; i < outputs.length; i++) {
      const { type, slot } = outputs[i] as (typeof outputs)[number];
      if (i > 0) row += ",";
      row += valueToJson(type, evaluator.row[slot] as Value | null);
    }
    rows += r === 0 ? `[${row}]` : `,[${row}]`;
    if (withStatuses)
      statuses += `${r === 0 ? "" : ","}["${outputs.map(({ slot }) => evaluator.statuses[slot]).join('","')}"]`;
    if (withTimes) times += `${r === 0 ? "" : ","}[${eventTimes(served).join(",")}]`;
  }
  const now = formatTime(nowUs);
  const knownAsOf = knownAsOfUs === nowUs ? now : formatTime(knownAsOfUs);
  let answer =
    `{"now":"${now}","knownAsOf":"${knownAsOf}","registry":"${registry.hash}","features":${plan.featuresJson},"rows":[${rows}],` +
    `"absent":${listJson(evaluator.absent)},"errors":${listJson(evaluator.errors)}`;
  if (withStatuses) answer += `,"statuses":[${statuses}]`;
  if (withTimes) answer += `,"eventTimes":[${times}]`;
  if (include.includes("versions")) answer += `,"versions":${plan.versionsJson}`;
  return `${answer}}`;
}

function listJson(list: readonly unknown[]): string {
  return list.length === 0 ? "[]" : JSON.stringify(list);
}

/** The event times of the row evaluated last, as JSON texts by output; null for on-demand features. */
function eventTimes({ plan, evaluator }: Served): string[] {
  const byRead = evaluator.eventTimes.map((us) => (us === null ? "null" : `"${formatTime(us)}"`));
  return plan.outputs.map(({ read }) => (read < 0 ? "null" : (byRead[read] as string)));
}
