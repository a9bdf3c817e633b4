// Where sources are: what a definition may say of partitions and object stores, and what a snapshot makes of it.
import { describe, expect, it } from "vitest";
import { csv, entity, env, featureView, float64, int64, jsonl, parquet, type Partitions } from "../../../sdk/index.ts";
import { checkSnapshot, fingerprint, type StoredViewSpec } from "../../../sdk/registry/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const untyped = (options: object) => options as never;
const schema = { id: int64(), x: float64() };

describe("a source is refused with", () => {
  it.each<[what: string, make: () => unknown, message: RegExp]>([
    ["a role that is none", () => csv("s", untyped({ path: "p", partitions: { d: "day" } })), /partitions\.d/],
    ["a folder's name that is none", () => csv("s", { path: "p", partitions: { "a=b": "value" } }), /partitions/],
    ["two days", () => csv("s", { path: "p", eventTime: "t", partitions: { a: "event day", b: "event day" } }), /two/],
    ["a day but no event time", () => csv("s", { path: "p", partitions: { a: "event day" } }), /needs an eventTime/],
    [
      "an hour but no day",
      () => csv("s", { path: "p", eventTime: "t", partitions: { h: "event hour" } }),
      /event hour needs one by event day/,
    ],
    ["an object store but no place in one", () => csv("s", { path: "p", s3: {} }), /starts with s3:\/\//],
    [
      "a key itself",
      () => csv("s", untyped({ path: "s3://b/k", s3: { secretAccessKey: "abc" } })),
      /s3\.secretAccessKey/,
    ],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: "definition_invalid", message: expect.stringMatching(message) }),
    );
  });
});

it("a source of JSON lines is one", () => {
  expect(jsonl("s", { path: "p.jsonl", schema })).toMatchObject({ name: "s", format: "jsonl", path: "p.jsonl" });
});

describe("in a snapshot", () => {
  const user = entity("user", { joinKey: "id", type: int64() });
  const specOf = (more: { partitions?: Partitions; s3?: object; path?: string }) => {
    const source = parquet("s", { path: "s3://b/k/", eventTime: "t", schema: { ...schema, t: int64() }, ...more });
    const view = featureView("v", { entities: [user], source, features: { x: float64() } });
    const { snapshot } = snapshotFrom({ view });
    return checkSnapshot(JSON.parse(JSON.stringify(snapshot))).views["v"]?.versions["1"]?.spec as StoredViewSpec;
  };
  const partitions: Partitions = { date: "event day", shard: "value" };
  const s3 = { endpoint: "https://r2.example", region: env("REGION"), secretAccessKey: env("SECRET") };

  it("there are names of variables, not what they hold", () => {
    expect(specOf({ partitions, s3 }).source).toMatchObject({
      partitions,
      s3: { endpoint: "https://r2.example", region: { env: "REGION" }, secretAccessKey: { env: "SECRET" } },
    });
    expect(specOf({}).source).not.toHaveProperty("partitions");
  });

  it("7.1: how files are laid out and reached makes no other version; where they are does", () => {
    const plain = fingerprint(specOf({}));
    expect(fingerprint(specOf({ partitions }))).toBe(plain);
    expect(fingerprint(specOf({ s3 }))).toBe(plain);
    expect(fingerprint(specOf({ path: "s3://b/other/" }))).not.toBe(plain);
  });
});
