// The distributions of the features: a chart each, the share of nulls, and the figures that say most.
import { distributionChart } from "../charts/distribution.ts";
import { h } from "../dom.ts";
import { count, percent } from "../format.ts";
import { type ColumnProfile, DISTINCT, profileText } from "../session/profile.ts";
import type { Result } from "../state.ts";

export function distributionsTab({ profiles, builtFrom, facts }: Result) {
  if (profiles === null) return h("p", { class: "quiet" }, "Counting…");
  const key = `${builtFrom} ${facts.seconds}`;
  return [
    h("p", { class: "quiet" }, "The dashed line is the median."),
    h(
      "ul",
      { class: "cards" },
      profiles.map((profile) =>
        h("li", { class: "chart-card", id: `profile-${profile.column}` }, profileCard(profile, key)),
      ),
    ),
  ];
}

function profileCard(profile: ColumnProfile, key: string) {
  const { column, type, rows, nulls } = profile;
  return [
    h(
      "div",
      { class: "chart-head" },
      h("h3", { class: "cut", title: column }, column),
      h("span", { class: "type" }, type),
    ),
    shareBar(nulls, rows, "null"),
    distributionChart(profile, key) ??
      h(
        "p",
        { class: "quiet nothing" },
        profile.kind === "empty" ? "No row has a value." : "Values of this type are not drawn.",
      ),
    h(
      "dl",
      { class: "figures" },
      figures(profile).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  ];
}

/** Returns the share of rows that lack something, as a meter and in words. */
export function shareBar(lacking: number, rows: number, what: string): HTMLElement {
  return h(
    "div",
    { class: lacking === 0 ? "null-bar none" : "null-bar" },
    h("meter", { min: 0, max: Math.max(1, rows), value: lacking, "aria-hidden": "true" }),
    h("span", {}, lacking === 0 ? `no row ${what}` : `${percent(lacking, rows)} ${what} (${count(lacking)})`),
  );
}

function figures(profile: ColumnProfile): [string, string][] {
  if (profile.kind === "category") {
    const { distinct, top } = profile;
    return [
      ["different", distinct > DISTINCT ? `over ${count(DISTINCT)}` : count(distinct)],
      ["most often", top[0]?.value ?? ""],
    ];
  }
  if (profile.kind !== "number" && profile.kind !== "time") return [];
  const { kind, min, median, max, mean, notFinite } = profile;
  return [
    ["min", profileText(kind, min)],
    ["median", profileText(kind, median)],
    ...(kind === "number" ? [["mean", profileText(kind, mean)] as [string, string]] : []),
    ["max", profileText(kind, max)],
    ...(notFinite > 0 ? [["NaN, ∞", count(notFinite)] as [string, string]] : []),
  ];
}
