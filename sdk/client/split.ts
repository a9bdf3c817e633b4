// What one answer to many callers is to each of them; and whom a refusal of all of them concerns.
import { EdgefeatError } from "../errors.ts";
import type { FeaturesAnswer } from "./answer.ts";

type Answer = FeaturesAnswer<Record<string, unknown>>;

/** Returns an answer of `count` rows as that many answers of one row. @throws server_failed when it has another number */
export function splitAnswer(answer: Answer, count: number): Answer[] {
  const { rows, statuses, eventTimes, absent, errors, features, versions, ...rest } = answer;
  if (rows.length !== count) {
    throw new EdgefeatError("server_failed", `the server answered ${rows.length} rows to ${count} entities`);
  }
  const answers = rows.map((row, i): Answer => ({
    ...rest,
    features: [...features],
    rows: [row],
    absent: [],
    errors: [],
    ...(statuses === undefined ? {} : { statuses: [statuses[i] as (typeof statuses)[number]] }),
    ...(eventTimes === undefined ? {} : { eventTimes: [eventTimes[i] as (typeof eventTimes)[number]] }),
    ...(versions === undefined ? {} : { versions: { ...versions } }),
  }));
  for (const [row, view, status] of absent) answers[row]?.absent.push([0, view, status]);
  for (const [row, feature, code] of errors) answers[row]?.errors.push([0, feature, code]);
  return answers;
}

/** A column with one value a row, and which row is at fault. */
const AT_ROW = /^\/(?:entities|request)\/[^/]+\/(\d+)(?:\/|$)/;
/** Refusals of what a request holds, rather than of who asks or of what there is. */
const OF_CONTENT = new Set<unknown>([400, 413, 422]);

/**
 * Returns the groups of rows to ask for again, by index, when the request for all of them was refused: a row at fault by
 * itself, the others apart from it, in halves, so that no number of bad rows makes for more than twice as many requests
 * as rows. None, when the fault is that of all: what they share, or the server's.
 */
export function rowsToResend(error: unknown, count: number): number[][] {
  if (count === 1 || !(error instanceof EdgefeatError)) return [];
  const all = Array.from({ length: count }, (_, i) => i);
  const { pointer, code, details } = error;
  const guilty = Number(AT_ROW.exec(pointer ?? "")?.[1]);
  if (guilty < count) {
    const others = all.filter((i) => i !== guilty);
    return [[guilty], ...halves(others)];
  }
  const ofSome = code === "row_corrupt" || (pointer === undefined && OF_CONTENT.has(details?.["status"]));
  return ofSome ? halves(all) : [];
}

function halves(rows: number[]): number[][] {
  const middle = Math.ceil(rows.length / 2);
  return [rows.slice(0, middle), rows.slice(middle)].filter((half) => half.length > 0);
}
