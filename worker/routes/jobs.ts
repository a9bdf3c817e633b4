// /v1/jobs and /v1/runners: queueing, seeing and cancelling materializations; what runners take and tell.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { located } from "../../sdk/shape.ts";
import { formatTime, parseTime, type Us } from "../../sdk/time.ts";
import { judged } from "../auth/index.ts";
import { readShape } from "../middleware/body.ts";
import { bytesOf } from "../jobs/documents.ts";
import { JOB_STATES, type Job } from "../jobs/job.ts";
import type { Owner } from "../jobs/signs.ts";
import { intervalOf, viewsToQueue } from "../jobs/submit.ts";
import { checkPassed } from "../write/future.ts";
import { answerJson, type Call, type Route } from "./route.ts";

const MAX_BODY_BYTES = 64_000;
export const DEFAULT_JOBS = 50;
export const MAX_JOBS = 500;
/** Of an error's message and hint. */
const MAX_TEXT_BYTES = 2_000;
/** How long a runner keeps a job without a sign of life. */
const LEASE_MS = 60_000;
/** A runner that asks every 5 s is there for a minute after. */
const PRESENT_POLLS = 12;

const time = z.optional(z.nullable(z.string()));
const count = z.int().check(z.gte(0));
const ms = (most: number) => z.optional(z.int().check(z.gte(1_000), z.lte(most)));
const lease = z.string().check(z.regex(/^[\w-]{16,64}$/, "expected 16 to 64 letters, digits, _ and -"));
const leaseMs = ms(3_600_000);
/** Texts are counted as they are kept: as JSON, in UTF-8. */
const words = (most: number) =>
  z.string().check(z.refine((text) => bytesOf(text) <= most + 2, `expected at most ${most} bytes`));
const MAX_COUNTS = 20;

export const jobsBody = z.strictObject({
  /** Default: every view but on-demand ones. */
  views: z.optional(z.array(z.string()).check(z.minLength(1), z.maxLength(500))),
  /** False: all of (start, end]; default true: from a day before the last end. */
  incremental: z.optional(z.boolean()),
  start: time,
  /** Default: when a runner takes it. */
  end: time,
  /** The moment of the views' schedules that this is for, which is queued once. */
  due: time,
});

export const reportBody = z.strictObject({
  lease,
  leaseMs,
  progress: z.optional(z.nullable(z.strictObject({ stage: words(500), done: count, total: count }))),
  /** With the end of the job, as its error is. */
  rows: z.optional(
    z
      .record(z.string().check(z.regex(/^\w{1,32}$/, "expected a name")), count)
      .check(z.refine((rows) => Object.keys(rows).length <= MAX_COUNTS, `expected at most ${MAX_COUNTS} counts`)),
  ),
  seconds: z.optional(z.number().check(z.gte(0))),
  error: z.optional(
    z.strictObject({
      code: words(64),
      message: words(MAX_TEXT_BYTES),
      hint: z.nullable(words(MAX_TEXT_BYTES)),
    }),
  ),
  /** How often the runner tried again. */
  retries: z.optional(count),
  /** Ends the job, or gives it back; without it the lease is renewed. */
  state: z.optional(z.enum(["succeeded", "failed", "cancelled", "queued"])),
});

export const runnerBody = z.strictObject({
  /** Made up anew for each job; without it none is taken. */
  lease: z.optional(lease),
  leaseMs,
  /** How often it asks. */
  pollMs: ms(3_600_000),
});

export const postJobs: Route = {
  method: "POST",
  path: "/v1/jobs",
  access: "write",
  scope: "handler",
  async handle({ request, caller, act }, { registry, jobs, clock, config }) {
    const body = await readShape(jobsBody, request, MAX_BODY_BYTES);
    const { incremental = true, due } = body;
    if (incremental && (body.start ?? null) !== null) {
      throw new EdgefeatError("bad_request", "an incremental job starts where the last one ended", {
        hint: 'leave out start, or add "incremental": false',
        pointer: "/start",
      });
    }
    const principal = judged(caller);
    const { snapshot } = await registry.load();
    const views = viewsToQueue(snapshot, body.views ?? null, principal);
    const moment = { nowUs: clock.nowUs(), maxSkewUs: config.maxSkewUs };
    const interval = intervalOf(timeOf(body.start, "start"), timeOf(body.end, "end"), { ...moment, pointer: "/end" });
    const dueUs = timeOf(due, "due");
    // A moment ends the ones before it.
    if (dueUs !== null) checkPassed("the moment", dueUs, { ...moment, pointer: "/due" });
    const origin = dueUs === null ? ("request" as const) : ("schedule" as const);
    const common = { incremental, ...interval, origin, due: dueUs === null ? null : formatTime(dueUs) };
    const queued = await jobs.submit(
      views.map((view) => ({ view, ...common })),
      principal.id,
    );
    const [only] = queued;
    if (queued.length === 1) act.view = (only as Job).view;
    act.counts = { jobs: queued.length };
    act.quiet = queued.length === 0;
    return answerJson({ jobs: queued, unattended: await jobs.unattended(views) }, 201);
  },
};

