// Frames as Feast's client sends them, and its errors as it reads them.
import { expect } from "vitest";
import type { Answered, Harness } from "./harness.ts";

export type Columns = Record<string, unknown>;

/** What became of rows that were all written. */
export const NONE = { unchanged: 0, superseded: 0, expired: 0, conflicts: 0 };

/** As the client sends them: each column a list, times without a zone, `created` there whether it means anything or not. */
export function flights(origins: readonly string[], more: Columns = {}): Columns {
  return {
    origin: origins,
    delay: origins.map(() => 5),
    distance: origins.map(() => 100.5),
    carrier: origins.map(() => "AS"),
    event_timestamp: origins.map(() => "2001-03-31T11:30:00"),
    created: origins.map(() => null),
    ...more,
  };
}

export const writer = (h: Harness) => (view: string, df: unknown) =>
  h.send("POST", "/write-to-online-store", { feature_view_name: view, df, allow_registry_cache: false });
export const pusher =
  (h: Harness) =>
  (push_source_name: string, df: unknown, more: Columns = {}) =>
    h.send("POST", "/push", { push_source_name, df, ...more });

/** The class and message of an error as Feast's clients read it. */
export function raised({ json }: Answered): { class: string; message: string } {
  expect(typeof json).toBe("string");
  const { module, ...rest } = JSON.parse(json) as { module: string; class: string; message: string };
  expect(module).toBe("feast.errors");
  return rest;
}
