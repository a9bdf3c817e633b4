// What the tests of transforms start from: definitions applied and materialized, and a transform over them.
import { planFeatures } from "../../../sdk/plan/index.ts";
import {
  emptySnapshot,
  type ExpectedTransform,
  markMaterialized,
  planApply,
  registerTransform,
  type Snapshot,
  type TransformDefinition,
} from "../../../sdk/registry/index.ts";
import { type Changes, compile, define } from "./define.ts";

export const apply = (current: Snapshot, changes: Changes = {}) => planApply(current, compile(define(changes)));
export const mark = (snapshot: Snapshot, ...versions: [view: string, version: number][]): Snapshot =>
  versions.reduce((s, [view, version]) => markMaterialized(s, view, version), snapshot);
/** `profile`, `spend` and `risk`, the last with the expression "spent_1d / limit"; all at version 1, and answering. */
export const live = mark(apply(emptySnapshot("shop", "dev")).snapshot, ["profile", 1], ["spend", 1]);

/** What risk is in the definitions. */
export const RISK = {
  inputs: ["spend"],
  request: { limit: "float64" },
  features: { share: { type: "float64", expression: "spent_1d / limit" } },
} satisfies TransformDefinition;
export const share = (expression: string): TransformDefinition => ({
  ...RISK,
  features: { share: { type: "float64", expression } },
});
export const DOUBLED = share("2.0 * spent_1d / limit");
export const put = (
  snapshot: Snapshot,
  name: string,
  definition: TransformDefinition,
  expected: ExpectedTransform = "free",
) => registerTransform(snapshot, name, definition, expected);
export const reference = (snapshot: Snapshot, text: string) => planFeatures(snapshot, { features: [text] }, new Map());
export const entryOf = (snapshot: Snapshot, name: string) => {
  const { latest, active, versions, registered } = snapshot.views[name] as Snapshot["views"][string];
  return { latest, active, versions: Object.keys(versions), registered };
};