/** What a job failed of names files and machines: where reads are public, this is not. */
export const getJobs: Route = {
  method: "GET",
  path: "/v1/jobs",
  access: "write",
  scope: "handler",
  async handle({ request, caller, act }, { jobs }) {
    act.quiet = true;
    const query = new URL(request.url).searchParams;
    const state = query.get("state");
    const page = await jobs.list({
      view: query.get("view"),
      state: state === null ? null : one(JOB_STATES, state),
      before: query.has("before") ? idOf(query.get("before") as string) : null,
      limit: limitOf(query.get("limit")),
      may: mayOf(caller),
    });
    const { limits } = judged(caller);
    const runners = limits === null ? page.runners : [];
    return answerJson({ ...page, jobs: page.jobs.map((job) => seenBy(caller, job)), runners });
  },
};

export const getJob: Route = {
  method: "GET",
  path: "/v1/jobs/:job",
  access: "write",
  scope: "handler",
  async handle({ param, caller, act }, { jobs }) {
    act.quiet = true;
    return jobResponse(await jobs.find(idOf(param("job")), mayOf(caller)), act, caller);
  },
};

export const deleteJob: Route = {
  method: "DELETE",
  path: "/v1/jobs/:job",
  access: "write",
  scope: "handler",
  async handle({ param, caller, act }, { jobs }) {
    const id = idOf(param("job"));
    act.name = id;
    return jobResponse(await jobs.cancel(id, mayOf(caller)), act, caller);
  },
};

export const postJob: Route = {
  method: "POST",
  path: "/v1/jobs/:job",
  access: "write",
  scope: "handler",
  async handle({ request, param, caller, act }, { jobs }) {
    const id = idOf(param("job"));
    act.name = id;
    const { lease, leaseMs = LEASE_MS, state = null, ...told } = await readShape(reportBody, request, MAX_BODY_BYTES);
    act.quiet = state === null;
    return jobResponse(await jobs.report({ id, lease, leaseMs, told, state, may: mayOf(caller) }), act);
  },
};

export const postRunner: Route = {
  method: "POST",
  path: "/v1/runners/:runner",
  access: "write",
  scope: "handler",
  async handle({ request, param, caller, act }, { jobs, clock }) {
    const name = runnerName(param("runner"));
    const body = await readShape(runnerBody, request, MAX_BODY_BYTES);
    const { pollMs = 5_000, leaseMs = LEASE_MS } = body;
    const runner = { name, ...ownerOf(caller), presentMs: Math.max(pollMs * PRESENT_POLLS, leaseMs) };
    const job = await jobs.beat(runner, body.lease ?? null, leaseMs);
    act.quiet = job === null;
    if (job !== null) Object.assign(act, { view: job.view, name: job.id });
    return answerJson({ now: formatTime(clock.nowUs()), job });
  },
};

export const deleteRunner: Route = {
  method: "DELETE",
  path: "/v1/runners/:runner",
  access: "write",
  scope: "handler",
  async handle({ param, caller, act }, { jobs }) {
    const name = runnerName(param("runner"));
    act.quiet = true;
    await jobs.leave(name, ownerOf(caller));
    return answerJson({ name });
  },
};

function jobResponse(job: Job | null, act: Call["act"], caller?: Call["caller"]): Response {
  if (job === null) {
    throw new EdgefeatError("not_found", "there is no job with this id", { hint: "list them: GET /v1/jobs" });
  }
  act.view = job.view;
  return answerJson(caller === undefined ? job : seenBy(caller, job));
}

/** What machines a project has is for those to know that may see all of it. */
function seenBy(caller: Call["caller"], job: Job): Job {
  return judged(caller).limits === null ? job : { ...job, runner: null };
}

function ownerOf(caller: Call["caller"]): Owner {
  const { id, limits } = judged(caller);
  return { by: id, views: limits === null ? null : [...limits.views] };
}

/** Returns what says whether a caller may see a view's jobs, and cancel them. */
function mayOf(caller: Call["caller"]): (view: string) => boolean {
  const { limits } = judged(caller);
  return (view) => limits === null || limits.views.has(view);
}

function timeOf(text: string | null | undefined, member: string): Us | null {
  return text === null || text === undefined ? null : located([member], () => parseTime(text));
}

function one<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw new EdgefeatError("bad_request", `state: expected one of ${known.join(", ")}`);
}

function idOf(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text;
  throw new EdgefeatError("bad_request", "this is not the id of a job", { hint: "a number, as GET /v1/jobs has it" });
}

function runnerName(text: string): string {
  if (/^[\w.-]{1,100}$/.test(text)) return text;
  throw new EdgefeatError("bad_request", "a runner's name has 1 to 100 letters, digits, dots, _ and -");
}

function limitOf(text: string | null): number {
  const limit = text === null ? DEFAULT_JOBS : /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_JOBS) return limit;
  throw new EdgefeatError("bad_request", `limit: expected a number from 1 to ${MAX_JOBS}`);
}
