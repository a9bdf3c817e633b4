// Partition folders: their values, the times they allow, and which ranges they lie outside of.
import { describe, expect, it } from "vitest";
import { checkTimes } from "../../../offline/datasets/folder-columns.ts";
import { isHidden, patternOf } from "../../../offline/datasets/glob.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { eventInterval, isOutside, partitionValues } from "../../../offline/datasets/partitions.ts";
import type { Partitions } from "../../../sdk/index.ts";
import { formatTime, parseTimeExact } from "../../../sdk/time.ts";

it.each<[path: string, values: Record<string, string | null>]>([
  ["part-0.parquet", {}],
  ["date=2001-03-31/hour=05/shard=3/part-0.parquet", { date: "2001-03-31", hour: "05", shard: "3" }],
  ["s3://bucket/data/a=b/part=0.parquet", { a: "b" }],
  ["at=2001-03-31 00%3A00/x=%2F%C3%A9=%/p.csv", { at: "2001-03-31 00:00", x: "/é=%" }],
  ["k=__HIVE_DEFAULT_PARTITION__/e=/=x/p.csv", { k: null, e: "" }],
])("the folders of %s", (path, values) => {
  expect(Object.fromEntries(partitionValues(path))).toEqual(values);
});

const DAY: Partitions = { date: "event day" };
const HOUR: Partitions = { date: "event day", hour: "event hour", shard: "value" };
const PARTS: Partitions = { year: "event year", month: "event month", day: "event day" };

describe("the times that folders allow", () => {
  it.each<[folders: string, roles: Partitions, from: string | null, to: string | null]>([
    ["date=2001-03-31", {}, null, null],
    ["date=2001-03-31", { date: "value" }, null, null],
    ["date=2001-03-31", DAY, "2001-03-31T00:00:00Z", "2001-04-01T00:00:00Z"],
    ["date=2000-02-29", DAY, "2000-02-29T00:00:00Z", "2000-03-01T00:00:00Z"],
    ["date=2001-03-31/hour=05/shard=3", HOUR, "2001-03-31T05:00:00Z", "2001-03-31T06:00:00Z"],
    ["date=2001-03-31/hour=23/shard=x", HOUR, "2001-03-31T23:00:00Z", "2001-04-01T00:00:00Z"],
    ["date=__HIVE_DEFAULT_PARTITION__", DAY, null, null],
    ["year=2001", { year: "event year" }, "2001-01-01T00:00:00Z", "2002-01-01T00:00:00Z"],
    ["month=2001-12", { month: "event month" }, "2001-12-01T00:00:00Z", "2002-01-01T00:00:00Z"],
    ["year=2001/month=2", { year: "event year", month: "event month" }, "2001-02-01T00:00:00Z", "2001-03-01T00:00:00Z"],
    ["year=2001/month=03/day=31", PARTS, "2001-03-31T00:00:00Z", "2001-04-01T00:00:00Z"],
    ["year=1960/month=1/day=1", PARTS, "1960-01-01T00:00:00Z", "1960-01-02T00:00:00Z"],
  ])("%s by %o", (folders, roles, from, to) => {
    const interval = eventInterval(partitionValues(`${folders}/p`), roles, "p");
    expect(interval && [formatTime(interval.fromUs), formatTime(interval.toUs)]).toEqual(from && [from, to]);
  });

  it.each<[folders: string, roles: Partitions, code: string]>([
    ["date=soon", DAY, "bad_time"],
    ["date=2001-02-29", DAY, "bad_time"],
    ["date=31", DAY, "bad_time"],
    ["date=2001-03-31/hour=24/shard=1", HOUR, "bad_time"],
    ["date=2001-03-31/hour=5am/shard=1", HOUR, "bad_time"],
    ["year=2001/month=13/day=1", PARTS, "bad_time"],
    ["year=2002/month=2001-03/day=1", PARTS, "bad_time"],
    ["date=2001-03-31", HOUR, "missing_column"],
  ])("%s by %o are refused", (folders, roles, code) => {
    expect(() => eventInterval(partitionValues(`${folders}/p`), roles, "data/p")).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining("data/p") }),
    );
  });
});

describe("a row outside the times of its folders", () => {
  const interval = { fromUs: parseTimeExact("2001-03-31T00:00:00Z"), toUs: parseTimeExact("2001-04-01T00:00:00Z") };
  const check = (times: (string | null)[]) => {
    const table = tableOf([["at", vectorFromValues({ kind: "string" }, times)]]);
    return () => checkTimes(table, { name: "log", eventTime: "at" }, interval, "date=2001-03-31/p.jsonl");
  };

  it("is an error where times are texts, too", () => {
    expect(check(["2001-03-31T23:59:59.9999999Z", "2001-04-01T00:00:00"])).toThrow(
      expect.objectContaining({ code: "value_out_of_range", message: expect.stringContaining("row 2 has") }),
    );
  });

  it("is none that says no time: who reads it as one tells", () => {
    expect(check(["2001-03-31", null, "soon", "2001-03-31T01:00:00+01:00"])).not.toThrow();
  });
});

describe("a day is read or skipped", () => {
  const interval = { fromUs: parseTimeExact("2001-03-31T00:00:00Z"), toUs: parseTimeExact("2001-04-01T00:00:00Z") };
  it.each<[after: string | null, until: string | null, outside: boolean]>([
    [null, null, false],
    ["2001-03-31T12:00:00Z", null, false],
    // A time of 23:59:59.9999999 is 2001-04-01T00:00:00Z once it is rounded up.
    ["2001-03-31T23:59:59.999999Z", null, false],
    ["2001-04-01T00:00:00Z", null, true],
    [null, "2001-03-31T00:00:00Z", false],
    [null, "2001-03-30T23:59:59.999999Z", true],
    ["2001-03-01T00:00:00Z", "2001-04-30T00:00:00Z", false],
  ])("after %s, until %s: skipped %s", (after, until, outside) => {
    const us = (time: string | null) => (time === null ? null : parseTimeExact(time));
    expect(isOutside(interval, { afterUs: us(after), untilUs: us(until) })).toBe(outside);
  });
});

describe("patterns of paths", () => {
  it.each<[pattern: string, base: string, yes: string[], no: string[]]>([
    ["data/**/*.parquet", "data", ["a.parquet", "x/y/a.parquet"], ["a.csv", "a.parquet/b"]],
    ["data/date=2001-*/p?.csv", "data", ["date=2001-03/p1.csv"], ["date=2001-03/p10.csv", "date=2002/p1.csv"]],
    ["*.{csv,tsv}", "", ["a.csv", ".tsv"], ["a.txt", "b/a.csv"]],
    ["/d/[a-c][!x].csv", "/d", ["ay.csv"], ["ax.csv", "dy.csv", "a/.csv"]],
    ["d/a+(b).c*", "d", ["a+(b).csv"], ["aab.csv"]],
  ])("%s", (pattern, base, yes, no) => {
    const found = patternOf(pattern);
    expect(found?.base).toBe(base);
    expect([yes, no].map((paths) => paths.map((path) => found?.matches(path)))).toEqual([
      yes.map(() => true),
      no.map(() => false),
    ]);
  });
  it("a path without one is none", () => expect(patternOf("data/date=2001-03-31/p.parquet")).toBeNull());

  it.each([
    ["_SUCCESS", true],
    ["a/.part.crc", true],
    ["_temporary/0/p.parquet", true],
    ["_year=2001/p.parquet", false],
    ["a_b/c.d", false],
  ])("%s is left out: %s", (path, hidden) => expect(isHidden(path)).toBe(hidden));
});
