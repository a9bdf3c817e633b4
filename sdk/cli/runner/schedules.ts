// The views' schedules, as far as a runner has seen to them: what is due is queued, by whichever runner comes first.
import type { AdminClient } from "../../client/index.ts";
import { checkSnapshot } from "../../registry/index.ts";
import { floorTo, formatTime, type Ms, US_PER_MINUTE, type Us } from "../../time.ts";
import { isDue, scheduledViews } from "./due.ts";

/** How often schedules are looked at where no new minute has begun by the server's clock, which may stand still. */
const LOOK_EVERY_MS: Ms = 60_000;

export interface SchedulesParts {
  readonly admin: Pick<AdminClient, "getRegistry" | "getMaterializations" | "submitJobs">;
  /** Told once of each schedule, and of each that can't be read. */
  note(line: string): void;
  /** True to be told only of what is wrong. */
  readonly quiet: boolean;
  /** A clock that only measures. */
  elapsedMs(): Ms;
}

export class Schedules {
  readonly #parts: SchedulesParts;
  /** By view, the last moment that was queued, by whoever, or needed no job. */
  readonly #seen = new Map<string, Us>();
  readonly #told = new Set<string>();
  #minuteUs: Us = Number.NaN;
  #lookedMs: Ms = Number.NEGATIVE_INFINITY;

  constructor(parts: SchedulesParts) {
    this.#parts = parts;
  }

  /** Queues a job for each view that is due at `nowUs`, the server's time; returns how many there are. */
  async queueDue(nowUs: Us): Promise<number> {
    const { admin, elapsedMs, quiet } = this.#parts;
    const minuteUs = floorTo(nowUs, US_PER_MINUTE);
    const atMs = elapsedMs();
    if (minuteUs === this.#minuteUs && atMs - this.#lookedMs < LOOK_EVERY_MS) return 0;
    const registry = await admin.getRegistry();
    let queued = 0;
    if (registry !== null) {
      const snapshot = checkSnapshot(registry.snapshot);
      const { views, faults } = scheduledViews(snapshot, nowUs);
      for (const { message } of faults) this.#tell(message, `warning: ${message}`);
      for (const { view, nextUs } of quiet ? [] : views) {
        this.#tell(view, `${view} has a schedule: next at ${formatTime(nextUs)}`);
      }
      const unseen = views.filter(({ view, lastUs }) => this.#seen.get(view) !== lastUs);
      const records = unseen.length === 0 ? {} : await admin.getMaterializations();
      for (const scheduled of unseen) {
        const { view, lastUs } = scheduled;
        if (isDue(scheduled, snapshot, records)) {
          queued += (await admin.submitJobs({ views: [view], due: formatTime(lastUs) })).jobs.length;
        }
        this.#seen.set(view, lastUs);
      }
    }
    this.#minuteUs = minuteUs;
    this.#lookedMs = atMs;
    return queued;
  }

  #tell(about: string, line: string): void {
    if (this.#told.has(about)) return;
    this.#told.add(about);
    this.#parts.note(line);
  }
}
