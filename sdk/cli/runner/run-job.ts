// One job from its lease to its end: materialized in this process, and what came of it told.
import type { AdminClient, Job, JobReport } from "../../client/index.ts";
import { EdgefeatError } from "../../errors.ts";
import { type Ms, parseTime } from "../../time.ts";
import type { Context } from "../command.ts";
import { asEdgefeatError } from "../error-text.ts";
import { type Interval, materializeAll, type MaterializeAllOptions } from "../materialize-views.ts";
import { jobOutput } from "./job-output.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";

export interface JobRun {
  readonly admin: AdminClient;
  readonly context: Context;
  readonly keeper: LeaseKeeper;
  readonly onBadRows: MaterializeAllOptions["onBadRows"];
  readonly lease: string;
  readonly leaseMs: Ms;
}

/** What becomes of a job that stops before it is done; one that may be somebody else's is given back where it isn't. */
const STATES = { interrupted: "queued", cancelled: "cancelled", lost: "queued" } as const satisfies Record<
  string,
  JobReport["state"]
>;
/** What a record has room for. */
const MAX_WORDS = 1_000;

/** Does a job and returns its record; null of one that was lost to another runner. @throws what telling the end of it throws */
export async function runJob(
  job: Job,
  { admin, context, keeper, onBadRows, lease, leaseMs }: JobRun,
): Promise<Job | null> {
  const { out, signal } = context;
  const work = new AbortController();
  let stopped = null as keyof typeof STATES | null;
  const stop = (why: keyof typeof STATES) => {
    stopped ??= why;
    work.abort();
  };
  const interrupt = () => stop("interrupted");
  if (signal.aborted) interrupt();
  signal.addEventListener("abort", interrupt);
  const output = jobOutput(out, (progress) => keeper.progress(progress));
  const startedMs = performance.now();
  let fault: unknown = null;
  keeper.hold({ id: job.id, lease, leaseMs, onStop: stop });
  try {
    const options = { views: [job.view], onBadRows };
    await materializeAll({ ...context, out: output, signal: work.signal }, intervalOf(job), options);
  } catch (thrown) {
    fault = thrown;
  } finally {
    signal.removeEventListener("abort", interrupt);
    keeper.release();
  }
  const tell = (state: NonNullable<JobReport["state"]>, error?: JobReport["error"]) =>
    admin.reportJob(job.id, {
      lease,
      leaseMs,
      state,
      seconds: Math.round(performance.now() - startedMs) / 1_000,
      ...(output.rows === null ? {} : { rows: output.rows }),
      ...(error === undefined ? {} : { error }),
    });
  try {
    // Done is done, whatever it was told meanwhile.
    if (fault === null) return await tell("succeeded");
    if (stopped !== null) return await tell(STATES[stopped]);
    const error = asEdgefeatError(fault);
    out.fail(error);
    const { code, message, hint } = error;
    return await tell("failed", {
      code,
      message: message.slice(0, MAX_WORDS),
      hint: hint?.slice(0, MAX_WORDS) ?? null,
    });
  } catch (thrown) {
    if (thrown instanceof EdgefeatError && thrown.code === "lease_lost") return null;
    throw thrown;
  }
}

function intervalOf({ incremental, start, end }: Job): Interval {
  // The server sets the end of a job when it is taken.
  const endUs = parseTime(end as string);
  if (incremental) return { kind: "incremental", endUs };
  return { kind: "range", startUs: start === null ? null : parseTime(start), endUs };
}
