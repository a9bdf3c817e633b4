// What the OpenAPI document says of jobs: what is materialized because it was asked for, or is due.
import type { ErrorCode } from "../../../sdk/errors.ts";
import { JOB_STATES } from "../../jobs/job.ts";
import { DEFAULT_JOBS, jobsBody, MAX_JOBS, reportBody, runnerBody } from "../../routes/jobs.ts";
import { COUNT, listOf, mapOf, object, oneOf, orNull, TEXT, TIME } from "../json-schema.ts";
import { json, NAMING_ERRORS, type RouteDocs } from "./route-doc.ts";

const JOB = object({
  id: TEXT,
  view: TEXT,
  incremental: { type: "boolean" },
  start: orNull(TIME),
  end: orNull(TIME),
  origin: oneOf("request", "schedule", "feast"),
  due: orNull(TIME),
  state: oneOf(...JOB_STATES),
  createdAt: TIME,
  createdBy: TEXT,
  startedAt: orNull(TIME),
  finishedAt: orNull(TIME),
  runner: orNull(TEXT),
  attempts: COUNT,
  retries: COUNT,
  cancelling: { type: "boolean" },
  progress: orNull(object({ stage: TEXT, done: COUNT, total: COUNT })),
  rows: orNull(mapOf(COUNT)),
  seconds: orNull({ type: "number" }),
  error: orNull(object({ code: TEXT, message: TEXT, hint: orNull(TEXT) })),
});

const ID_ERRORS = ["bad_request", "not_found"] as const satisfies readonly ErrorCode[];

export const jobsDocs: RouteDocs = {
  "POST /v1/jobs": {
    summary: "Queues materializations, one job a view, for a runner",
    body: jobsBody,
    answers: { 201: json(object({ jobs: listOf(JOB), unattended: orNull(TEXT) })) },
    errors: [...NAMING_ERRORS, "bad_time", "value_out_of_range", "event_time_in_future", "rate_limited"],
  },
  "GET /v1/jobs": {
    summary: "The jobs, the latest first, and the runners that are there",
    query: {
      view: TEXT,
      state: oneOf(...JOB_STATES),
      before: { ...TEXT, description: "the next of the answer before" },
      limit: { type: "integer", minimum: 1, maximum: MAX_JOBS, default: DEFAULT_JOBS },
    },
    answers: { 200: json(object({ jobs: listOf(JOB), next: orNull(TEXT), runners: listOf(TEXT) })) },
    errors: ["bad_request"],
  },
  "GET /v1/jobs/:job": { summary: "A job", answers: { 200: json(JOB) }, errors: ID_ERRORS },
  "DELETE /v1/jobs/:job": {
    summary: "Cancels a job: at once, or when its runner hears of it",
    answers: { 200: json(JOB) },
    errors: ID_ERRORS,
  },
  "POST /v1/jobs/:job": {
    summary: "Tells how far a runner has come with its job, and what came of it",
    body: reportBody,
    answers: { 200: json(JOB) },
    errors: ["lease_lost"],
  },
  "POST /v1/runners/:runner": {
    summary: "Tells that a runner is there, and gives it a job, if it asks for one and one waits",
    body: runnerBody,
    answers: { 200: json(object({ now: TIME, job: orNull(JOB) })) },
    errors: [],
  },
  "DELETE /v1/runners/:runner": {
    summary: "Tells that a runner goes",
    answers: { 200: json(object({ name: TEXT })) },
    errors: ["bad_request"],
  },
};
