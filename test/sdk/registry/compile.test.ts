// What is refused when definitions are registered, and what is not: SEMANTICS 2.5, 4.4, 5.3.
import { describe, expect, it } from "vitest";
import {
  approxPercentile,
  avg,
  count,
  csv,
  entity,
  featureService,
  featureView,
  first,
  float32,
  float64,
  int32,
  int64,
  lag,
  lastK,
  list,
  max,
  min,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
  timestamp,
  varPop,
  vector,
} from "../../../sdk/index.ts";
import { parseTypeName } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { compile } from "./define.ts";
import { columns, events, given, onDemand, profile, stored, user, windows } from "./payments.ts";

describe("5.3 what is refused when it is registered", () => {
  const other = entity("other", { joinKey: "user_id", type: string() });
  it.each<[what: string, definitions: Record<string, unknown>, code: string, says: RegExp, hint?: RegExp]>([
    ["a feature that the file lacks", stored({ amout: float64() }), "missing_column", /"amout"/, /"amount"/],
    [
      "an aggregate's column that the file lacks",
      windows({ x: sum("amout", "1h") }),
      "missing_column",
      /x.*"amout"/,
      /"amount"/,
    ],
    ["a column called toString", windows({ x: sum("toString", "1h") }), "missing_column", /toString/],
    [
      "a join key that the file lacks",
      {
        v: featureView("v", {
          entities: [entity("u", { joinKey: "usr_id", type: int64() })],
          source: events,
          features: { shop: string() },
        }),
      },
      "missing_column",
      /"usr_id"/,
      /"user_id"/,
    ],
    [
      "an event time that the file lacks",
      windows({ n: count("1h") }, parquet("events", { path: "e", eventTime: "att" })),
      "missing_column",
      /"att"/,
      /"at"/,
    ],
    [
      "a created time that the file lacks",
      windows({ n: count("1h") }, parquet("events", { path: "e", eventTime: "at", createdTime: "created" })),
      "missing_column",
      /"created"/,
    ],
    [
      "an event id that the file lacks",
      windows({ n: count("1h") }, parquet("events", { path: "e", eventTime: "at", eventId: "id" })),
      "missing_column",
      /"id"/,
    ],
    [
      "2.5 a stored feature of another type",
      stored({ amount: int64() }),
      "type_mismatch",
      /"amount" is float64 .* not int64/,
      /float64/,
    ],
    ["2.5 an integer that would narrow", stored({ cents: int32() }), "type_mismatch", /"cents" is int64 .* not int32/],
    ["2.5 a float that would widen", stored({ ratio: float64() }), "type_mismatch", /"ratio" is float32/],
    ["2.5 an integer for a float", stored({ small: float64() }), "type_mismatch", /"small" is int32/],
    ["2.5 another scale", stored({ price: string() }), "type_mismatch", /decimal\(10,2\)/],
    ["2.5 another list", stored({ tags: list(int64()) }), "type_mismatch", /list<string>/],
    [
      "2.5 a join key of another type",
      { v: featureView("v", { entities: [other], source: events, features: { shop: string() } }) },
      "type_mismatch",
      /"user_id" is int64 .* not string/,
    ],
    ["4.4 a sum of text", windows({ x: sum("shop", "1h") }), "type_mismatch", /x: sum does not take string/, /numbers/],
    ["4.4 an average of times", windows({ x: avg("due", "1h") }), "type_mismatch", /avg does not take timestamp/],
    ["4.4 the least of booleans", windows({ x: min("paid", "1h") }), "type_mismatch", /min does not take bool/],
    ["4.4 a variance of text", windows({ x: varPop("shop", "1h") }), "type_mismatch", /var_pop does not take string/],
    [
      "4.4 a percentile of times",
      windows({ x: approxPercentile("due", 0.5, "1h") }),
      "type_mismatch",
      /approx_percentile/,
    ],
    [
      "4.4 a list of lists",
      windows({ x: lastK("tags", 2, "1h") }),
      "type_mismatch",
      /last_k does not take list<string>/,
    ],
    ["4.3 a lag of no column", windows({ x: lag("nope", 2) }), "missing_column", /nope/],
    ["4.4 the greatest of decimals", windows({ x: max("price", "1h") }), "type_mismatch", /max does not take decimal/],
    [
      "an aggregate's default of another type",
      windows({ x: count("1h", { default: "none" }) }),
      "type_mismatch",
      /x.*int64/,
    ],
    [
      "an aggregate's default out of range",
      windows({ x: max("small", "1h", { default: 2 ** 31 }) }),
      "value_out_of_range",
      /x/,
    ],
    [
      "a filter on an unknown name",
      windows({ x: count("1h", { where: "amout > 0.0" }) }),
      "expression_type_error",
      /amout/,
      /amount/,
    ],
    ["a filter that is no condition", windows({ x: count("1h", { where: "cents" }) }), "expression_type_error", /bool/],
    [
      "a filter that is no expression",
      windows({ x: count("1h", { where: "cents >" }) }),
      "expression_syntax_error",
      /./,
    ],
    [
      "a filter with the time of the request",
      windows({ x: count("1h", { where: "due < request_time()" }) }),
      "expression_type_error",
      /request_time/,
    ],
    [
      "a ttl without an event time",
      {
        v: featureView("v", {
          entities: [user],
          source: csv("s", { path: "s.csv" }),
          ttl: "1h",
          features: { shop: string() },
        }),
      },
      "definition_invalid",
      /ttl needs a source with an eventTime/,
    ],
    ["a ttl that is no duration", stored({ shop: string() }, { ttl: "soon" }), "definition_invalid", /"soon"/],
    [
      "windows over a file whose columns nobody knows",
      windows({ n: count("1h") }, parquet("elsewhere", { path: "there.parquet", eventTime: "at" })),
      "definition_invalid",
      /"elsewhere" are not known/,
      /there\.parquet/,
    ],
    [
      "two entities of a view with one join key",
      {
        v: featureView("v", {
          entities: [user, entity("u", { joinKey: "user_id", type: int64() })],
          source: events,
          features: { shop: string() },
        }),
      },
      "definition_invalid",
      /two entities share the join key "user_id"/,
    ],
    ["an expression on an unknown name", onDemand("amout / limit"), "expression_type_error", /amout/, /amount/],
    [
      "an expression on a feature that was picked away",
      onDemand("amount / limit", [profile.pick("shop"), given]),
      "expression_type_error",
      /amount/,
    ],
    ["an expression of another type", onDemand("shop"), "expression_type_error", /string/],
    ["an expression that is none", onDemand("amount /"), "expression_syntax_error", /./],
    [
      "a request field called like an input's feature",
      onDemand("1.0", [profile, requestSource("given", { amount: float64() })]),
      "definition_invalid",
      /two inputs are called "amount"/,
      /request field/,
    ],
    [
      "a request field of two types",
      onDemand("1.0", [given, requestSource("more", { limit: int64() })]),
      "definition_invalid",
      /two inputs are called "limit"/,
    ],
    [
      "an input twice under one name",
      onDemand("1.0", [profile, profile.withJoinKeyMap({ user_id: "friend" })]),
      "definition_invalid",
      /two inputs are called "profile__amount"/,
      /withName/,
    ],
    [
      "a service with a feature twice",
      { s: featureService("s", { features: [profile, profile.pick("shop")] }) },
      "duplicate_feature",
      /"s" lists "profile:shop" twice/,
      /withName/,
    ],
    [
      "2.5 a service with two types for a join key",
      {
        s: featureService("s", {
          features: [
            profile,
            featureView("named", {
              entities: [other],
              source: csv("names", { path: "n.csv" }),
              features: { shop: string() },
            }),
          ],
        }),
      },
      "definition_invalid",
      /"user_id" "profile" takes as int64, but "named" as string/,
      /withJoinKeyMap/,
    ],
    [
      "a service with two types for a mapped join key of an on-demand view's input",
      {
        s: featureService("s", {
          features: [
            onDemand("amount", [profile.withJoinKeyMap({ user_id: "id" })]).o,
            featureView("named", {
              entities: [entity("n", { joinKey: "id", type: string() })],
              source: csv("names", { path: "n.csv" }),
              features: { shop: string() },
            }),
          ],
        }),
      },
      "definition_invalid",
      /"id" "profile" takes as int64, but "named" as string/,
    ],
    [
      "a service with two types for a request field",
      {
        s: featureService("s", {
          features: [
            onDemand("amount / limit").o,
            onDemandView("p", {
              inputs: [requestSource("r", { limit: string() })],
              features: { t: string() },
              expressions: { t: "limit" },
            }),
          ],
        }),
      },
      "definition_invalid",
      /request field "limit"/,
    ],
  ])("%s", (_, definitions, code, says, hint) => {
    const fault = faultOf(() => compile(definitions, columns));
    expect([fault.code, fault.message]).toEqual([code, expect.stringMatching(says)]);
    if (hint !== undefined) expect(fault.hint).toMatch(hint);
  });

  it("an expression at fault is named by view, feature, line and column", () => {
    const where = faultOf(() => compile(windows({ x: count("1h", { where: "cents > 0 &&\n  shp == 'a'" }) }), columns));
    expect(where).toMatchObject({ pointer: "/views/v/x/where", position: { line: 2, column: 3 } });
    const expression = faultOf(() => compile(onDemand("amount /\n limt"), columns));
    expect(expression).toMatchObject({ pointer: "/views/o/r", position: { line: 2, column: 2 } });
  });
});

