// `edgefeat jobs`: what is queued, runs and has run; queues jobs, cancels them and waits for them.
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { AdminClient, Job, JobRequest, JobState } from "../../client/index.ts";
import { EdgefeatError } from "../../errors.ts";
import { addCommand, type Context, contextOf, ToldFailure } from "../command.ts";
import { connect } from "../connection.ts";
import { jobLines, jobTable, statusLine } from "../job-text.ts";
import { loadConfig } from "../load/config.ts";
import { listArgument, timeArgument, UsageError } from "../usage.ts";
import { formatTime } from "../../time.ts";

interface JobsOptions {
  repo?: string;
  json?: boolean;
  view?: string;
  state?: JobState;
  limit: string;
  submit?: string;
  start?: string;
  end?: string;
  cancel?: boolean;
  watch?: boolean;
}

const STATES = ["queued", "running", "succeeded", "failed", "cancelled"];
const WATCH_EVERY_MS = 1_000;

export function addJobs(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "jobs",
    purpose: "list materializations that are queued, run or have run; queue and cancel them",
    about:
      'Jobs are done by "edgefeat runner", wherever the sources are. The latest 500 of the last 30 days are kept. One that is ' +
      "submitted without --start starts a day before the view's last end, as materialize-incremental does; without --end it " +
      "ends at the moment that a runner takes it. Times are RFC 3339 with a zone.",
    examples: [
      ["jobs --state failed", "what went wrong"],
      ["jobs --submit order_stats,last_order --watch", "queue two, and wait for them; exits 1 where one fails"],
      [
        "jobs --submit last_order --start 2024-01-01T00:00:00Z --end 2024-03-01T00:00:00Z",
        "as materialize START END does",
      ],
      ["jobs 17", "one job, with its progress and its error"],
      ["jobs 17 --cancel", "cancel it; a runner that has it stops"],
    ],
  })
    .argument("[id]", "a job's id: shows it alone")
    .option("--view <name>", "only jobs of this view")
    .addOption(new Option("--state <state>", "only jobs in this state").choices(STATES))
    .option("--limit <n>", "how many to list, the latest first, from 1 to 500", "20")
    .option("--submit <list>", 'queue a job for each of these views, comma-separated; "all" for all but on-demand ones')
    .option("--start <time>", "with --submit: from this time, exclusive, not from the last end")
    .option("--end <time>", "with --submit: up to this time, inclusive")
    .option("--cancel", "cancel the job")
    .option("--watch", "tell what changes, until the job or those submitted are done, or else until Ctrl-C")
    .action(async (id: string | undefined, options: JobsOptions) => {
      const asked = requestOf(options);
      checkUsage(id, options);
      const context = contextOf(options, signal);
      const { admin } = await connect(await loadConfig(context.repo), context.env);
      if (asked !== null) return submit(context, admin, asked, options.watch === true);
      if (id === undefined) return list(context, admin, options);
      const job = found(id, await (options.cancel === true ? admin.cancelJob(id) : admin.getJob(id)));
      if (options.watch === true) return follow(context, admin, [job]);
      for (const line of jobLines(job)) context.out.say(line);
      context.out.result(job);
    });
}

async function submit(context: Context, admin: AdminClient, asked: JobRequest, watch: boolean): Promise<void> {
  const { out } = context;
  const { jobs, unattended } = await admin.submitJobs(asked);
  if (unattended !== null) {
    out.note(`no runner is there for ${unattended}: start one where the sources are, with "edgefeat runner"`);
  }
  if (watch) return follow(context, admin, jobs);
  for (const job of jobs) out.say(statusLine(job));
  out.result({ jobs, unattended });
}

async function list({ out, signal }: Context, admin: AdminClient, options: JobsOptions): Promise<void> {
  const { view, state } = options;
  const query = { ...(view === undefined ? {} : { view }), ...(state === undefined ? {} : { state }) };
  const page = await admin.listJobs({ ...query, limit: Number(options.limit) });
  for (const line of jobTable(page.jobs)) out.say(line);
  if (page.next !== null) out.note("there are more: see --limit, --view and --state");
  if (page.runners.length > 0) out.note(`runners: ${page.runners.join(", ")}`);
  else if (page.jobs.some((job) => job.state === "queued")) {
    out.note('no runner is known here: start one where the sources are, with "edgefeat runner"');
  }
  if (options.watch !== true) return out.result(page);
  const told = new Map(page.jobs.map((job) => [job.id, statusLine(job)]));
  while (!signal.aborted && out.isHeard) {
    await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const { jobs } = await admin.listJobs({ ...query, limit: Number(options.limit) });
    for (const job of jobs.toReversed()) tellChange(out, told, job);
  }
}

/** Tells what becomes of jobs until they are done. @throws ToldFailure where one didn't succeed */
async function follow({ out, signal }: Context, admin: AdminClient, followed: readonly Job[]): Promise<void> {
  const told = new Map<string, string>();
  const last = new Map(followed.map((job) => [job.id, job]));
  for (;;) {
    for (const job of last.values()) tellChange(out, told, job);
    const open = [...last.values()].filter(({ state }) => state === "queued" || state === "running");
    if (open.length === 0) break;
    await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) throw new EdgefeatError("cancelled", "stopped watching; the jobs go on");
    for (const { id } of open) last.set(id, found(id, await admin.getJob(id)));
  }
  const jobs = [...last.values()];
  out.result({ jobs });
  if (jobs.some(({ state }) => state !== "succeeded")) throw new ToldFailure();
}

function tellChange(out: Context["out"], told: Map<string, string>, job: Job): void {
  const line = statusLine(job);
  if (told.get(job.id) === line) return;
  told.set(job.id, line);
  out.say(line);
}

function found(id: string, job: Job | null): Job {
  if (job !== null) return job;
  throw new EdgefeatError("not_found", `there is no job ${id}`, {
    hint: 'list them with "edgefeat jobs"; the latest 500 of the last 30 days are kept',
  });
}

function checkUsage(id: string | undefined, { limit, submit, start, end, cancel, view, state }: JobsOptions): void {
  const refuse = (message: string, hint: string) => {
    throw new UsageError("bad_request", message, { hint });
  };
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > 500) refuse(`--limit: "${limit}" is not from 1 to 500`, "20");
  if (id !== undefined && !/^[1-9]\d{0,14}$/.test(id)) refuse(`"${id}" is not the id of a job`, "a number, such as 17");
  if (cancel === true && id === undefined) refuse("--cancel needs the id of a job", "jobs 17 --cancel");
  if (id !== undefined && submit !== undefined) refuse("--submit queues new jobs, and takes no id", "leave the id out");
  if (submit === undefined && (start !== undefined || end !== undefined)) {
    refuse("--start and --end belong to --submit", "jobs --submit order_stats --end 2024-03-01T00:00:00Z");
  }
  if ((id !== undefined || submit !== undefined) && (view !== undefined || state !== undefined)) {
    refuse("--view and --state choose from the list of jobs", "leave them out");
  }
}

function requestOf({ submit, start, end }: JobsOptions): JobRequest | null {
  if (submit === undefined) return null;
  const time = (argument: string, text: string) => formatTime(timeArgument(argument, text));
  return {
    ...(submit === "all" ? {} : { views: listArgument("--submit", submit) }),
    ...(start === undefined ? {} : { incremental: false, start: time("--start", start) }),
    ...(end === undefined ? {} : { end: time("--end", end) }),
  };
}
