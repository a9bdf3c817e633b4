// The specs that definitions become: SEMANTICS 4.3, 4.4.
import { describe, expect, it } from "vitest";
import {
  approxPercentile,
  avg,
  count,
  countDistinct,
  csv,
  daysSinceLast,
  entity,
  featureService,
  featureView,
  float64,
  int32,
  int64,
  lag,
  last,
  lastK,
  lastN,
  lifetime,
  max,
  min,
  onDemandView,
  requestSource,
  secondsSinceLast,
  stddevSample,
  string,
  sum,
  timestamp,
  tumbling,
} from "../../../sdk/index.ts";
import { canonicalJson, checkSnapshot, snapshotOf, transformHash } from "../../../sdk/registry/index.ts";
import { compile, define } from "./define.ts";

import { columns, events, given, onDemand, profile, types, user, windows } from "./payments.ts";

describe("specs", () => {
  it("of a stored view", () => {
    const source = csv("payments", {
      path: "data/payments.csv",
      eventTime: "at",
      createdTime: "made",
      eventId: "id",
      schema: {
        user_id: int64(),
        at: timestamp(),
        made: timestamp(),
        id: string(),
        "net amount": float64(),
        shop: string(),
      },
    });
    const view = featureView("v", {
      entities: [user],
      source,
      ttl: "90m",
      owner: "me",
      tags: { a: "b" },
      features: { shop: string({ default: "none", description: "where" }) },
    });
    expect(compile({ view })).toStrictEqual({
      entities: { user: { joinKeys: [{ name: "user_id", type: "int64" }] } },
      views: {
        v: {
          fingerprint: expect.stringMatching(/^sha256:/) as string,
          spec: {
            kind: "stored",
            entities: ["user"],
            joinKeys: [{ name: "user_id", type: "int64" }],
            source: {
              name: "payments",
              format: "csv",
              path: "data/payments.csv",
              eventTime: "at",
              createdTime: "made",
              eventId: "id",
              schema: [
                { name: "user_id", type: "int64" },
                { name: "at", type: "timestamp" },
                { name: "made", type: "timestamp" },
                { name: "id", type: "string" },
                { name: "net amount", type: "float64" },
                { name: "shop", type: "string" },
              ],
            },
            owner: "me",
            tags: { a: "b" },
            ttlUs: 5_400_000_000,
            features: [{ name: "shop", type: "string", default: '"none"', description: "where" }],
          },
        },
      },
      services: {},
    });
  });

  it("of an aggregated view: columns that functions and filters read, result types, default hops", () => {
    const view = windows({
      n: count("1d"),
      shops: count("shop", "2h"),
      total: sum("small", "1h", { where: "cents > 0 && paid" }),
      mean: avg("ratio", "7d"),
      lowest: min("due", "7s"),
      latest: last("tags", "30d", { hop: "1h", description: "d" }),
      spent: sum("ratio", "100ms", { default: 1 }),
    });
    const { spec } = compile(view, columns).views["v"] as { spec: any };
    expect(spec.columns).toEqual([
      { name: "cents", type: "int64" },
      { name: "due", type: "timestamp" },
      { name: "paid", type: "bool" },
      { name: "ratio", type: "float32" },
      { name: "shop", type: "string" },
      { name: "small", type: "int32" },
      { name: "tags", type: "list<string>" },
    ]);
    const shared = { default: null, where: null };
    const SECOND = 1_000_000;
    expect(spec.features).toStrictEqual([
      {
        ...shared,
        name: "n",
        type: "int64",
        fn: "count",
        column: null,
        windowUs: 86_400 * SECOND,
        hopUs: 3600 * SECOND,
      },
      {
        ...shared,
        name: "shops",
        type: "int64",
        fn: "count",
        column: "shop",
        windowUs: 7200 * SECOND,
        hopUs: 300 * SECOND,
      },
      {
        ...shared,
        name: "total",
        type: "int64",
        fn: "sum",
        column: "small",
        windowUs: 3600 * SECOND,
        hopUs: 60 * SECOND,
        where: "cents > 0 && paid",
      },
      {
        ...shared,
        name: "mean",
        type: "float64",
        fn: "avg",
        column: "ratio",
        windowUs: 604_800 * SECOND,
        hopUs: 21_600 * SECOND,
      },
      { ...shared, name: "lowest", type: "timestamp", fn: "min", column: "due", windowUs: 7 * SECOND, hopUs: SECOND },
      {
        ...shared,
        name: "latest",
        type: "list<string>",
        fn: "last",
        column: "tags",
        windowUs: 2_592_000 * SECOND,
        hopUs: 3600 * SECOND,
        description: "d",
      },
      {
        ...shared,
        name: "spent",
        type: "float64",
        fn: "sum",
        column: "ratio",
        windowUs: 100_000,
        hopUs: 100_000,
        default: "1",
      },
    ]);
  });

  it("of an aggregated view: windows without a lower edge, tumbling ones, and what functions take beside", () => {
    const view = windows({
      all: count(lifetime()),
      recent: avg("ratio", lastN(10)),
      seats: sum("small", lastN(3), { hop: "1h" }),
      flat: max("ratio", tumbling("5m")),
      shops: lastK("shop", 3, "1d"),
      before: lag("tags", 2),
      most: approxPercentile("cents", 0.9, tumbling("1h")),
      kinds: countDistinct("tags", lifetime()),
      spread: stddevSample("small", "1d"),
      since: secondsSinceLast(),
      unpaid: daysSinceLast("paid", "1d", { where: "!paid" }),
    });
    const { spec } = compile(view, columns).views["v"] as { spec: any };
    const [MINUTE, HOUR, DAY] = [60_000_000, 3_600_000_000, 86_400_000_000];
    const shared = { default: null, where: null };
    const unbounded = { ...shared, windowUs: 0, hopUs: HOUR };
    expect(spec.features).toStrictEqual([
      { ...unbounded, name: "all", type: "int64", fn: "count", column: null },
      { ...unbounded, name: "recent", type: "float64", fn: "avg", column: "ratio", lastN: 10 },
      { ...unbounded, name: "seats", type: "int64", fn: "sum", column: "small", hopUs: HOUR, lastN: 3 },
      {
        ...shared,
        name: "flat",
        type: "float32",
        fn: "max",
        column: "ratio",
        windowUs: 5 * MINUTE,
        hopUs: 5 * MINUTE,
        tumbling: true,
      },
      {
        ...shared,
        name: "shops",
        type: "list<string>",
        fn: "last_k",
        column: "shop",
        windowUs: DAY,
        hopUs: HOUR,
        k: 3,
      },
      { ...unbounded, name: "before", type: "list<string>", fn: "lag", column: "tags", k: 2 },
      {
        ...shared,
        name: "most",
        type: "float64",
        fn: "approx_percentile",
        column: "cents",
        windowUs: HOUR,
        hopUs: HOUR,
        tumbling: true,
        q: 0.9,
      },
      { ...unbounded, name: "kinds", type: "int64", fn: "count_distinct", column: "tags" },
      { ...shared, name: "spread", type: "float64", fn: "stddev_samp", column: "small", windowUs: DAY, hopUs: HOUR },
      { ...unbounded, name: "since", type: "float64", fn: "seconds_since_last", column: null },
      {
        ...shared,
        name: "unpaid",
        type: "float64",
        fn: "days_since_last",
        column: "paid",
        where: "!paid",
        windowUs: DAY,
        hopUs: HOUR,
      },
    ]);
  });

  it("of an on-demand view", () => {
    const ratio = onDemandView("o", {
      inputs: [
        profile.withName("p").withJoinKeyMap({ user_id: "friend" }).pick("amount"),
        given,
        requestSource("more", { at: timestamp() }),
      ],
      features: { r: float64({ default: 0 }), s: string({ description: "d" }) },
      expressions: { r: "amount / limit", s: "string(at)" },
    });
    expect(compile({ ratio }, columns).views["o"]?.spec).toStrictEqual({
      kind: "onDemand",
      inputs: [{ view: "profile", as: "p", joinKeyMap: { user_id: "friend" }, features: ["amount"], version: null }],
      request: [
        { name: "limit", type: "float64" },
        { name: "at", type: "timestamp" },
      ],
      features: [
        { name: "r", type: "float64", default: "0", expression: "amount / limit" },
        { name: "s", type: "string", default: null, description: "d", expression: "string(at)" },
      ],
      codeHash: null,
    });
  });

  it("of a TypeScript transform: its code's hash, no expressions", () => {
    const transform = (row: Record<string, unknown>) => ({ r: row["amount"] });
    const view = onDemandView("o", { inputs: [profile], features: { r: float64() }, transform });
    const { spec } = compile({ view }, columns).views["o"] as { spec: any };
    expect(spec.codeHash).toBe(transformHash(transform as never));
    expect(spec.features[0].expression).toBeNull();
  });

  it("of a service: parts in order, projections as they are", () => {
    const { o } = onDemand("amount / limit");
    const service = featureService("model", {
      features: [o, profile.withName("other").withJoinKeyMap({ user_id: "friend" }), profile.pick("shop")],
      description: "d",
    });
    expect(compile({ service }, columns).services).toStrictEqual({
      model: {
        description: "d",
        features: [
          { view: "o", as: "o", joinKeyMap: {}, features: ["r"], version: null },
          {
            view: "profile",
            as: "other",
            joinKeyMap: { user_id: "friend" },
            features: ["amount", "shop"],
            version: null,
          },
          { view: "profile", as: "profile", joinKeyMap: {}, features: ["shop"], version: null },
        ],
      },
    });
  });

  it("of composite entities and of several: join keys in order", () => {
    const pair = entity("pair", { joinKeys: { b: string(), a: int32() }, description: "d" });
    const view = featureView("v", { entities: [pair, user], source: events, features: { shop: string() } });
    const { entities, views } = compile(
      { view },
      { events: { ...columns.events, ...types({ a: "int32", b: "string" }) } },
    );
    expect(views["v"]?.spec).toMatchObject({
      entities: ["pair", "user"],
      joinKeys: [
        { name: "b", type: "string" },
        { name: "a", type: "int32" },
        { name: "user_id", type: "int64" },
      ],
    });
    expect(entities["pair"]).toEqual({
      joinKeys: [
        { name: "b", type: "string" },
        { name: "a", type: "int32" },
      ],
      description: "d",
    });
  });

  it("are a snapshot's, whole", () => {
    const snapshot = snapshotOf("p", "dev", compile(define()));
    expect(canonicalJson(checkSnapshot(JSON.parse(JSON.stringify(snapshot))))).toBe(canonicalJson(snapshot));
  });

  it("a reference table has no event time, and no ttl", () => {
    const table = csv("shops", { path: "shops.csv" });
    const view = featureView("v", { entities: [user], source: table, features: { shop: string() } });
    expect(compile({ view }).views["v"]?.spec).toMatchObject({ ttlUs: 0, source: { eventTime: null } });
  });
});
