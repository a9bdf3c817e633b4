// What a fingerprint shows, and what it does not: SEMANTICS 7.1, field by field.
import { describe, expect, it } from "vitest";
import type { SelectOption } from "../../../sdk/definitions/index.ts";
import { avg, count, float64, int64, scaler, string, sum, vocabulary } from "../../../sdk/index.ts";
import { type Compiled, fingerprint, type ViewSpec } from "../../../sdk/registry/index.ts";
import { type Changes, compile, define } from "./define.ts";

const of = (compiled: Compiled, view: string): string => compiled.views[view]?.fingerprint as string;
const whole: Changes = {
  profileMeta: { owner: "o", description: "d", tags: { t: "1" }, freshness: "1h", schedule: "0 * * * *" },
  spendMeta: { owner: "o", description: "d", tags: { t: "1" }, freshness: "1h", schedule: "0 * * * *" },
  riskMeta: {
    owner: "o",
    description: "d",
    tags: { t: "1" },
    freshness: "1h",
    artifacts: [
      scaler("spending", { mean: 1, stddev: 2, description: "d" }),
      vocabulary("shops", ["a", "b"], { outOfVocabulary: 2, description: "d" }),
    ],
  },
  profileFeatures: { shop: string({ description: "d" }), cents: int64({ default: 0, description: "d" }) },
  aggregations: {
    events_1d: count("1d", { description: "d" }),
    spent_1d: sum("amount", "1d", { where: "cents > 0", default: 0 }),
  },
  riskFeatures: { share: float64({ description: "d", default: 0 }) },
  inputs: (spend, profile) => [spend.withName("other").withJoinKeyMap({ user_id: "friend" }), profile],
};
const NEUTRAL =
  /^(owner|description|freshness|schedule|tags\..*|features\.\d+\.description|artifacts\.\w+\.description)$/;

/** Returns every leaf of a spec, by its path. */
function leaves(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, v]) => leaves(v, [...path, key]));
}

function changed(spec: ViewSpec, path: readonly string[]): ViewSpec {
  const copy = structuredClone(spec);
  const holder = path.slice(0, -1).reduce<any>((at, key) => at[key], copy);
  const last = path.at(-1) as string;
  const value: unknown = holder[last];
  holder[last] = typeof value === "number" ? value + 1 : value === null ? "x" : `${String(value)}x`;
  return copy;
}

describe.each(["profile", "spend", "risk"])("7.1 the fingerprint of %s", (view) => {
  const { spec } = compile(define(whole)).views[view] as Compiled["views"][string];
  const paths = leaves(spec).map((path) => [path.join("."), path] as const);
  const [neutral, telling] = [true, false].map((is) => paths.filter(([name]) => NEUTRAL.test(name) === is));

  it("is taken of a spec with every field", () => {
    expect(neutral?.length).toBeGreaterThanOrEqual(6);
    expect(telling?.length).toBeGreaterThan(15);
  });
  it.each(telling ?? [])("changes with %s", (_, path) => {
    expect(fingerprint(changed(spec, path))).not.toBe(fingerprint(spec));
  });
  it.each(neutral ?? [])("does not change with %s", (_, path) => {
    expect(fingerprint(changed(spec, path))).toBe(fingerprint(spec));
  });
  it("does not change when what is neutral is left out", () => {
    const { owner: _o, description: _d, tags: _t, freshness: _f, schedule: _s, ...rest } = spec;
    expect(fingerprint(rest as ViewSpec)).toBe(fingerprint(spec));
  });
  it("changes with an input's fingerprint, and with their order", () => {
    const prints = [
      fingerprint(spec),
      fingerprint(spec, ["a"]),
      fingerprint(spec, ["a", "b"]),
      fingerprint(spec, ["b", "a"]),
    ];
    expect(new Set(prints).size).toBe(4);
  });
});

