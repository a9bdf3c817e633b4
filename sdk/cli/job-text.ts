// Jobs as people read them: a line each, a table of many, all there is to say of one.
import type { Job } from "../client/index.ts";
import { counted, tableLines } from "./output.ts";

/** Returns a line that says how a job stands. */
export function statusLine(job: Job): string {
  const words = reachedText(job);
  return `job ${job.id}: ${job.view} ${stateText(job)}${words === "" ? "" : `, ${words}`}`;
}

/** Returns a table of jobs, or a line where there are none. */
export function jobTable(jobs: readonly Job[]): string[] {
  if (jobs.length === 0) return ["no jobs"];
  const cells = jobs.map((job) => [
    job.id,
    stateText(job),
    job.view,
    job.createdAt,
    job.due ?? job.origin,
    reachedText(job),
  ]);
  return tableLines([["ID", "STATE", "VIEW", "QUEUED", "FOR", ""], ...cells]);
}

/** Returns all that there is to say of a job. */
export function jobLines(job: Job): string[] {
  const { incremental, start, end, due, origin, createdAt, createdBy, startedAt, finishedAt, runner, error } = job;
  const { attempts, retries } = job;
  const from = incremental ? "a day before the last end" : (start ?? "the earliest row");
  return [
    statusLine(job),
    ...tableLines([
      ["  interval", `from ${from} to ${end ?? "when it is taken"}`],
      ["  asked for", due === null ? `by ${origin}` : `by schedule, due ${due}`],
      ["  queued", `${createdAt} by ${createdBy}`],
      ...(startedAt === null ? [] : [["  started", `${startedAt}${attempts > 1 ? `, attempt ${attempts}` : ""}`]]),
      ...(runner === null ? [] : [["  runner", runner]]),
      ...(retries > 0 ? [["  tried again", counted(retries, "time")]] : []),
      ...(finishedAt === null ? [] : [["  finished", finishedAt]]),
    ]),
    ...(error === null || error.hint === null ? [] : [`  hint: ${error.hint}`]),
  ];
}

function stateText({ state, cancelling }: Job): string {
  return cancelling ? "cancelling" : state;
}

/** How far it came: its progress, its rows, its error. */
function reachedText({ progress, rows, seconds, error }: Job): string {
  if (error !== null) return `${error.code}: ${error.message}`;
  if (progress !== null) {
    const { stage, done, total } = progress;
    return total > 1 ? `${stage} ${done.toLocaleString("en-US")}/${total.toLocaleString("en-US")}` : stage;
  }
  if (rows === null) return "";
  const took = seconds === null ? "" : ` in ${seconds.toFixed(1)} s`;
  return `${counted(rows["keys"] ?? 0, "key")}, ${(rows["written"] ?? 0).toLocaleString("en-US")} written${took}`;
}
