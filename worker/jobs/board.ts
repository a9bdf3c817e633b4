// The project's jobs in the online store: one document of those that are not done, which decides, and one of those that are.
// A compare-and-set of the first makes every change of state, so a view never has two runners; what is done goes over to
// the second after that, by whoever comes by, and only then from the first.
import { EdgefeatError } from "../../sdk/errors.ts";
import { jobsKey, type KeySpace } from "../../sdk/rows/index.ts";
import { type Clock, formatTime, type Ms, parseTime, US_PER_DAY } from "../../sdk/time.ts";
import type { OnlineStore } from "../store/port.ts";
import { alterDocument, bytesOf, noneDone, noneOpen, type OpenJobs, own, parsed } from "./documents.ts";
import { type Asked, END_STATES, isHeld, type Job, type JobState, type KeptJob, shown, type Told } from "./job.ts";
import { checkOwner, type Owner, type Runner, sign } from "./signs.ts";

/** How many finished jobs are kept, in how many bytes of JSON, and for how long; under a frozen clock that doesn't count. */
export const KEPT_JOBS = 500;
export const KEPT_BYTES = 1_000_000;
const KEPT_US = 30 * US_PER_DAY;
const MAX_OPEN = 1_000;
/** A job that so many runners were lost with is not tried again: it may be what they are lost by. */
const MAX_LOST = 3;

export interface BoardParts {
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly space: KeySpace;
  /** The system's time, which leases and signs of life run out by. */
  systemMs(): Ms;
}

export interface JobQuery {
  readonly view: string | null;
  readonly state: JobState | null;
  /** Only jobs with smaller ids; null: from the latest on. */
  readonly before: string | null;
  readonly limit: number;
  /** Whether who asks may see a view's jobs. */
  may(view: string): boolean;
}

export interface Report {
  readonly id: string;
  readonly lease: string;
  /** How long the lease holds from now on. */
  readonly leaseMs: Ms;
  readonly told: Told;
  /** How the job ends, or "queued" to give it back; null: it goes on. */
  readonly state: JobState | null;
  /** Whether who tells may see a view's jobs. */
  may(view: string): boolean;
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** What `before` takes for the next page; null after the last. */
  readonly next: string | null;
  /** The runners that are there, by name. */
  readonly runners: readonly string[];
}

