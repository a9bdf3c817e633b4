// The native answer as JSON text, written straight from the evaluator's row.
import { formatTime, timeFormatter } from "../../sdk/time.ts";
import { type Value, valueToJson } from "../../sdk/types/index.ts";
import type { OutputPart } from "./compiled-plan.ts";
import type { RowEvaluator } from "./evaluate.ts";
import type { Served } from "./feature-server.ts";
import { checkAnswer } from "./read-limits.ts";
import type { ServedRow } from "./served-row.ts";

export const INCLUDES = ["statuses", "eventTimes", "versions"] as const;
export type Include = (typeof INCLUDES)[number];

/** Evaluates every row of a request and returns the answer's JSON text. @throws request_too_large */
export function encodeAnswer(served: Served, include: readonly Include[]): string {
  const { plan, evaluator, inputs, registry, nowUs, knownAsOfUs } = served;
  const { outputs, parts, textOnly } = plan;
  const withStatuses = include.includes("statuses");
  const withTimes = include.includes("eventTimes");
  // Stored rows keep their text: where nothing is computed, they need not be evaluated value by value.
  const located = textOnly && !withStatuses;
  const whole = parts.length === 1 && parts[0]?.read !== null;
  // Each row begins with its comma; that of the first is cut off.
  let rows = "";
  let statuses = "";
  let times = "";
  for (let r = 0; r < inputs.rows; r++) {
    if (located) evaluator.locate(r);
    else evaluator.run(r);
    if (whole) rows += partText(parts[0] as OutputPart, evaluator);
    else {
      rows += ",[";
      for (let p = 0; p < parts.length; p++) {
        if (p > 0) rows += ",";
        rows += partText(parts[p] as OutputPart, evaluator);
      }
      rows += "]";
    }
    if (withStatuses)
      statuses += `${r === 0 ? "" : ","}["${outputs.map(({ slot }) => evaluator.statuses[slot]).join('","')}"]`;
    if (withTimes) times += `${r === 0 ? "" : ","}[${eventTimes(served).join(",")}]`;
    checkAnswer(rows.length + statuses.length + times.length);
  }
  const now = nowText(nowUs);
  const knownAsOf = knownAsOfUs === nowUs ? now : knownAsOfText(knownAsOfUs);
  let answer =
    `{"now":"${now}","knownAsOf":"${knownAsOf}","registry":"${registry.hash}","features":${plan.featuresJson},"rows":[${rows.slice(1)}],` +
    `"absent":${listJson(evaluator.absent)},"errors":${listJson(evaluator.errors)}`;
  if (withStatuses) answer += `,"statuses":[${statuses}]`;
  if (withTimes) answer += `,"eventTimes":[${times}]`;
  if (include.includes("versions")) answer += `,"versions":${plan.versionsJson}`;
  return `${answer}}`;
}

const nowText = timeFormatter();
const knownAsOfText = timeFormatter();

function partText(part: OutputPart, { row, readStatuses, winners }: RowEvaluator): string {
  if (part.read === null) return valueToJson(part.type, row[part.slot] as Value | null);
  return readStatuses[part.read] === "PRESENT"
    ? (winners[part.read] as ServedRow).jsonOf(part.segment)
    : part.emptyText;
}

function listJson(list: readonly unknown[]): string {
  return list.length === 0 ? "[]" : JSON.stringify(list);
}

/** The event times of the row evaluated last, as JSON texts by output; null for on-demand features. */
function eventTimes({ plan, evaluator }: Served): string[] {
  const byRead = evaluator.eventTimes.map((us) => (us === null ? "null" : `"${formatTime(us)}"`));
  return plan.outputs.map(({ read }) => (read < 0 ? "null" : (byRead[read] as string)));
}
