// Which definitions a module holds: its exports, and all that they refer to.
import { describe, expect, it } from "vitest";
import {
  count,
  csv,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  requestSource,
  scaler,
  string,
  vocabulary,
} from "../../../sdk/index.ts";
import { collectDefinitions } from "../../../sdk/registry/index.ts";
import { compareText } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";

const user = entity("user", { type: int64() });
const shop = entity("shop", { type: string() });
const events = parquet("events", { path: "events.parquet", eventTime: "at" });
const shops = csv("shops", { path: "shops.csv" });
const profile = featureView("profile", { entities: [user], source: events, features: { x: float64() } });
const visits = featureView("visits", { entities: [user, shop], source: events, aggregations: { n: count("1d") } });
const place = featureView("place", { entities: [shop], source: shops, features: { city: string() } });
const given = requestSource("given", { y: float64() });
const rates = scaler("rates", { mean: 0, stddev: 1 });
const ratio = onDemandView("ratio", {
  inputs: [profile.withName("other"), given],
  artifacts: [rates],
  features: { r: float64() },
  expressions: { r: "x / y" },
});
const model = featureService("model", { features: [visits.pick("n"), ratio] });

const names = (found: ReturnType<typeof collectDefinitions>) =>
  Object.fromEntries(Object.entries(found).map(([kind, map]) => [kind, [...map.keys()].sort(compareText)]));

describe("a module's definitions", () => {
  it("are its exports, and all that they refer to", () => {
    const none = { entities: [], sources: [], views: [], onDemandViews: [], services: [], artifacts: [] };
    expect(names(collectDefinitions({}))).toEqual(none);
    expect(names(collectDefinitions({ user }))).toEqual({ ...none, entities: ["user"] });
    expect(names(collectDefinitions({ shops }))).toEqual({ ...none, sources: ["shops"] });
    expect(names(collectDefinitions({ given }))).toEqual(none);
    expect(names(collectDefinitions({ place }))).toEqual({
      ...none,
      entities: ["shop"],
      sources: ["shops"],
      views: ["place"],
    });
    expect(names(collectDefinitions({ picked: place.pick("city") }))).toEqual(names(collectDefinitions({ place })));
    expect(names(collectDefinitions({ picked: ratio.pick("r") }))).toEqual(names(collectDefinitions({ ratio })));
    expect(names(collectDefinitions({ model }))).toEqual({
      entities: ["shop", "user"],
      sources: ["events"],
      views: ["profile", "visits"],
      onDemandViews: ["ratio"],
      services: ["model"],
      artifacts: ["rates"],
    });
    expect(names(collectDefinitions({ rates }))).toEqual({ ...none, artifacts: ["rates"] });
  });

  it("are the definitions themselves, not copies", () => {
    const found = collectDefinitions({ model });
    expect(found.views.get("profile")).toBe(profile);
    expect(found.onDemandViews.get("ratio")).toBe(ratio);
    expect(found.services.get("model")).toBe(model);
    expect(found.entities.get("user")).toBe(user);
    expect(found.sources.get("events")).toBe(events);
  });

  it("the same one under two exports, or used twice, is one", () => {
    const found = collectDefinitions({ a: profile, b: profile, c: ratio, d: model, default: profile });
    expect(names(found)["views"]).toEqual(["profile", "visits"]);
  });

  it("anything else that a module exports is left alone", () => {
    const other = {
      a: 1,
      b: "entity",
      c: null,
      d: undefined,
      e: () => 1,
      f: [profile],
      g: { name: "x" },
      h: Symbol("s"),
    };
    expect(names(collectDefinitions(other))).toEqual(names(collectDefinitions({})));
  });

  it.each<[what: string, exports: Record<string, unknown>, named: string]>([
    ["entities", { user, b: entity("user", { type: string() }) }, '"user"'],
    ["equal entities", { user, b: entity("user", { type: int64() }) }, '"user"'],
    ["sources", { events, b: csv("events", { path: "b.csv" }) }, '"events"'],
    [
      "views",
      { profile, b: featureView("profile", { entities: [user], source: events, features: { z: int64() } }) },
      '"profile"',
    ],
    [
      "a view used deep down",
      { model, b: featureView("profile", { entities: [user], source: events, features: { z: int64() } }) },
      '"profile"',
    ],
    [
      "on-demand views",
      { ratio, b: onDemandView("ratio", { inputs: [given], features: { r: float64() }, expressions: { r: "y" } }) },
      '"ratio"',
    ],
    ["artifacts", { ratio, b: scaler("rates", { mean: 0, stddev: 1 }) }, '"rates"'],
    ["artifacts of two kinds", { rates, b: vocabulary("rates", ["a"]) }, '"rates"'],
    ["services", { model, b: featureService("model", { features: [profile] }) }, '"model"'],
    [
      "a view and an on-demand view",
      { profile, b: onDemandView("profile", { inputs: [given], features: { r: float64() }, expressions: { r: "y" } }) },
      '"profile"',
    ],
  ])("two %s of one name are refused", (_, exports, named) => {
    const fault = faultOf(() => collectDefinitions(exports));
    expect(fault.code).toBe("definition_invalid");
    expect(fault.message).toContain(named);
    expect(fault.hint).toContain("rename one of them");
  });

  it("one name for definitions of other kinds is allowed", () => {
    const same = featureService("user", { features: [profile] });
    expect(names(collectDefinitions({ user, same }))["services"]).toEqual(["user"]);
  });
});
