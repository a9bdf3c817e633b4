// The consumer of a queue: a message is an event, or several, for a view; each message is acknowledged or retried by itself.
//
// A message that can't be taken as it is stays in the queue until its retries run out, which puts it into the dead letter
// queue; those around it are taken. Messages come at least once, and in any order: each event counts once all the same.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";
import { isObject } from "../../sdk/shape.ts";
import { parseJson } from "../../sdk/types/index.ts";
import type { Log } from "../metrics/index.ts";
import { asEdgefeatError } from "../middleware/problem.ts";
import { type GivenEvent, pushEvents } from "./push.ts";
import { eventsOfJson, MAX_EVENTS } from "./read-events.ts";
import type { Definitions, PushServices } from "./services.ts";

/** What is used of a message; Cloudflare's have more. */
export interface QueueMessage {
  readonly id: string;
  /** Parsed JSON, or its text or bytes. */
  readonly body: unknown;
  /** How often it was delivered, this time included. */
  readonly attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

export interface QueueBatch {
  readonly queue: string;
  readonly messages: readonly QueueMessage[];
}

export interface QueueDeps {
  readonly services: PushServices;
  readonly log: Log;
  /** The view of messages that name none, by queue; "*" for every queue. */
  readonly views: Readonly<Record<string, string>>;
}

/** A message as it was read. */
interface Letter {
  readonly message: QueueMessage;
  readonly view: string;
  readonly events: readonly GivenEvent[];
}

/** Faults that pass: the same message may be taken later. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "store_unavailable",
  "store_conflict",
  "log_unavailable",
  "registry_not_found",
] satisfies ErrorCode[]);
const MAX_DELAY_S = 300;

/** Takes a batch: each of its messages is acknowledged or retried; never rejects. */
export async function consumeQueue(batch: QueueBatch, deps: QueueDeps): Promise<void> {
  const totals = { accepted: 0, duplicate: 0, deferred: 0, refused: 0, retried: 0 };
  const letters = batch.messages.flatMap((message) => {
    try {
      return [letterOf(message, batch.queue, deps.views)];
    } catch (fault) {
      refuse(message, asEdgefeatError(fault));
      return [];
    }
  });
  const { registry } = deps.services;
  const definitions: Definitions = { known: registry.current, areCurrent: false };
  for (const [view, own] of Map.groupBy(letters, (letter) => letter.view)) {
    for (const part of partsOf(own)) await take(view, part);
  }
  const { queue, messages } = batch;
  const level = totals.refused + totals.retried > 0 ? "warn" : "info";
  deps.log({ level, event: "queue", queue, messages: messages.length, ...totals });

  async function take(view: string, part: readonly Letter[]): Promise<void> {
    let counts;
    try {
      const events = part.flatMap((letter) => letter.events);
      counts = await pushEvents({ view, events, definitions }, deps.services);
    } catch (thrown) {
      const fault = asEdgefeatError(thrown);
      // Without definitions it is no fault of the messages.
      if (PASSING.has(fault.code) || !definitions.areCurrent) retry(part, fault);
      else if (part.length === 1) refuse((part[0] as Letter).message, fault);
      // One of them is at fault: the others must not wait for it.
      else for (const letter of part) await take(view, [letter]);
      return;
    }
    totals.accepted += counts.accepted;
    totals.duplicate += counts.duplicate;
    totals.deferred += counts.deferred;
    for (const { version, events, code } of counts.missed ?? [])
      deps.log({ level: "warn", event: "queue_missed", queue: batch.queue, view, version, events, code });
    let from = 0;
    for (const { message, events } of part) {
      const to = from + events.length;
      const rejected = counts.rejected.find(({ index }) => index >= from && index < to);
      if (rejected === undefined) message.ack();
      else refuse(message, rejected);
      from = to;
    }
  }

  function retry(some: readonly Letter[], { code, details }: EdgefeatError): void {
    totals.retried += some.length;
    const waitMs = details?.["retryAfterMs"];
    for (const { message } of some) {
      const seconds = Math.max(2 ** Math.min(message.attempts, 9), typeof waitMs === "number" ? waitMs / 1_000 : 0);
      message.retry({ delaySeconds: Math.min(Math.ceil(seconds), MAX_DELAY_S) });
    }
    deps.log({ level: "warn", event: "queue_retry", queue: batch.queue, messages: some.length, code });
  }

  function refuse(message: QueueMessage, { code }: { readonly code: string }): void {
    totals.refused++;
    message.retry();
    const { id, attempts } = message;
    deps.log({ level: "warn", event: "queue_refused", queue: batch.queue, id, attempts, code });
  }
}

/** @throws bad_request, malformed_json, request_too_large */
function letterOf(message: QueueMessage, queue: string, views: QueueDeps["views"]): Letter {
  const json = jsonOf(message.body);
  const named = isObject(json) && Object.hasOwn(json, "view");
  const { view = views[queue] ?? views["*"], ...rest } = (named ? json : {}) as { view?: unknown };
  if (typeof view !== "string") {
    throw new EdgefeatError("bad_request", "the message names no view, and its queue has none", {
      hint: 'send {"view": …, "events": […]}, or set EDGEFEAT_QUEUE_VIEWS',
    });
  }
  const { events } = eventsOfJson(named ? rest : json);
  if (events.length <= MAX_EVENTS) return { message, view, events };
  throw new EdgefeatError("request_too_large", `the message has ${events.length} events`, {
    hint: `at most ${MAX_EVENTS}`,
  });
}

function jsonOf(body: unknown): unknown {
  if (typeof body === "string") return parseJson(body);
  if (!(body instanceof ArrayBuffer) && !ArrayBuffer.isView(body)) return body;
  return parseJson(new TextDecoder().decode(body));
}

/** Returns messages in parts that make one push each. */
function partsOf(letters: readonly Letter[]): Letter[][] {
  const parts: Letter[][] = [];
  let size = MAX_EVENTS;
  for (const letter of letters) {
    const { length } = letter.events;
    if (size + length > MAX_EVENTS) {
      parts.push([]);
      size = 0;
    }
    (parts.at(-1) as Letter[]).push(letter);
    size += length;
  }
  return parts;
}
