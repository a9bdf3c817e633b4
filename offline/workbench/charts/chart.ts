// A chart by Observable Plot that obeys a strict content security policy and has its words beside it.
import * as Plot from "@observablehq/plot";
import { type Child, h } from "../dom.ts";

const CHART_WIDTH = 420;
export const CHART_HEIGHT = 150;

/**
 * Returns a figure: the chart, and what it says as a table for who doesn't see it. `key` names what is drawn: while it stays, the chart
 * is not drawn again.
 */
export function chart(
  key: string,
  options: Plot.PlotOptions,
  alternative: {
    readonly title: string;
    readonly head: readonly [string, string];
    readonly rows: readonly (readonly [string, string])[];
  },
): HTMLElement {
  const drawn = Plot.plot({
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    marginTop: 8,
    marginBottom: 28,
    marginLeft: 44,
    marginRight: 12,
    className: "chart",
    ariaLabel: alternative.title,
    ...options,
  });
  // A policy without inline styles would refuse it, aloud; the page's own sheet says the same.
  for (const style of drawn.querySelectorAll("style")) style.remove();
  // An image has one name, and no parts that have their own.
  for (const part of drawn.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  drawn.setAttribute("role", "img");
  return h("div", { class: "figure", "data-key": key }, drawn, asTable(alternative));
}

function asTable({
  title,
  head,
  rows,
}: {
  title: string;
  head: readonly [string, string];
  rows: readonly (readonly [string, string])[];
}): Child {
  return h(
    "details",
    { class: "as-table" },
    h("summary", {}, "As a table"),
    h(
      "div",
      { class: "scroll short", tabindex: 0, role: "region", "aria-label": title },
      h(
        "table",
        {},
        h("caption", { class: "hidden" }, title),
        h(
          "thead",
          {},
          h("tr", {}, h("th", { scope: "col" }, head[0]), h("th", { scope: "col", class: "end" }, head[1])),
        ),
        h(
          "tbody",
          {},
          rows.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "end" }, value))),
        ),
      ),
    ),
  );
}