describe("2.5 what is no difference", () => {
  it("an integer that widens, in a feature and in a join key", () => {
    expect(compile(stored({ small: int64() }), columns).views["v"]?.spec.features).toMatchObject([{ type: "int64" }]);
    const narrow = { events: { ...columns.events, user_id: parseTypeName("int32") } };
    expect(compile(stored({ shop: string() }), narrow).views["v"]?.spec).toMatchObject({
      joinKeys: [{ type: "int64" }],
    });
  });

  it("a stored view over a file that is not at hand takes the definition's word", () => {
    const view = featureView("v", {
      entities: [user],
      source: parquet("e", { path: "e", eventTime: "at" }),
      features: { x: vector(3), y: float32() },
    });
    expect(compile({ view }).views["v"]?.spec.features).toMatchObject([{ type: "vector(3)" }, { type: "float32" }]);
  });

  it("a schema comes before the file", () => {
    const source = parquet("events", {
      path: "e",
      eventTime: "at",
      schema: { user_id: int64(), at: timestamp(), amount: int64() },
    });
    const view = featureView("v", { entities: [user], source, features: { amount: int64() } });
    expect(compile({ view }, columns).views["v"]?.spec.features).toMatchObject([{ type: "int64" }]);
    const lacking = windows({ x: first("shop", "1h") }, source);
    expect(faultOf(() => compile(lacking, columns)).code).toBe("missing_column");
  });

  it("two views of a service that share a join key of one type, and one request field", () => {
    const again = onDemandView("p", { inputs: [given], features: { t: float64() }, expressions: { t: "limit" } });
    const service = featureService("s", { features: [profile, onDemand("amount / limit").o, again] });
    expect(compile({ service }, columns).services["s"]?.features).toHaveLength(3);
  });
});
