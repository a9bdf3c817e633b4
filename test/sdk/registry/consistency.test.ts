// Snapshots whose parts don't fit: of the right shape, but nothing could be answered from them.
import { describe, expect, it } from "vitest";
import {
  avg,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  timestamp,
} from "../../../sdk/index.ts";
import { checkConsistency, checkSnapshot, type Snapshot } from "../../../sdk/registry/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const user = entity("user", { joinKey: "id", type: int64() });
const source = parquet("log", {
  path: "l.parquet",
  eventTime: "at",
  schema: { id: int64(), at: timestamp(), n: int64() },
});
const windows = featureView("windows", {
  entities: [user],
  source,
  aggregations: { mean: avg("n", "1d", { where: "n > 0" }) },
});
const computed = onDemandView("computed", {
  inputs: [windows],
  features: { double: float64() },
  expressions: { double: "mean * 2.0" },
});
const { snapshot } = snapshotFrom({ model: featureService("model", { features: [windows, computed] }) });

/** Returns the snapshot as JSON would bring it, with one change. */
function changed(change: (json: any) => void): Snapshot {
  const json = JSON.parse(JSON.stringify(snapshot));
  change(json);
  return checkSnapshot(json);
}
const specOf = (json: any, view: string) => json.views[view].versions["1"].spec;

describe("a snapshot", () => {
  it("that was compiled is consistent", () => {
    expect(checkConsistency(checkSnapshot(JSON.parse(JSON.stringify(snapshot))))).toStrictEqual(snapshot);
  });

  it.each<[string, (json: any) => void, RegExp]>([
    ["a window over a column that is not there", (j) => (specOf(j, "windows").columns = []), /windows@1.*"n"/],
    [
      "a hop that does not divide its window",
      (j) => (specOf(j, "windows").features[0].hopUs = 7),
      /windows@1.*hops of 7/,
    ],
    [
      "a tumbling window that moves by less than its length",
      (j) => (specOf(j, "windows").features[0].tumbling = true),
      /windows@1.*can't be computed/,
    ],
    [
      "the last events of a window",
      (j) => (specOf(j, "windows").features[0].lastN = 5),
      /windows@1.*can't be computed/,
    ],
    ["a percentile of none", (j) => (specOf(j, "windows").features[0].fn = "approx_percentile"), /can't be computed/],
    ["an average with a k", (j) => (specOf(j, "windows").features[0].k = 2), /windows@1.*can't be computed/],
    [
      "a lag in a window",
      (j) => Object.assign(specOf(j, "windows").features[0], { fn: "lag", k: 2 }),
      /windows@1.*can't be computed/,
    ],
    ["a filter that does not parse", (j) => (specOf(j, "windows").features[0].where = "n >"), /windows@1/],
    ["a default of another type", (j) => (specOf(j, "windows").features[0].default = '"x"'), /windows@1.*float64/],
    [
      "an expression that reads what nobody provides",
      (j) => (specOf(j, "computed").features[0].expression = "median"),
      /computed@1.*median/,
    ],
    ["entities without join keys", (j) => (specOf(j, "windows").joinKeys = []), /windows@1.*join keys/],
    ["join keys without entities", (j) => (specOf(j, "windows").entities = []), /windows@1.*join keys/],
    ["an input that is not there", (j) => (specOf(j, "computed").inputs[0].view = "windws"), /computed@1.*"windws"/],
    [
      "an input's version that is not there",
      (j) => (specOf(j, "computed").inputs[0].version = 9),
      /computed@1.*version 9/,
    ],
    [
      "a service of a view that is not there",
      (j) => (j.services.model.features[0].view = "nope"),
      /service "model".*"nope"/,
    ],
    [
      "a service of a feature that is not there",
      (j) => (j.services.model.features[0].features = ["nope"]),
      /service "model".*"nope"/,
    ],
  ])("with %s is refused", (_, change, message) => {
    expect(() => checkConsistency(changed(change))).toThrow(
      expect.objectContaining({ code: "registry_invalid", message: expect.stringMatching(message) }),
    );
  });
});
