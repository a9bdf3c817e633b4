// How old the values used were, by view: what a TTL cuts off, and how far serving may lag behind.
import { embargoUs } from "../choices.ts";
import { ageChart } from "../charts/age.ts";
import { h } from "../dom.ts";
import { counted, duration } from "../format.ts";
import type { Ages } from "../session/protocol.ts";
import type { Result, State } from "../state.ts";
import { shareBar } from "./distributions.ts";

export function agesTab({ ages, builtFrom, facts }: Result, { options }: State) {
  if (ages === null) return h("p", { class: "quiet" }, "Counting…");
  const key = `age ${builtFrom} ${facts.seconds}`;
  return [
    h(
      "p",
      { class: "quiet" },
      "Entity time − event time of the row, or of the window's newest event, that each value came from. Dashed: the TTL, and the embargo where there is one.",
    ),
    ages.length === 0 ? h("p", {}, "No feature here has event times.") : null,
    h(
      "ul",
      { class: "cards" },
      ages.map((of) => h("li", { class: "chart-card" }, ageCard(of, embargoUs(options), key))),
    ),
  ];
}

function ageCard(of: Ages, embargo: number, key: string) {
  const { view, features, rows, missing, ttlUs, minUs, medianUs, p95Us, maxUs } = of;
  const has = missing < rows;
  const figures: [string, string][] = [
    ["youngest", has ? duration(minUs) : "–"],
    ["median", has ? duration(medianUs) : "–"],
    ["95% below", has ? duration(p95Us) : "–"],
    ["oldest", has ? duration(maxUs) : "–"],
    ...(ttlUs === null ? [] : [["TTL", duration(ttlUs)] as [string, string]]),
  ];
  const names = features.length === 1 ? (features[0] as string) : counted(features.length, "feature");
  return [
    h(
      "div",
      { class: "chart-head" },
      h("h3", { class: "cut", title: view }, view),
      h("span", { class: "type cut", title: features.join(", ") }, names),
    ),
    shareBar(missing, rows, "without a value"),
    ageChart(of, embargo, key) ?? h("p", { class: "quiet nothing" }, "No row found a value."),
    h(
      "dl",
      { class: "figures" },
      figures.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  ];
}
