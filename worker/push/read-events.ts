// The bodies that events come in: one event, a list, an object with a list, JSON lines; what can't be read is told by its place.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkShape, isObject } from "../../sdk/shape.ts";
import { parseJson } from "../../sdk/types/index.ts";
import { isLines, readJson, readLines } from "../middleware/body.ts";
import type { Destination, GivenEvent } from "./push.ts";

/** The most events of one push, and its most bytes. */
export const MAX_EVENTS = 1_000;
const MAX_BYTES = 4_000_000;

const destination = z.enum(["online", "offline", "both"]);

export const pushBody = z.strictObject({ events: z.array(z.unknown()), to: z.optional(destination) });

export interface GivenPush {
  readonly events: readonly GivenEvent[];
  readonly to?: Destination | undefined;
}

/** What a query may say, for senders whose bodies can't. */
const query = z.object({
  to: z.optional(destination),
  /** "fail" tells by a status of 422 that some were rejected: to those that see nothing else. */
  rejected: z.optional(z.literal("fail")),
  /** The version that alone takes the events, which the log has already. */
  version: z.optional(z.string().check(z.regex(/^[1-9]\d{0,8}$/, "expected a number"))),
});

/**
 * Returns the events of a request, and where they are to go, by its body or else by `?to=`; `failing` is true where a
 * rejected event is to be told by the status too; a `version` of null stands for all that take pushes.
 * @throws bad_request, malformed_json, unsupported_media_type, body_too_large, request_too_large
 */
export async function readPush(
  request: Request,
  maxBodyBytes: number,
): Promise<GivenPush & { readonly failing: boolean; readonly version: number | null }> {
  const asked = Object.fromEntries(new URL(request.url).searchParams);
  const { to, rejected, version } = checkShape(query, asked, "query", "bad_request");
  const maxBytes = Math.min(maxBodyBytes, MAX_BYTES);
  const given: GivenPush = isLines(request)
    ? { events: eventsOfLines(await readLines(request, maxBytes)) }
    : eventsOfJson(await readJson(request, maxBytes));
  const events = checkCount(given.events);
  const rest = { events, to: given.to ?? to, failing: rejected === "fail" };
  if (version === undefined) return { ...rest, version: null };
  if (rest.to !== undefined && rest.to !== "online")
    throw new EdgefeatError("bad_request", `events for one version go to: "online", not "${rest.to}"`);
  return { ...rest, to: "online", version: Number(version) };
}

/** Returns the events that parsed JSON stands for. @throws bad_request */
export function eventsOfJson(json: unknown): GivenPush {
  if (Array.isArray(json)) return { events: json.map((one: unknown) => ({ json: one })) };
  if (!isObject(json) || !Object.hasOwn(json, "events")) return { events: [{ json }] };
  const { events, to } = checkShape(pushBody, json, "request", "bad_request");
  return { events: events.map((one) => ({ json: one })), to };
}

/** Returns an event a line; a blank one is none. */
function eventsOfLines(text: string): GivenEvent[] {
  const events: GivenEvent[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    try {
      events.push({ json: parseJson(line) });
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      events.push({ fault });
    }
  }
  return events;
}

function checkCount(events: readonly GivenEvent[]): readonly GivenEvent[] {
  if (events.length <= MAX_EVENTS) return events;
  throw new EdgefeatError("request_too_large", `the push has ${events.length} events`, {
    hint: `at most ${MAX_EVENTS}: send it in parts`,
  });
}
