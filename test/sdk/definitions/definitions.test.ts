// What definitions refuse at run time, where no compiler has looked: names, parts, windows (SEMANTICS 4.3, 4.9, 5.3).
import { describe, expect, it } from "vitest";
import {
  approxPercentile,
  arrow,
  avg,
  count,
  countDistinct,
  csv,
  daysSinceLast,
  definitionKind,
  entity,
  featureService,
  featureView,
  first,
  float64,
  int64,
  lag,
  last,
  lastK,
  lastN,
  lifetime,
  max,
  min,
  onDemandView,
  parquet,
  requestSource,
  secondsSinceLast,
  stddevPop,
  stddevSample,
  string,
  sum,
  timestamp,
  tumbling,
  varPop,
  varSample,
} from "../../../sdk/index.ts";
import { faultOf } from "../../support/faults.ts";

const user = entity("user", { joinKey: "user_id", type: int64() });
const events = parquet("events", { path: "events.parquet", eventTime: "at" });
const table = csv("table", { path: "table.csv" });
const view = featureView("view", { entities: [user], source: events, features: { x: float64(), y: string() } });
const given = requestSource("given", { limit: float64() });
const onDemand = onDemandView("computed", {
  inputs: [view, given],
  features: { r: float64() },
  expressions: { r: "x" },
});
const untyped = (value: unknown): any => value;

/** Every place where a name is written, and how its error calls it. */
const named: [what: string, make: (name: any) => unknown][] = [
  ["an entity", (name) => entity(name, { joinKey: "k", type: string() })],
  ["a join key", (name) => entity("e", { joinKey: name, type: string() })],
  ["a join key", (name) => entity("e", { joinKeys: { k: string(), [name]: string() } })],
  ["a source", (name) => parquet(name, { path: "p" })],
  ["a source", (name) => csv(name, { path: "p" })],
  ["a source", (name) => arrow(name, { path: "p" })],
  ["a request source", (name) => requestSource(name, { a: string() })],
  ["a field of request source", (name) => requestSource("r", { [name]: string() })],
  ["a feature view", (name) => featureView(name, { entities: [user], source: events, features: { x: float64() } })],
  [
    "a feature of view",
    (name) => featureView("v", { entities: [user], source: events, features: { [name]: float64() } }),
  ],
  [
    "a feature of view",
    (name) => featureView("v", { entities: [user], source: events, aggregations: { [name]: count("1h") } }),
  ],
  [
    "an on-demand view",
    (name) => onDemandView(name, { inputs: [given], features: { r: float64() }, expressions: { r: "limit" } }),
  ],
  [
    "a feature of on-demand view",
    (name) => onDemandView("o", { inputs: [given], features: { [name]: float64() }, expressions: { [name]: "limit" } }),
  ],
  ["a feature service", (name) => featureService(name, { features: [view] })],
  ["an alias", (name) => view.withName(name)],
  ["a join key", (name) => view.withJoinKeyMap({ user_id: name })],
];

describe("names", () => {
  describe.each(named)("of %s", (what, make) => {
    it.each([
      "",
      "1st",
      "a-b",
      "a b",
      "a.b",
      "a:b",
      "a@1",
      "é",
      "a\n",
      "x".repeat(129),
      "toString",
      "constructor",
      "__proto__",
      "hasOwnProperty",
      "__defineGetter__",
      "as",
      "in",
      "null",
      "true",
      "false",
      "if",
      "return",
      "prototype",
      "package",
    ])("%j is refused", (name) => {
      const fault = faultOf(() => make(name));
      expect(fault.code).toBe("definition_invalid");
      expect(fault.message).toContain(what);
    });

    it.each(["a", "_", "A1_b", "x".repeat(128), "count", "ass", "In", "toStrings"])("%j is taken", (name) => {
      expect(make(name)).toBeDefined();
    });
  });

  it.each([undefined, null, 7, {}, ["a"]])("%j is none", (name) => {
    for (const [, make] of named.filter(([what]) => /^an? (entity|source|feature view|alias)$/.test(what))) {
      expect(faultOf(() => make(name)).code).toBe("definition_invalid");
    }
  });
});

