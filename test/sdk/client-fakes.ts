// Time that passes only when all waits for it, and a server that does with each request what a script says.
import type { Timing } from "edgefeat/client";
import type { Sent } from "./client-fake-server.ts";

export interface FakeTiming extends Timing {
  /** The delays that were asked for and not forgotten in time, in the order they ended. */
  readonly ended: number[];
  /** How many timers still run. */
  readonly pending: number;
}

/** Returns a clock that jumps to the next timer once nothing else happens; `random` gives 0 unless told. */
export function fakeTiming(random: () => number = () => 0): FakeTiming {
  let nowMs = 0;
  const timers = new Map<object, { atMs: number; delayMs: number; fire: () => void }>();
  const ended: number[] = [];
  const fireNext = () => {
    const [next] = [...timers].sort(([, a], [, b]) => a.atMs - b.atMs);
    if (next === undefined) return;
    const [id, { atMs, delayMs, fire }] = next;
    timers.delete(id);
    nowMs = atMs;
    ended.push(delayMs);
    fire();
  };
  return {
    ended,
    get pending() {
      return timers.size;
    },
    elapsedMs: () => nowMs,
    nowMs: () => Date.parse("2026-11-21T12:00:00Z") + nowMs,
    random,
    after(delayMs, fire) {
      const id = {};
      timers.set(id, { atMs: nowMs + delayMs, delayMs, fire });
      // Two turns later, what an answer leads to has happened.
      setImmediate(() => setImmediate(fireNext));
      return () => timers.delete(id);
    },
  };
}

/** What comes of a request: an answer, a fault of the network, or nothing ever. */
export type Step = Response | Error | "hang" | ((sent: Sent) => Response | Promise<Response>);

/** Returns a fetch whose requests go as `steps` say, one each and then the last for ever, and what was sent to it. */
export function scriptedServer(...steps: Step[]): { fetch: typeof fetch; sent: Sent[]; signals: AbortSignal[] } {
  const sent: Sent[] = [];
  const signals: AbortSignal[] = [];
  const scripted = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    const request = { url, method: init.method, headers, body: init.body as string | undefined };
    sent.push(request);
    signals.push(init.signal as AbortSignal);
    const step = steps[Math.min(sent.length, steps.length) - 1];
    if (step instanceof Error) throw step;
    if (step instanceof Response) return step.clone();
    if (typeof step === "function") return step(request);
    return new Promise((_resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  };
  return { fetch: scripted as typeof fetch, sent, signals };
}

/** Returns a problem document as the server sends it. */
export function problem(
  status: number,
  code: string,
  more: object = {},
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify({ title: code, status, code, ...more }), { status, headers });
}