describe("7.1 a definition's change shows in the fingerprints of", () => {
  const base = compile(define());
  const views = ["profile", "spend", "risk"];
  it.each<[what: string, changes: Changes, views: string[]]>([
    ["nothing", {}, []],
    ["a source's path", { path: "other.parquet" }, views],
    ["a join key", { key: "customer_id" }, views],
    ["an entity's description", { entityDescription: "who" }, []],
    ["a ttl", { ttl: "8d" }, ["profile"]],
    ["a ttl in other words", { ttl: "168h" }, []],
    ["no ttl", { ttl: undefined }, ["profile"]],
    ["a select", { profileMeta: { select: "FROM events" } }, ["profile"]],
    ["a stored feature", { profileFeatures: { shop: string() } }, ["profile"]],
    ["a stored feature's default", { profileFeatures: { shop: string(), cents: int64({ default: 1 }) } }, ["profile"]],
    ["no default", { profileFeatures: { shop: string(), cents: int64() } }, ["profile"]],
    ["the order of features", { profileFeatures: { cents: int64({ default: 0 }), shop: string() } }, ["profile"]],
    [
      "a feature's description",
      { profileFeatures: { shop: string(), cents: int64({ default: 0, description: "d" }) } },
      [],
    ],
    ["a function", { aggregations: { events_1d: count("1d"), spent_1d: avg("amount", "1d") } }, ["spend", "risk"]],
    [
      "a column",
      { aggregations: { events_1d: count("shop", "1d"), spent_1d: sum("amount", "1d") } },
      ["spend", "risk"],
    ],
    ["a window", { aggregations: { events_1d: count("2d"), spent_1d: sum("amount", "1d") } }, ["spend", "risk"]],
    ["a window in other words", { aggregations: { events_1d: count("24h"), spent_1d: sum("amount", "1d") } }, []],
    [
      "a hop",
      { aggregations: { events_1d: count("1d", { hop: "30m" }), spent_1d: sum("amount", "1d") } },
      ["spend", "risk"],
    ],
    [
      "the default hop, spelt out",
      { aggregations: { events_1d: count("1d", { hop: "1h" }), spent_1d: sum("amount", "1d") } },
      [],
    ],
    [
      "a filter",
      { aggregations: { events_1d: count("1d"), spent_1d: sum("amount", "1d", { where: "cents > 0" }) } },
      ["spend", "risk"],
    ],
    [
      "an aggregate's default",
      { aggregations: { events_1d: count("1d"), spent_1d: sum("amount", "1d", { default: 0 }) } },
      ["spend", "risk"],
    ],
    ["an expression", { expressions: { share: "spent_1d / limit + 0.0" } }, ["risk"]],
    ["a request field", { request: { limit: float64(), other: string() } }, ["risk"]],
    ["an input's key map", { inputs: (spend) => [spend.withJoinKeyMap({ user_id: "friend" })] }, ["risk"]],
    ["an input's name", { inputs: (spend) => [spend.withName("other")] }, ["risk"]],
    ["an input's features", { inputs: (spend) => [spend.pick("spent_1d" as never)] }, ["risk"]],
    ["an artifact", { riskMeta: { artifacts: [scaler("spending", { mean: 1, stddev: 2 })] } }, ["risk"]],
    ["no artifacts", { riskMeta: { artifacts: [] } }, []],
    ["code for expressions", { transform: () => ({ share: 1 }) }, ["risk"]],
    ["tags", { profileMeta: { tags: { a: "b" } }, riskMeta: { tags: { a: "b" } } }, []],
    ["owner, freshness and schedule", { spendMeta: { owner: "me", freshness: "1h", schedule: "* * * * *" } }, []],
    ["a service", { services: ({ profile }) => ({ model: [profile] }) }, []],
  ])("%s: %o", (_, changes, expected) => {
    const after = compile(define(changes));
    expect(views.filter((view) => of(after, view) !== of(base, view))).toEqual(expected);
  });

  it("a select is its text; the columns that it is given change nothing", () => {
    const print = (select: SelectOption) => of(compile(define({ profileMeta: { select } })), "profile");
    expect(print("FROM events")).not.toBe(print("FROM events WHERE cents > 0"));
    expect(print({ sql: "FROM events", columns: ["cents"] })).toBe(print("FROM events;"));
  });

  it("other code of a transform is another fingerprint, the same code the same", () => {
    const print = (transform: NonNullable<Changes["transform"]>) => of(compile(define({ transform })), "risk");
    expect(print(() => ({ share: 1 }))).toBe(print(() => ({ share: 1 })));
    expect(print(() => ({ share: 1 }))).not.toBe(print(() => ({ share: 2 })));
  });
});
