// A job: the materialization of one view, queued over HTTP or by its schedule, and what has become of it.
import type { ErrorCode } from "../../sdk/errors.ts";
import type { Ms } from "../../sdk/time.ts";

export const JOB_STATES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];
export const END_STATES: ReadonlySet<JobState> = new Set(["succeeded", "failed", "cancelled"]);

/** What a job materializes, in RFC 3339. */
export interface Interval {
  /** True: from a day before the last end, or from the earliest row where there is none. */
  readonly incremental: boolean;
  /** Exclusive; null: from the earliest row, or by `incremental`. */
  readonly start: string | null;
  /** Inclusive; null: the server's time when a runner first takes it. */
  readonly end: string | null;
}

/** What asks for a job. */
export interface Asked extends Interval {
  readonly view: string;
  readonly origin: "request" | "schedule" | "feast";
  /** The moment of its schedule, for which it is queued once; null for none. */
  readonly due: string | null;
}

export interface JobError {
  readonly code: ErrorCode | (string & {});
  readonly message: string;
  readonly hint: string | null;
}

export interface Job extends Asked {
  /** A number: later jobs have greater ones. */
  readonly id: string;
  state: JobState;
  end: string | null;
  readonly createdAt: string;
  /** The id of the token that asked for it. */
  readonly createdBy: string;
  startedAt: string | null;
  finishedAt: string | null;
  runner: string | null;
  /** How many runners have taken it, but for those that gave it back. */
  attempts: number;
  /** How often its last runner tried again what failed by a fault that may pass. */
  retries: number;
  /** True when it is to be cancelled, which its runner has yet to notice. */
  cancelling: boolean;
  /** null: nothing told yet, or over. */
  progress: { readonly stage: string; readonly done: number; readonly total: number } | null;
  /** How many keys of all versions had something to write, and what became of them. */
  rows: Readonly<Record<string, number>> | null;
  /** How long its last runner worked on it. */
  seconds: number | null;
  error: JobError | null;
}

/** What a runner tells of a job while it runs, and at its end. */
export type Told = { [K in "progress" | "rows" | "seconds" | "error" | "retries"]?: Job[K] | undefined };

/** A job as it is kept: with the lease of the runner that has it, or had it last. */
export interface KeptJob extends Job {
  lease: string | null;
  /** By the system's time. */
  leaseUntilMs: Ms;
}

/** Returns a job as it may be shown: without its lease, which is its runner's secret. */
export function shown({ lease: _, leaseUntilMs: __, ...job }: KeptJob): Job {
  return job;
}

/** Returns whether a runner that is still there has the job. */
export function isHeld(job: KeptJob, systemMs: Ms): boolean {
  return job.state === "running" && systemMs < job.leaseUntilMs;
}
