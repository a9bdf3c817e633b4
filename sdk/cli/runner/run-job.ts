// One job from its lease to its end: materialized in this process, and what came of it told.
import { setTimeout as sleep } from "node:timers/promises";
import type { AdminClient, Job, JobReport } from "../../client/index.ts";
import { EdgefeatError } from "../../errors.ts";
import { type Ms, parseTime } from "../../time.ts";
import type { Context } from "../command.ts";
import { asEdgefeatError } from "../error-text.ts";
import { type Interval, materializeAll, type MaterializeAllOptions } from "../materialize-views.ts";
import { jobOutput, MAX_STAGE_BYTES } from "./job-output.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import { PAUSES_MS, retried } from "./retry.ts";
import { cutToBytes } from "./text-bytes.ts";

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
/** What a record has room for, of an error's message and of its hint. */
const MAX_TEXT_BYTES = 2_000;

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
  let retries = 0;
  keeper.hold({ id: job.id, lease, leaseMs, onStop: stop });
  try {
    const options = { views: [job.view], onBadRows };
    await retried(() => materializeAll({ ...context, out: output, signal: work.signal }, intervalOf(job), options), {
      signal: work.signal,
      sleep: (ms) => sleep(ms, undefined, { signal: work.signal }).catch(() => {}),
      onRetry({ fault: { code, message }, number, pauseMs }) {
        retries = number;
        const again = `trying again in ${pauseMs / 1_000} s, ${number} of ${PAUSES_MS.length}`;
        out.note(`warning: job ${job.id}: ${message}; ${again}`);
        keeper.progress({ stage: cutToBytes(`${again}: ${code}: ${message}`, MAX_STAGE_BYTES), done: 0, total: 0 });
      },
    });
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
      ...(retries === 0 ? {} : { retries }),
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
      message: cutToBytes(message, MAX_TEXT_BYTES),
      hint: hint === undefined ? null : cutToBytes(hint, MAX_TEXT_BYTES),
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
