// GET /v1/audit: who changed what, when, from where, and what came of it; the latest first.
import { EdgefeatError } from "../../sdk/errors.ts";
import { parseTime, US_PER_DAY, type Us } from "../../sdk/time.ts";
import { answerJson, type Route } from "./route.ts";

const DEFAULT_SINCE_US = US_PER_DAY;
export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1_000;
/** Each day looked at costs a command. */
const MAX_SPAN_US = 100 * US_PER_DAY;

export const getAudit: Route = {
  method: "GET",
  path: "/v1/audit",
  access: "admin",
  async handle({ request }, { audit, clock }) {
    const query = new URL(request.url).searchParams;
    const untilUs = time(query, "until") ?? clock.nowUs() + 1;
    const sinceUs = time(query, "since") ?? untilUs - DEFAULT_SINCE_US;
    if (untilUs - sinceUs > MAX_SPAN_US) {
      throw new EdgefeatError("bad_request", "from since to until are more than 100 days", {
        hint: "ask for them in parts",
      });
    }
    const asked = { sinceUs, untilUs, before: query.get("before"), limit: limitOf(query.get("limit")) };
    return answerJson(await audit.read(asked));
  },
};

function time(query: URLSearchParams, name: string): Us | null {
  const text = query.get(name);
  return text === null ? null : parseTime(text);
}

function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new EdgefeatError("bad_request", `limit: expected a number from 1 to ${MAX_LIMIT}`, {
    hint: `without it ${DEFAULT_LIMIT} records are told`,
  });
}