describe("what is refused", () => {
  const base = { entities: [user], source: events };
  const features = { x: float64() };
  it.each<[what: string, make: () => unknown, says: RegExp]>([
    ["an entity without a key type", () => entity("e", untyped({ joinKey: "k" })), /needs a join key/],
    ["an entity without options' members", () => entity("e", {}), /needs a join key/],
    ["an entity without join keys", () => entity("e", { joinKeys: {} }), /needs a join key/],
    [
      "an entity with a key and keys",
      () => entity("e", { type: string(), joinKeys: { a: string() } }),
      /needs a join key/,
    ],
    [
      "an entity with a key's name and keys",
      () => entity("e", { joinKey: "b", joinKeys: { a: string() } }),
      /needs a join key/,
    ],
    ["a float as a join key", () => entity("e", { type: float64() }), /a join key can't be float64/],
    ["a time as a join key", () => entity("e", { joinKeys: { a: string(), t: timestamp() } }), /can't be timestamp/],
    ["a join key that is no field", () => entity("e", untyped({ type: "string" })), /"e" is not a typed field/],

    ["a source without a path", () => parquet("s", untyped({})), /path/],
    ["a source with an empty path", () => csv("s", { path: "" }), /path/],
    [
      "an entity with an unknown option",
      () => entity("u", untyped({ joinKey: "a", type: string(), keys: 1 })),
      /entity "u": there is no member "keys"/,
    ],
    [
      "a service with an unknown option",
      () => featureService("s", untyped({ features: [view], feature: [] })),
      /service "s": there is no member "feature"/,
    ],
    [
      "a service with a description that is no text",
      () => featureService("s", untyped({ features: [view], description: 1 })),
      /service "s": description: expected string/,
    ],
    [
      "a field with an unknown option, which the compiler lets pass",
      () => float64({ description: "minutes", defalt: 0 }),
      /no option of a float64 field called "defalt"/,
    ],
    [
      "a field with a description that is no text",
      () => float64(untyped({ description: 5 })),
      /a float64 field: its description is not a text/,
    ],
    ["a source with an unknown option", () => csv("s", untyped({ path: "p", eventtime: "at" })), /eventtime/],
    [
      "a source with a created but no event time",
      () => csv("s", { path: "p", createdTime: "c" }),
      /createdTime needs an eventTime/,
    ],
    [
      "a source's schema with what is no field",
      () => csv("s", untyped({ path: "p", schema: { a: "int64" } })),
      /"a" is not a typed field/,
    ],
    ["a request source with what is no field", () => requestSource("r", untyped({ a: 1 })), /"a" is not a typed field/],

    ["a view of nothing", () => featureView("v", untyped({ ...base })), /either features or aggregations/],
    [
      "a view of both kinds",
      () => featureView("v", untyped({ ...base, features, aggregations: { n: count("1h") } })),
      /either features or aggregations/,
    ],
    ["a view without features", () => featureView("v", { ...base, features: {} }), /has no features/],
    [
      "a view with the prototype of some",
      () => featureView("v", untyped({ ...base, features: { __proto__: features } })),
      /has no features/,
    ],
    ["a view without aggregations", () => featureView("v", { ...base, aggregations: {} }), /has no features/],
    [
      "a view that says nothing of entities",
      () => featureView("v", untyped({ ...base, entities: undefined, features })),
      /entities/,
    ],
    [
      "a view's freshness that is no duration",
      () => featureView("v", { ...base, features, freshness: "soon" }),
      /freshness: expected a duration/,
    ],
    [
      "a view's bound in the cache that is none",
      () => featureView("v", { ...base, features, cacheTtl: "5" }),
      /cacheTtl: expected a duration/,
    ],
    ["a view with an unknown option", () => featureView("v", untyped({ ...base, features, tll: "6h" })), /tll/],
    [
      "a view's entity that is none",
      () => featureView("v", { ...base, entities: [untyped({ ...user })], features }),
      /made by entity/,
    ],
    [
      "a view's source that is none",
      () => featureView("v", { ...base, source: untyped(user), features }),
      /made by parquet/,
    ],
    [
      "a view's feature that is no field",
      () => featureView("v", untyped({ ...base, features: { x: "float64" } })),
      /"x" is not a typed field/,
    ],
    [
      "a view's feature that is null",
      () => featureView("v", untyped({ ...base, features: { x: null } })),
      /"x" is not a typed field/,
    ],
    [
      "a stored view's feature that is a window",
      () => featureView("v", untyped({ ...base, features: { x: count("1h") } })),
      /"x" is not a typed field/,
    ],
    [
      "an aggregation that is a field",
      () => featureView("v", untyped({ ...base, aggregations: { x: float64() } })),
      /x must be made by count/,
    ],
    [
      "an aggregation that is null",
      () => featureView("v", untyped({ ...base, aggregations: { x: null } })),
      /x must be made by count/,
    ],
    [
      "windows over a reference table",
      () => featureView("v", { entities: [user], source: table, aggregations: { n: count("1h") } }),
      /need a source with an eventTime/,
    ],
    [
      "4.9 a ttl of windows",
      () => featureView("v", untyped({ ...base, ttl: "1d", aggregations: { n: count("1h") } })),
      /has no ttl/,
    ],
    ["a ttl that is a number", () => featureView("v", untyped({ ...base, features, ttl: 60 })), /ttl/],
    ["tags that are numbers", () => featureView("v", untyped({ ...base, features, tags: { a: 1 } })), /tags/],

    ["a window that is no duration", () => sum("x", "soon"), /"soon" is not a duration/],
    ["an empty window", () => sum("x", "0s"), /the window is empty/],
    ["4.3 a hop that does not divide the window", () => avg("x", "1h", { hop: "7m" }), /hop 7m does not divide/],
    ["4.3 a hop longer than the window", () => min("x", "1h", { hop: "2h" }), /does not divide/],
    ["4.3 an empty hop", () => max("x", "1h", { hop: "0s" }), /does not divide/],
    ["a hop that is no duration", () => last("x", "1h", { hop: "often" }), /"often" is not a duration/],
    ["4.3 no window", () => sum("x", untyped(undefined)), /it needs a window/],
    ["4.3 a window that is none", () => count("x", untyped({ tumble: "5m" })), /it needs a window|tumble/],
    ["4.3 an empty tumbling window", () => tumbling("0s"), /tumbling\("0s"\): the window is empty/],
    ["4.3 a hop of a tumbling window", () => sum("x", tumbling("1h"), { hop: "5m" }), /takes no hop/],
    ["4.3 an empty hop of a lifetime", () => sum("x", lifetime(), { hop: "0s" }), /the hop is empty/],
    ["4.3 the last no events", () => lastN(0), /from 1 to 1000, not 0/],
    ["4.3 the last too many", () => lastN(1_001), /from 1 to 1000/],
    ["4.3 a window of lag", () => lag("x", 2, untyped("7d")), /lag\("x", 2\): "7d" stands where its options do/],
    ["4.3 a lag of none", () => lag("x", 0), /from 1 to 1000, not 0/],
    ["4.4 half of a value", () => lastK("x", 0.5, "1d"), /last_k.*from 1 to 1000, not 0.5/],
    ["4.4 a percentile beyond all", () => approxPercentile("x", 95, "1d"), /from 0 to 1, not 95/],
    ["4.4 a percentile that is no number", () => approxPercentile("x", Number.NaN, "1d"), /from 0 to 1/],
    ["4.4 time since a column without a window", () => secondsSinceLast("x"), /"x" is not a duration/],
    ["an unknown option of a window", () => first("x", "1h", untyped({ were: "x > 0" })), /were/],
    ["a filter that is no text", () => count("1h", untyped({ where: true })), /where/],

    [
      "an on-demand view with an unknown option",
      () => onDemandView("o", untyped({ inputs: [view], features, expressions: { x: "1.0" }, ttl: "6h" })),
      /on-demand view "o": there is no member "ttl"/,
    ],
    [
      "an on-demand view with a freshness that is no duration",
      () => onDemandView("o", { inputs: [view], features, expressions: { x: "1.0" }, freshness: "soon" }),
      /on-demand view "o": freshness: expected a duration/,
    ],
    [
      "an on-demand view with a description that is no text",
      () => onDemandView("o", untyped({ inputs: [view], features, expressions: { x: "1.0" }, description: 5 })),
      /on-demand view "o": description: expected string/,
    ],
    [
      "an on-demand view without features",
      () => onDemandView("o", untyped({ inputs: [view], features: {}, expressions: {} })),
      /has no features/,
    ],
    [
      "an on-demand view without inputs",
      () => onDemandView("o", untyped({ features, expressions: { x: "1.0" } })),
      /inputs must be/,
    ],
    [
      "an on-demand view over an entity",
      () => onDemandView("o", untyped({ inputs: [user], features, expressions: { x: "1.0" } })),
      /inputs must be/,
    ],
    [
      "an on-demand view over one",
      () => onDemandView("o", untyped({ inputs: [onDemand], features, expressions: { x: "1.0" } })),
      /inputs must be/,
    ],
    [
      "an on-demand view over part of one",
      () => onDemandView("o", untyped({ inputs: [onDemand.pick("r")], features, expressions: { x: "1.0" } })),
      /inputs must be/,
    ],
    [
      "an on-demand view with neither code",
      () => onDemandView("o", { inputs: [view], features }),
      /either expressions or a transform/,
    ],
    [
      "an on-demand view with both",
      () => onDemandView("o", { inputs: [view], features, expressions: { x: "x" }, transform: () => ({ x: 1 }) }),
      /either expressions or a transform/,
    ],
    [
      "a feature without an expression",
      () => onDemandView("o", untyped({ inputs: [view], features, expressions: {} })),
      /"x" has no expression/,
    ],
    [
      "an expression that is no text",
      () => onDemandView("o", untyped({ inputs: [view], features, expressions: { x: 1 } })),
      /"x" has no expression/,
    ],
    [
      "an expression without a feature",
      () => onDemandView("o", untyped({ inputs: [view], features, expressions: { x: "x", z: "x" } })),
      /"z"/,
    ],
    [
      "an on-demand feature that is no field",
      () => onDemandView("o", untyped({ inputs: [view], features: { x: 1 }, expressions: { x: "x" } })),
      /"x" is not a typed field/,
    ],

    ["a service without features", () => featureService("s", { features: [] }), /has no features/],
    ["a service of no list", () => featureService("s", untyped({ features: view })), /has no features/],
    [
      "a service of an entity",
      () => featureService("s", untyped({ features: [view, user] })),
      /features\[1\] is not a feature view/,
    ],
    [
      "a service of a name",
      () => featureService("s", untyped({ features: ["view:x"] })),
      /features\[0\] is not a feature view/,
    ],

    ["a pick of nothing", () => view.pick(), /names no feature/],
    ["a pick of one twice", () => view.pick("x", "x"), /names "x" twice/],
    ["an on-demand pick of nothing", () => onDemand.pick(), /names no feature/],
    ["a map from what is no join key", () => view.withJoinKeyMap({ usr_id: "friend" }), /"usr_id"/],
    ["a map from a name of all objects", () => view.withJoinKeyMap({ constructor: "friend" }), /"constructor"/],
  ])("%s", (_, make, says) => {
    const fault = faultOf(make);
    expect([fault.code, fault.message]).toEqual(["definition_invalid", expect.stringMatching(says)]);
  });

  it.each<[what: string, make: () => unknown, hint: string]>([
    ["a pick", () => view.pick(untyped("z")), "x"],
    ["a pick of a pick", () => view.pick("x").pick(untyped("y")), "x"],
    ["an on-demand pick", () => onDemand.pick(untyped("q")), "r"],
    ["a name of all objects", () => view.pick(untyped("toString")), "x"],
  ])("%s of an unknown feature names those there are", (_, make, hint) => {
    const fault = faultOf(make);
    expect(fault.code).toBe("unknown_feature");
    expect(fault.hint).toContain(`"${hint}"`);
  });
});

describe("what definitions say", () => {
  it("an entity: one key named after it, one named, or several", () => {
    expect(entity("user", { type: int64() }).joinKeys).toMatchObject([
      { name: "user", field: { type: { kind: "int64" } } },
    ]);
    expect(user.joinKeys).toMatchObject([{ name: "user_id" }]);
    const pair = entity("pair", { joinKeys: { b: string(), a: int64() }, description: "d", tags: { t: "1" } });
    expect(pair).toMatchObject({ joinKeys: [{ name: "b" }, { name: "a" }], description: "d", tags: { t: "1" } });
  });

  it("windows: the function, the column, the window as written, the options", () => {
    expect(count("1d")).toEqual({ fn: "count", window: "1d" });
    expect(count("1d", { where: "x > 0" })).toEqual({ fn: "count", window: "1d", where: "x > 0" });
    expect(count("x", "1d", { hop: "1h" })).toEqual({ fn: "count", column: "x", window: "1d", hop: "1h" });
    const made = [sum, avg, min, max, first, last].map((make) => make("x", "1h", { default: 0, description: "d" }));
    expect(made).toEqual(
      ["sum", "avg", "min", "max", "first", "last"].map((fn) => ({
        fn,
        column: "x",
        window: "1h",
        default: 0,
        description: "d",
      })),
    );
    expect(avg("x", "1h", { hop: "1h" })).toMatchObject({ hop: "1h" });
    const others = [varPop, varSample, stddevPop, stddevSample, countDistinct].map((make) => make("x", lifetime()));
    expect(others.map(({ fn }) => fn)).toEqual(["var_pop", "var_samp", "stddev_pop", "stddev_samp", "count_distinct"]);
    expect(sum("x", tumbling("5m"))).toEqual({ fn: "sum", column: "x", window: { tumbling: "5m" } });
    expect(lastK("x", 3, lastN(9))).toEqual({ fn: "last_k", column: "x", k: 3, window: { lastN: 9 } });
    expect(lag("x", 2, { where: "x > 0" })).toEqual({ fn: "lag", column: "x", k: 2, where: "x > 0" });
    expect(approxPercentile("x", 0.5, "1d")).toEqual({ fn: "approx_percentile", column: "x", q: 0.5, window: "1d" });
    expect(secondsSinceLast()).toEqual({ fn: "seconds_since_last", window: { lifetime: true } });
    expect(secondsSinceLast("7d", { default: 0 })).toEqual({ fn: "seconds_since_last", window: "7d", default: 0 });
    expect(daysSinceLast("x", lifetime())).toEqual({
      fn: "days_since_last",
      column: "x",
      window: { lifetime: true },
    });
    expect(count("x", lastN(2))).toEqual({ fn: "count", column: "x", window: { lastN: 2 } });
    expect(count(lifetime())).toEqual({ fn: "count", window: { lifetime: true } });
  });

  it("sources: their format and columns", () => {
    const source = arrow("s", {
      path: "p",
      eventTime: "at",
      createdTime: "c",
      eventId: "id",
      schema: { "any name": int64() },
    });
    expect(source).toMatchObject({
      name: "s",
      format: "arrow",
      path: "p",
      eventTime: "at",
      createdTime: "c",
      eventId: "id",
    });
    expect(Object.keys(source.schema ?? {})).toEqual(["any name"]);
    expect([parquet("s", { path: "p" }), csv("s", { path: "p" })].map(({ format }) => format)).toEqual([
      "parquet",
      "csv",
    ]);
  });

  it("projections: each keeps what the one before it said, and changes no other", () => {
    const shown = ({ as, features, joinKeyMap }: typeof renamed) => ({ as, features, joinKeyMap });
    const renamed = view.pick("y").withName("other").withJoinKeyMap({ user_id: "friend" });
    const whole = { as: "view", features: ["x", "y"], joinKeyMap: {} };
    expect(shown(renamed)).toEqual({ as: "other", features: ["y"], joinKeyMap: { user_id: "friend" } });
    expect(renamed.view).toBe(view);
    expect(shown(untyped(view))).toEqual(whole);
    expect(view.view).toBe(view);
    expect(shown(untyped(view.withJoinKeyMap({})))).toEqual(whole);
    expect(shown(untyped(view.pick("y", "x"))).features).toEqual(["y", "x"]);
  });

  it("every definition is known as what it is, and nothing else is one", () => {
    const kinds = [
      user,
      events,
      given,
      view,
      view.pick("x"),
      onDemand,
      onDemand.pick("r"),
      featureService("s", { features: [view] }),
    ];
    expect(kinds.map(definitionKind)).toEqual([
      "entity",
      "source",
      "requestSource",
      "view",
      "projection",
      "onDemandView",
      "projection",
      "service",
    ]);
    expect([null, undefined, 1, "entity", {}, [], () => 1, { ...user }].map(definitionKind)).toEqual(
      Array(8).fill(undefined),
    );
  });

  it("definitions can't be changed", () => {
    for (const definition of [user, events, given, view, view.pick("x"), onDemand, count("1h"), int64()]) {
      expect(Object.isFrozen(definition)).toBe(true);
    }
  });

  it("a map that is changed later changes no projection", () => {
    const map: Record<string, string> = { user_id: "friend" };
    const projection = view.withJoinKeyMap(map);
    map["user_id"] = "other";
    expect(projection.joinKeyMap).toEqual({ user_id: "friend" });
  });
});
