// What a schema expected of an input, in words: zod's own, in English, would be a hundredth of the Worker's bundle.
import type * as z from "zod/mini";

/** The most unknown members that are named. */
const MAX_NAMED = 5;
const MAX_NAME_LENGTH = 100;

/** Returns what an issue expected; nothing of the input but its kind, and the names of members that there should not be. */
export function messageOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${issue.expected}, got ${kindOf(issue.input)}`;
    case "invalid_value":
      return `expected ${choice(issue.values)}`;
    case "too_small":
      return `expected ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `expected ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${unitOf(issue.origin)}`;
    case "invalid_format":
      return `expected text like ${issue["pattern"]}`;
    case "unrecognized_keys": {
      const names = issue.keys.slice(0, MAX_NAMED).map((name) => JSON.stringify(name.slice(0, MAX_NAME_LENGTH)));
      const more = issue.keys.length - names.length;
      return `there is no member ${names.join(", ")}${more > 0 ? `, nor ${more} more` : ""}`;
    }
    case "invalid_key":
      return "not a name";
    default:
      return `expected ${Array.isArray(issue["options"]) ? choice(issue["options"]) : "something else"}`;
  }
}

function choice(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value))).join(" or ");
}

function unitOf(origin: string): string {
  return origin === "string" ? " characters" : origin === "array" ? " elements" : "";
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
