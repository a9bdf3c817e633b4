// The calls about jobs: queueing, listing and cancelling them, and what a runner takes and tells. Writing ones need a token that may write.
import { EdgefeatError } from "../errors.ts";
import type { Ms } from "../time.ts";
import type { Transport } from "./transport.ts";

export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** The materialization of one view; times are RFC 3339. */
export interface Job {
  /** A number: later jobs have greater ones. */
  id: string;
  view: string;
  /** True: from a day before the last end. */
  incremental: boolean;
  /** Exclusive; null: from the earliest row, or by `incremental`. */
  start: string | null;
  /** Inclusive; null: the server's time when a runner first takes it. */
  end: string | null;
  origin: "request" | "schedule" | "feast";
  /** The moment of the view's schedule that it is for. */
  due: string | null;
  state: JobState;
  createdAt: string;
  /** The id of the token that asked for it, or "root". */
  createdBy: string;
  startedAt: string | null;
  finishedAt: string | null;
  runner: string | null;
  attempts: number;
  /** How often its last runner tried again what failed by a fault that may pass. */
  retries: number;
  /** True when it is to be cancelled, which its runner has yet to notice. */
  cancelling: boolean;
  progress: JobProgress | null;
  /** Keys of all versions, and what became of them. */
  rows: Record<string, number> | null;
  seconds: number | null;
  error: JobError | null;
}

export interface JobProgress {
  stage: string;
  done: number;
  /** 0: not known. */
  total: number;
}

export interface JobError {
  code: string;
  message: string;
  hint: string | null;
}

export interface JobRequest {
  /** Default: every view but on-demand ones. */
  views?: readonly string[];
  /** False: all of (start, end]; default true: from a day before the last end. */
  incremental?: boolean;
  /** RFC 3339; default from the earliest row. */
  start?: string;
  /** Default: when a runner takes it. */
  end?: string;
  /** The moment of the views' schedules that this is for, which is queued once. */
  due?: string;
}

export interface JobReport {
  /** What the job was taken with. */
  lease: string;
  leaseMs?: Ms;
  progress?: JobProgress;
  rows?: Record<string, number>;
  seconds?: number;
  error?: JobError;
  retries?: number;
  /** Ends the job, or with "queued" gives it back; without it the lease is renewed. */
  state?: Exclude<JobState, "running">;
}

export interface JobList {
  /** The latest first. */
  jobs: Job[];
  /** What `before` takes for the next page; null after the last. */
  next: string | null;
  /** The runners that are there, by name. */
  runners: string[];
}

export interface JobCalls {
  /**
   * Queues one job a view and returns them, or those that wait already for the same; none for a moment of a schedule that was
   * queued before. `unattended` names a view that no runner is there for.
   * @throws unknown_view, bad_request, event_time_in_future, rate_limited
   */
  submitJobs(request: JobRequest): Promise<{ jobs: Job[]; unattended: string | null }>;
  listJobs(query?: { view?: string; state?: JobState; before?: string; limit?: number }): Promise<JobList>;
  /** Returns a job; null when there is none. */
  getJob(id: string): Promise<Job | null>;
  /** Cancels a job, or asks its runner to; returns it, unchanged where it was done, null when there is none. */
  cancelJob(id: string): Promise<Job | null>;
  /** Tells how far a runner has come with its job, and what came of it. @throws lease_lost when it has it no longer */
  reportJob(id: string, report: JobReport): Promise<Job>;
  /** Tells that a runner is there; with a lease, made up anew for each job, takes one that waits. `now` is the server's time. */
  beatRunner(
    name: string,
    beat: { lease?: string; leaseMs?: Ms; pollMs?: Ms },
  ): Promise<{ now: string; job: Job | null }>;
  /** Tells that a runner goes. */
  leaveRunner(name: string): Promise<void>;
}

/** Returns the calls about jobs of a server. All of them may be repeated. */
export function jobCalls(call: Transport): JobCalls {
  const post = (path: string, body: object) =>
    call({ method: "POST", path, body: JSON.stringify(body), idempotent: true });
  const known = async (answer: Promise<unknown>): Promise<Job | null> => {
    try {
      return (await answer) as Job;
    } catch (fault) {
      if (fault instanceof EdgefeatError && fault.code === "not_found") return null;
      throw fault;
    }
  };
  return {
    submitJobs: async (request) => (await post("/v1/jobs", request)) as { jobs: Job[]; unattended: string | null },
    async listJobs(query = {}) {
      const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
      return (await call({ method: "GET", path: `/v1/jobs${text === "" ? "" : `?${text}`}` })) as JobList;
    },
    getJob: (id) => known(call({ method: "GET", path: jobPath(id) })),
    cancelJob: (id) => known(call({ method: "DELETE", path: jobPath(id), idempotent: true })),
    reportJob: async (id, report) => (await post(jobPath(id), report)) as Job,
    beatRunner: async (name, beat) => (await post(runnerPath(name), beat)) as { now: string; job: Job | null },
    async leaveRunner(name) {
      await call({ method: "DELETE", path: runnerPath(name), idempotent: true });
    },
  };
}

function jobPath(id: string): string {
  return `/v1/jobs/${encodeURIComponent(id)}`;
}

function runnerPath(name: string): string {
  return `/v1/runners/${encodeURIComponent(name)}`;
}
