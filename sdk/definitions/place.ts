// Where a source's files are and how they are laid out: partition folders, and the object store that they are in.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import type { EnvReference } from "./config.ts";

/**
 * What the values of a partition's folders (`name=value`) are. The event roles are parts of the event time in UTC: years `2001`,
 * months `3` or `2001-03`, days `31` or `2001-03-31`, hours `0` to `23`; files whose part lies outside the times that matter are
 * then not read at all, so a row in the wrong folder is an error. A value is a column like any other.
 */
export type PartitionRole = "event year" | "event month" | "event day" | "event hour" | "value";
export type Partitions = Readonly<Record<string, PartitionRole>>;

/** The object store of a path `s3://bucket/key`. Keys are never in a definition: they are read from the environment. */
export interface S3Options {
  /** Default: AWS's for the region. Any other store's takes paths that start with the bucket. */
  endpoint?: string | EnvReference | undefined;
  /** Default env("AWS_REGION"), or us-east-1. */
  region?: string | EnvReference | undefined;
  /** Default env("AWS_ACCESS_KEY_ID"). */
  accessKeyId?: EnvReference | undefined;
  /** Default env("AWS_SECRET_ACCESS_KEY"). */
  secretAccessKey?: EnvReference | undefined;
  /** Of temporary keys. Default env("AWS_SESSION_TOKEN"), if it is set. */
  sessionToken?: EnvReference | undefined;
}

const reference = z.strictObject({ env: z.string().check(z.minLength(1)) });
const text = z.union([z.string().check(z.minLength(1)), reference]);

export const partitionsShape = z.record(
  z.string().check(z.regex(/^[^/=]+$/, "expected the name of a folder before its =")),
  z.enum(["event year", "event month", "event day", "event hour", "value"]),
);

export const s3Shape = z.strictObject({
  endpoint: z.optional(text),
  region: z.optional(text),
  accessKeyId: z.optional(reference),
  secretAccessKey: z.optional(reference),
  sessionToken: z.optional(reference),
});

/** True for a source without a file: what is pushed is all there is of it. */
export function isStream({ path }: { readonly path: string }): boolean {
  return path === "";
}

/** Checks that partitions tell times that can be compared. @throws definition_invalid */
export function checkPartitions(what: string, partitions: Partitions, eventTime: string | undefined): void {
  const roles = Object.values(partitions).filter((role) => role !== "value");
  const twice = roles.find((role, i) => roles.indexOf(role) !== i);
  if (twice !== undefined) throw invalid(what, `two partitions are the ${twice}`, "call one of them a value");
  if (roles.length > 0 && eventTime === undefined) {
    throw invalid(what, `the partition's role ${roles[0]} needs an eventTime`, 'name the column, or say "value"');
  }
  if (roles.includes("event hour") && !roles.includes("event day")) {
    throw invalid(what, "a partition by event hour needs one by event day", "add it, or call the hour a value");
  }
}

function invalid(what: string, reason: string, hint: string): EdgefeatError {
  return new EdgefeatError("definition_invalid", `${what}: ${reason}`, { hint });
}
