// All that an isolate counts of the requests it answers.
import type { Ms, Us } from "../../sdk/time.ts";
import type { Trace } from "../serve/index.ts";
import type { Exposition } from "./exposition.ts";
import { RequestMetrics, type RouteLabel } from "./request-metrics.ts";
import { ViewMetrics } from "./view-metrics.ts";

/** One an isolate: nothing of it is shared with others, so in Workers each scrape tells of the isolate that it met. */
export class Metrics {
  /** When the isolate began, by *now*. */
  readonly startedAtUs: Us;
  readonly #requests: RequestMetrics;
  readonly #views = new ViewMetrics();

  /** `routes` in the order that `Trace.route` counts them by. */
  constructor(routes: readonly RouteLabel[], startedAtUs: Us) {
    this.startedAtUs = startedAtUs;
    this.#requests = new RequestMetrics(routes);
  }

  /** Counts one answered request, without making anything that outlives it. */
  record(trace: Trace, status: number, elapsedMs: Ms): void {
    this.#requests.record(trace, status, elapsedMs);
    this.#views.record(trace);
  }

  /** Counts pushed events of a view by what became of them. */
  pushed(view: string, counts: Parameters<ViewMetrics["pushed"]>[1]): void {
    this.#views.pushed(view, counts);
  }

  write(page: Exposition): void {
    this.#requests.write(page);
    this.#views.write(page);
  }
}
