// The runner: tells the server that it is there, queues what is due by its schedule, and takes job after job.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AdminClient, Job } from "../../client/index.ts";
import { EdgefeatError } from "../../errors.ts";
import { type Ms, parseTime } from "../../time.ts";
import type { Context } from "../command.ts";
import type { LoadedConfig } from "../load/config.ts";
import type { MaterializeAllOptions } from "../materialize-views.ts";
import { isAway } from "./away.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { runJob } from "./run-job.ts";
import { Schedules } from "./schedules.ts";

export interface RunnerOptions {
  readonly admin: AdminClient;
  readonly context: Context;
  readonly loaded: LoadedConfig;
  /** What it is known by. */
  readonly name: string;
  /** True: until nothing waits and nothing is due. */
  readonly once: boolean;
  readonly pollMs: Ms;
  readonly leaseMs: Ms;
  readonly onBadRows: MaterializeAllOptions["onBadRows"];
}

/** Runs jobs until it is interrupted, or with `once` until there are none; returns those that it ended. @throws what won't pass by itself */
export async function runJobs(options: RunnerOptions): Promise<Job[]> {
  const { admin, context, loaded, name, once, pollMs, leaseMs, onBadRows } = options;
  const { out, signal } = context;
  const ended: Job[] = [];
  const note = (line: string) => out.note(line);
  const schedules = new Schedules({ admin, note, quiet: once, elapsedMs: () => performance.now() });
  const keeper = new LeaseKeeper(loaded);
  const idle = () => sleep(pollMs, undefined, { signal }).catch(() => {});
  let lease = newLease();
  let away = false;
  try {
    while (!signal.aborted) {
      try {
        const { now, job } = await admin.beatRunner(name, { lease, leaseMs, pollMs });
        if (away) note("the server answers again");
        away = false;
        const queued = await schedules.queueDue(parseTime(now));
        if (job !== null) {
          out.say(jobLine(job));
          const record = await runJob(job, { admin, context, keeper, onBadRows, lease, leaseMs });
          lease = newLease();
          if (record === null)
            note(`warning: job ${job.id} was lost: its lease ran out, and another runner may have it`);
          else {
            out.say(endLine(record));
            if (record.state !== "queued") ended.push(record);
          }
        } else if (queued === 0) {
          if (once) break;
          await idle();
        }
      } catch (fault) {
        if (once || !(fault instanceof EdgefeatError) || !isAway(fault)) throw fault;
        // With the same lease the server gives it the job that it had, if any.
        if (!away) note(`warning: ${fault.message}; asking again every ${pollMs / 1_000} s`);
        away = true;
        await idle();
      }
    }
  } finally {
    await keeper.close();
    // A server that can't be reached forgets the runner by itself.
    await admin.leaveRunner(name).catch(() => {});
  }
  return ended;
}

/** What nobody can guess: whoever knows it may end the job. */
function newLease(): string {
  return randomBytes(16).toString("hex");
}

function jobLine({ id, view, incremental, start, end, due, attempts }: Job): string {
  const interval = incremental ? `up to ${end}` : `(${start ?? "the earliest row"}, ${end}]`;
  const why = due === null ? "" : `, due ${due}`;
  return `job ${id}: ${view}, ${interval}${why}${attempts > 1 ? `, attempt ${attempts}` : ""}`;
}

function endLine({ id, state, seconds }: Job): string {
  const took = seconds === null ? "" : ` after ${seconds.toFixed(1)} s`;
  return `job ${id}: ${state === "queued" ? "given back" : state}${took}`;
}
