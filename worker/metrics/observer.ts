// What becomes of each answered request: counted at once, and told to the log and to Analytics Engine where that is wanted.
import type { EdgefeatError } from "../../sdk/errors.ts";
import type { Clock, Ms } from "../../sdk/time.ts";
import type { AppConfig } from "../config.ts";
import type { Later, Trace } from "../serve/index.ts";
import { reasonOf } from "../store/faults.ts";
import { type AnalyticsDataset, dataPoint } from "./analytics.ts";
import { faultFields, type Log, type LogEntry, LogLimiter, plainWords } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { type RouteLabel, UNMATCHED } from "./request-metrics.ts";

export interface ObserverOptions {
  readonly metrics: Metrics;
  readonly routes: readonly RouteLabel[];
  readonly config: Pick<Required<AppConfig>, "project" | "environment" | "slowMs" | "logRequests">;
  readonly clock: Clock;
  readonly log: Log;
  readonly analytics?: AnalyticsDataset;
}

export class Observer {
  readonly #options: ObserverOptions;
  readonly #limited: LogLimiter;
  readonly #warned = new Set<string>();

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#limited = new LogLimiter(options.log, options.clock);
  }

  /** Takes note of an answer; `status` is the response's. */
  answered(trace: Trace, status: number, elapsedMs: Ms, later: Later): void {
    const { metrics, analytics, log, config } = this.#options;
    metrics.record(trace, status, elapsedMs);
    if (trace.cacheStale > 0) {
      this.#limited.say("stale", { level: "warn", event: "stale_served", rows: trace.cacheStale });
    }
    const slow = config.slowMs !== null && elapsedMs > config.slowMs;
    if (slow || config.logRequests) {
      const level = slow ? "warn" : "info";
      log({ level, event: slow ? "slow_request" : "request", ...this.#fields(trace, status, elapsedMs) });
    }
    if (analytics !== undefined) {
      const answer = { route: this.#route(trace), status, elapsedMs };
      later(Promise.resolve().then(() => analytics.writeDataPoint(dataPoint(trace, answer, config))));
    }
  }

  /** Takes note of an error that is about to be told as `status`. Those of the caller are only counted. */
  told(error: EdgefeatError, status: number, trace: Trace): void {
    trace.errorCode = error.code;
    if (status < 500) return;
    const { method, path } = this.#route(trace);
    this.#logFault(error, { method, route: path });
  }

  /** Takes note of an error of `work` that no answer tells. */
  failed(work: string, error: EdgefeatError): void {
    this.#logFault(error, { work });
  }

  /** Logs what a store or a setting warns of, each warning once an isolate, whatever figures it holds. */
  warn(event: string, warnings: readonly string[]): void {
    for (const message of warnings) {
      const kind = message.replaceAll(/\d+/g, "0");
      if (this.#warned.has(kind)) continue;
      this.#warned.add(kind);
      this.#options.log({ level: "warn", event, message });
    }
  }

  #logFault(error: EdgefeatError, where: Readonly<Record<string, string>>): void {
    const { code, message, cause } = error;
    if (code === "internal_error") {
      const fault = faultFields(cause ?? error);
      const entry = { level: "error", event: "internal_error", code, ...where, ...fault } as const;
      this.#limited.say(`${fault.error} ${fault.stack}`, entry);
    } else {
      const event = code === "store_unavailable" ? "store_failed" : "request_failed";
      const reason = reasonOf(error) ?? undefined;
      this.#limited.say(`${code} ${reason}`, {
        level: "error",
        event,
        code,
        reason,
        ...where,
        message: plainWords(message),
      });
    }
  }

  #route({ route }: Trace): RouteLabel {
    return this.#options.routes[route] ?? UNMATCHED;
  }

  #fields(trace: Trace, status: number, elapsedMs: Ms): Omit<LogEntry, "level" | "event"> {
    const { method, path } = this.#route(trace);
    const { plan, cache, store, transform, encode } = trace.stagesMs;
    return {
      method,
      route: path,
      status,
      code: trace.errorCode ?? undefined,
      ms: elapsedMs,
      planMs: plan,
      cacheMs: cache,
      storeMs: store,
      transformMs: transform,
      encodeMs: encode,
      rows: trace.rows,
      cacheHits: trace.cacheHits,
      cacheMisses: trace.cacheMisses,
      cacheStale: trace.cacheStale,
      storeReads: trace.storeReads,
      faults: trace.errors.length,
    };
  }
}
