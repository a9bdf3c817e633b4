// The page's right side: the plan and what came of it, as tabs.
import type { Actions } from "../actions.ts";
import { type Child, h } from "../dom.ts";
import { counted, seconds } from "../format.ts";
import { inputsText, type Result, type State, type Tab } from "../state.ts";
import { agesTab } from "./ages.ts";
import { problemBox, remarkBox } from "./callout.ts";
import { distributionsTab } from "./distributions.ts";
import { exportBar } from "./export.ts";
import { leakageTab } from "./leakage.ts";
import { planTab } from "./plan.ts";
import { tableTab } from "./table.ts";

const TABS: readonly [Tab, string][] = [
  ["plan", "Plan"],
  ["table", "Table"],
  ["distributions", "Distributions"],
  ["ages", "Ages"],
  ["leakage", "Leakage"],
];

export function outcomePanel(state: State, actions: Actions): HTMLElement {
  const { result } = state;
  const tab = result === null && state.tab !== "leakage" ? "plan" : state.tab;
  return h(
    "section",
    { id: "outcome", "aria-label": "Plan and result" },
    result === null ? null : head(result, state, actions),
    tabList(tab, result !== null, actions),
    h(
      "div",
      { id: `panel-${tab}`, role: "tabpanel", "aria-labelledby": `tab-${tab}`, class: "panel", tabindex: -1 },
      content(tab, state, actions),
    ),
  );
}

function head({ facts, builtFrom }: Result, state: State, actions: Actions) {
  const stale = builtFrom !== inputsText(state);
  const features = facts.columns.filter(({ role }) => role === "feature").length;
  return h(
    "header",
    { class: "result-head" },
    h(
      "div",
      {},
      h("h2", {}, "Training set"),
      h(
        "p",
        { class: "facts" },
        h("span", {}, counted(facts.rows, "row")),
        h("span", {}, counted(features, "feature")),
        h("span", {}, seconds(facts.seconds)),
        h("span", {}, facts.engine),
        stale ? h("span", { class: "tag warn" }, "choices have changed since") : null,
      ),
    ),
    exportBar(state, actions),
    problemBox(state.exportProblem),
    facts.setAside.map(({ of, rows }) => setAsideBox(of, rows, state, actions)),
    facts.remarks.length === 0
      ? null
      : remarkBox(
          "warn",
          h(
            "ul",
            {},
            facts.remarks.map((remark) => h("li", {}, remark)),
          ),
        ),
  );
}

function setAsideBox(of: string, rows: number, { exporting }: State, actions: Actions) {
  return remarkBox(
    "warn",
    h("p", {}, `${counted(rows, "row")} of ${of} had no readable time and ${rows === 1 ? "was" : "were"} set aside.`),
    h(
      "p",
      {},
      h(
        "button",
        { type: "button", class: "link", disabled: exporting !== null, onclick: () => void actions.exportSetAside(of) },
        "Download them with the reasons (CSV)",
      ),
    ),
  );
}

function tabList(current: Tab, hasResult: boolean, actions: Actions): HTMLElement {
  const isOpen = (tab: Tab) => hasResult || tab === "plan" || tab === "leakage";
  const open = TABS.map(([tab]) => tab).filter(isOpen);
  const go = (tab: Tab | undefined) => {
    if (tab === undefined) return;
    actions.showTab(tab);
    document.getElementById(`tab-${tab}`)?.focus();
  };
  const onkeydown = (event: KeyboardEvent) => {
    const at = open.indexOf(current);
    const keys: Record<string, Tab | undefined> = {
      ArrowRight: open[(at + 1) % open.length],
      ArrowLeft: open[(at - 1 + open.length) % open.length],
      Home: open[0],
      End: open.at(-1),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    go(keys[event.key]);
  };
  return h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": "Plan and result", onkeydown },
    TABS.map(([tab, title]) =>
      h(
        "button",
        {
          type: "button",
          id: `tab-${tab}`,
          role: "tab",
          "aria-selected": String(tab === current),
          "aria-controls": tab === current ? `panel-${tab}` : null,
          tabindex: tab === current ? 0 : -1,
          disabled: !isOpen(tab),
          onclick: () => actions.showTab(tab),
        },
        title,
      ),
    ),
  );
}

function content(tab: Tab, state: State, actions: Actions): Child {
  const { result } = state;
  if (tab === "leakage") return leakageTab(state, actions);
  if (tab === "plan" || result === null) return planTab(state);
  if (tab === "table") return tableTab(result, state, actions);
  const problem = problemBox(result.problem);
  if (problem !== null) return problem;
  if (tab === "distributions") return distributionsTab(result);
  return agesTab(result, state);
}