/** Every method throws store_unavailable, store_conflict, row_corrupt. */
export class JobBoard {
  readonly #parts: BoardParts;
  readonly #openKey: string;
  readonly #doneKey: string;

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.#openKey = jobsKey(parts.space, "open");
    this.#doneKey = jobsKey(parts.space, "done");
  }

  /**
   * Queues jobs and returns them; one that waits already for the same is returned in the place of another, and of a moment
   * of a schedule that was queued before nothing. @throws rate_limited beyond 1,000 that aren't done
   */
  submit(asked: readonly Asked[], by: string): Promise<Job[]> {
    const createdAt = formatTime(this.#parts.clock.nowUs());
    return this.#change((open) =>
      asked.flatMap((one) => {
        const { view, incremental, start, end, due } = one;
        if (due !== null) {
          if (due <= (own(open.due, view) ?? "")) return [];
          open.due[view] = due;
        }
        const same = open.jobs.find(
          (job) =>
            job.state === "queued" &&
            job.view === view &&
            job.incremental === incremental &&
            job.start === start &&
            job.end === end,
        );
        if (same !== undefined) return [shown(same)];
        if (open.jobs.length >= MAX_OPEN) {
          throw new EdgefeatError("rate_limited", `${MAX_OPEN} jobs wait already`, {
            hint: "start a runner, or cancel some",
            details: { retryAfterSeconds: 60 },
          });
        }
        const job: KeptJob = {
          id: String(open.next++),
          ...one,
          state: "queued",
          createdAt,
          createdBy: by,
          startedAt: null,
          finishedAt: null,
          runner: null,
          attempts: 0,
          cancelling: false,
          retries: 0,
          progress: null,
          rows: null,
          seconds: null,
          error: null,
          lease: null,
          leaseUntilMs: 0,
        };
        open.jobs.push(job);
        return [shown(job)];
      }),
    );
  }

  /**
   * Takes note of a runner and, with a lease that it made up, gives it the first job that waits for a view that nobody else
   * has; again the same to who asks again with that lease. A job whose lease ran out waits again.
   * @throws forbidden where the runner's name is another's
   */
  async beat(runner: Runner, lease: string | null, leaseMs: Ms): Promise<Job | null> {
    const { clock, systemMs } = this.#parts;
    let swept = true;
    const taken = await this.#change((open) => {
      const atMs = systemMs();
      sign(open.runners, runner, atMs);
      if (lease === null) return null;
      for (const job of open.jobs) if (job.state === "running" && !isHeld(job, atMs)) this.#lose(job);
      swept = !open.jobs.some(({ state }) => END_STATES.has(state));
      const held = new Set(open.jobs.flatMap((job) => (job.state === "running" ? [job.view] : [])));
      const { views } = runner;
      // A lease is a secret that its runner made up, but may be one that another made up too.
      const mine = open.jobs.filter(({ view }) => views === null || views.includes(view));
      const job =
        mine.find((one) => one.lease === lease && one.state === "running") ??
        mine.find(({ state, view }) => state === "queued" && !held.has(view));
      if (job === undefined) return null;
      if (job.state === "queued") {
        const now = formatTime(clock.nowUs());
        job.end ??= now;
        job.startedAt ??= now;
        job.attempts++;
        Object.assign(job, { state: "running", runner: runner.name, lease, retries: 0 });
      }
      job.leaseUntilMs = atMs + leaseMs;
      return shown(job);
    });
    if (!swept) await this.#trySweep();
    return taken;
  }

  /** Takes note that a runner goes. @throws forbidden where its name is another's */
  leave(name: string, owner: Owner): Promise<void> {
    return this.#change((open) => {
      checkOwner(open.runners, name, owner);
      delete open.runners[name];
    });
  }

  /**
   * Keeps what the runner that has the job tells of it, and its lease for longer; with a state ends the job, or with
   * "queued" gives it back. Telling the end again changes nothing. @throws lease_lost for who doesn't have it
   */
  async report({ id, lease, leaseMs, told, state, may }: Report): Promise<Job> {
    const { clock, systemMs } = this.#parts;
    const isTheirs = (job: KeptJob) => job.id === id && job.lease === lease && may(job.view);
    const job = await this.#change((open) => {
      const found = open.jobs.find(isTheirs);
      if (found === undefined || found.state !== "running") return found ?? null;
      // What came of it belongs to its end: until then it would only make the document large that decides all.
      const { rows: _, error: __, ...meanwhile } = told;
      Object.assign(found, state === null || state === "queued" ? meanwhile : told);
      found.leaseUntilMs = systemMs() + leaseMs;
      const known = own(open.runners, found.runner as string);
      if (known !== undefined) known.untilMs = Math.max(known.untilMs, found.leaseUntilMs);
      if (state === "queued") {
        found.attempts--;
        Object.assign(found, { state, runner: null, progress: null });
      } else if (state !== null) end(found, state, formatTime(clock.nowUs()));
      return found;
    });
    if (job === null || job.state === "queued") {
      if (job !== null && state === "queued") return shown(job);
      const done = (await this.#done()).find(isTheirs);
      if (done !== undefined) return shown(done);
      throw new EdgefeatError("lease_lost", `the job ${id} is not, or no longer, this runner's`, {
        hint: "its lease ran out, or it was given back or cancelled: leave it, and take another",
      });
    }
    if (END_STATES.has(job.state)) await this.#trySweep();
    return shown(job);
  }

  /** Cancels a job: at once where no runner has it, else when its runner hears of it. One that is done stays as it is. */
  async cancel(id: string, may: (view: string) => boolean): Promise<Job | null> {
    const { clock, systemMs } = this.#parts;
    const job = await this.#change((open) => {
      const found = open.jobs.find((one) => one.id === id && may(one.view));
      if (found === undefined) return null;
      if (isHeld(found, systemMs())) found.cancelling = true;
      else if (!END_STATES.has(found.state)) end(found, "cancelled", formatTime(clock.nowUs()));
      return found;
    });
    if (job === null) return this.find(id, may);
    if (END_STATES.has(job.state)) await this.#trySweep();
    return shown(job);
  }

  /** Returns a job; null when there is none, or who asks may not see it. */
  async find(id: string, may: (view: string) => boolean): Promise<Job | null> {
    const job = (await this.#all()).jobs.find((one) => one.id === id && may(one.view));
    return job === undefined ? null : shown(job);
  }

  /** Returns a page of the jobs, the latest first. */
  async list({ view, state, before, limit, may }: JobQuery): Promise<JobPage> {
    const { jobs, runners } = await this.#all();
    const found = jobs
      .filter(
        (job) =>
          may(job.view) &&
          (view === null || job.view === view) &&
          (state === null || job.state === state) &&
          (before === null || Number(job.id) < Number(before)),
      )
      .toSorted((a, b) => Number(b.id) - Number(a.id));
    const page = found.slice(0, limit);
    const next = found.length > limit ? (page.at(-1) as KeptJob).id : null;
    return { jobs: page.map(shown), next, runners: Object.keys(runners).toSorted() };
  }

  /** Returns the first of these views that no runner which is there may take; null when each has one. */
  async unattended(views: readonly string[]): Promise<string | null> {
    const signs = Object.values((await this.#all()).runners);
    return views.find((view) => !signs.some((sign) => sign.views?.includes(view) ?? true)) ?? null;
  }

  /** What becomes of a job whose runner is gone. */
  #lose(job: KeptJob): void {
    const now = formatTime(this.#parts.clock.nowUs());
    if (job.cancelling) end(job, "cancelled", now);
    else if (job.attempts < MAX_LOST) Object.assign(job, { state: "queued", runner: null, lease: null });
    else {
      const message = `${MAX_LOST} runners were lost while they had it, the last one ${job.runner}`;
      job.error = { code: "lease_lost", message, hint: "did they run out of memory? Look at what they printed" };
      end(job, "failed", now);
    }
  }

  async #all(): Promise<{ jobs: KeptJob[]; runners: OpenJobs["runners"] }> {
    const [open = null, done = null] = await this.#parts.store.read([this.#openKey, this.#doneKey], {
      purpose: "newest",
    });
    const { jobs, runners } = parsed(open, noneOpen);
    const atMs = this.#parts.systemMs();
    const ids = new Set(jobs.map(({ id }) => id));
    return {
      jobs: [...jobs, ...parsed(done, noneDone).filter(({ id }) => !ids.has(id))],
      runners: Object.fromEntries(Object.entries(runners).filter(([, { untilMs }]) => atMs < untilMs)),
    };
  }

  async #done(): Promise<KeptJob[]> {
    const [text = null] = await this.#parts.store.read([this.#doneKey], { purpose: "newest" });
    return parsed(text, noneDone);
  }

  /** What has been done stands by then, and whoever asks for a job next sweeps again; `list` and `find` tell what is wrong. */
  async #trySweep(): Promise<void> {
    await this.#sweep().catch(() => {});
  }

  /** Brings what has ended from the one document to the other. */
  async #sweep(): Promise<void> {
    const { store, clock } = this.#parts;
    const [text = null] = await store.read([this.#openKey], { purpose: "newest" });
    const ended = parsed(text, noneOpen).jobs.filter(({ state }) => END_STATES.has(state));
    if (ended.length === 0) return;
    const ids = new Set(ended.map(({ id }) => id));
    const sinceUs = clock.frozen ? Number.NEGATIVE_INFINITY : clock.nowUs() - KEPT_US;
    await alterDocument(store, this.#doneKey, noneDone, (done) => {
      const kept = [...done.filter(({ id }) => !ids.has(id)), ...ended]
        .filter(({ finishedAt }) => parseTime(finishedAt as string) > sinceUs)
        .slice(-KEPT_JOBS);
      let bytes = 0;
      const dropped = kept.findLastIndex((job) => (bytes += bytesOf(job)) > KEPT_BYTES);
      done.splice(0, done.length, ...kept.slice(dropped + 1));
    });
    await this.#change((open) => {
      open.jobs = open.jobs.filter(({ id, state }) => !(ids.has(id) && END_STATES.has(state)));
    });
  }

  #change<T>(alter: (open: OpenJobs) => T): Promise<T> {
    return alterDocument(this.#parts.store, this.#openKey, noneOpen, alter);
  }
}

function end(job: KeptJob, state: JobState, finishedAt: string): void {
  Object.assign(job, { state, finishedAt, progress: null, cancelling: false });
}
