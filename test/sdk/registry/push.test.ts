// What a view must be to take pushes, and what its spec then says; none of it changes a value (SEMANTICS 4.6, 7.1).
import { describe, expect, it } from "vitest";
import {
  count,
  csv,
  entity,
  featureView,
  float64,
  int32,
  int64,
  lifetime,
  string,
  sum,
  timestamp,
  tumbling,
} from "../../../sdk/index.ts";
import type { Aggregation } from "../../../sdk/definitions/aggregation.ts";
import { checkSnapshot, type AggregatedViewSpec } from "../../../sdk/registry/index.ts";
import { checkConsistency } from "../../../sdk/registry/consistency.ts";
import { snapshotFrom } from "../../support/snapshots.ts";
import { compiled } from "../../worker/support/definitions.ts";
import { faultOf } from "../../support/faults.ts";

const user = entity("user", { joinKey: "user_id", type: int64() });
const schema = { id: string(), at: timestamp(), user_id: int32(), amount: float64(), note: string() };
const events = csv("events", { path: "e.csv", eventTime: "at", eventId: "id", schema });
const noIds = csv("no_ids", { path: "e.csv", eventTime: "at", schema });
const aggregations = { n_1d: count("1d"), spent_1h: sum("amount", "1h") };
const base = { entities: [user], source: events };
const viewOf = (more: object) => featureView("v", { ...base, aggregations, ...more } as never);
const specOf = (more: object) => compiled({ v: viewOf(more) }).views["v"]?.spec as AggregatedViewSpec;

describe("a view that takes pushes", () => {
  it("says so, how late, and what an event may carry: the source's columns, its keys as the entity has them", () => {
    expect(specOf({ push: true, lateness: "10m" })).toMatchObject({
      push: true,
      latenessUs: 600_000_000,
      sourceColumns: [
        { name: "id", type: "string" },
        { name: "at", type: "timestamp" },
        { name: "user_id", type: "int64" },
        { name: "amount", type: "float64" },
        { name: "note", type: "string" },
      ],
    });
    for (const more of [{}, { push: false }]) {
      const spec = specOf(more);
      expect([spec.push, spec.latenessUs, spec.sourceColumns]).toEqual([undefined, undefined, undefined]);
    }
    expect(specOf({ push: true }).latenessUs).toBeUndefined();
  });

  it("may be stored, over a source without event ids, or whose file is not at hand", () => {
    const source = csv("rows", { path: "r.csv", eventTime: "at" });
    const stored = featureView("v", { entities: [user], source, push: true, features: { amount: float64() } });
    expect(compiled({ stored }).views["v"]?.spec).toMatchObject({
      push: true,
      sourceColumns: [
        { name: "user_id", type: "int64" },
        { name: "amount", type: "float64" },
      ],
    });
  });

  it("7.1 has the fingerprint that it has without", () => {
    const of = (more: object) => compiled({ v: viewOf(more) }).views["v"]?.fingerprint;
    expect(of({ push: true })).toBe(of({}));
    expect(of({ push: true, lateness: "1d" })).toBe(of({}));
  });

  it.each<[what: string, more: object, message: RegExp]>([
    ["a lateness without push", { lateness: "1h" }, /takes none/],
    ["a lateness that is none", { push: true, lateness: "soon" }, /lateness: expected a duration/],
    ["push that is no flag", { push: "yes" }, /push: /],
    ["windows over a source without ids", { push: true, source: noIds }, /has no eventId/],
    [
      "a source without event times",
      {
        push: true,
        source: csv("codes", { path: "c.csv", schema }),
        aggregations: undefined,
        features: { amount: float64() },
      },
      /has no eventTime/,
    ],
    ["a select", { push: true, select: "SELECT * FROM events" }, /its select/],
  ])("is refused with %s", (_what, more, message) => {
    const fault = faultOf(() => viewOf(more));
    expect([fault.code, fault.message]).toEqual(["definition_invalid", expect.stringMatching(message)]);
  });

  it.each<[what: string, aggregations: Record<string, Aggregation>, refused: boolean]>([
    ["hops of an hour and a day", { a: count("1d"), b: count("30d"), c: count(lifetime()) }, false],
    ["hops of 7 and 10 minutes", { a: count("70m", { hop: "7m" }), b: count("70m", { hop: "10m" }) }, true],
    ["a tumbling window that does not divide the hour", { a: count("1d"), b: count(tumbling("7m")) }, true],
  ])("4.7 with %s is refused where a hop does not divide the coarsest", (_what, own, refused) => {
    const compile = (push: boolean) => compiled({ v: viewOf({ push, aggregations: own }) });
    if (refused) {
      expect(faultOf(() => compile(true))).toMatchObject({
        code: "definition_invalid",
        message: expect.stringMatching(/divide/),
      });
    } else expect(compile(true).views["v"]?.spec).toMatchObject({ push: true });
    expect(compile(false).views["v"]).toBeDefined();
  });

  it("is checked in a snapshot too", () => {
    const { snapshot } = snapshotFrom({ v: viewOf({ push: true }) });
    const text = JSON.stringify(snapshot);
    const changed = (from: string, to: string) => {
      expect(text).toContain(from);
      return checkConsistency(checkSnapshot(JSON.parse(text.replace(from, to))));
    };
    expect(faultOf(() => changed('"eventId":"id"', '"eventId":null')).code).toBe("registry_invalid");
    expect(faultOf(() => changed('"push":true', '"push":false')).code).toBe("registry_invalid");
    expect(
      faultOf(() => changed('"windowUs":86400000000,"hopUs":3600000000', '"windowUs":84000000000,"hopUs":7000000000')),
    ).toMatchObject({
      code: "registry_invalid",
      message: expect.stringMatching(/divide/),
    });
  });
});
