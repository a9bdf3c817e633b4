// How the notebook shows what it made: tables as HTML, pictures by Observable Plot.
import * as Plot from "@observablehq/plot";
import type { Table } from "apache-arrow";
import type { HistoricalReport } from "edgefeat/offline";

/** Returns what the join found, a row a view. */
export function reportTable({ rows, views }: HistoricalReport): HTMLElement {
  const head = ["view", "found for", "source rows with its keys", "ambiguous ties", "seconds"];
  const body = views.map(({ view, matched, candidates, ambiguousTies, seconds }) => [
    view,
    `${count(matched)} of ${count(rows)}`,
    count(candidates),
    count(ambiguousTies),
    seconds.toFixed(2),
  ]);
  return table(head, body);
}

/** Returns the first rows of a training set. */
export function featureTable(training: Table, names: readonly string[], rows: number): HTMLElement {
  const columns = names.map((name) => columnOf(training, name));
  const shown = Math.min(rows, training.numRows);
  return table(
    names,
    Array.from({ length: shown }, (_, row) => columns.map((column, i) => cell(column[row], names[i] as string))),
  );
}

/** Returns a table that scrolls by itself where the page is narrow; numbers, and nulls among them, are to the right. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): HTMLElement {
  const isNumeric = head.map((_, i) => body.some((cells) => /^-?\d[\d,.]*(?: of |$)/.test(cells[i] ?? "")));
  const row = (cells: readonly string[], tag: "th" | "td") => {
    const line = document.createElement("tr");
    for (const [i, text] of cells.entries()) {
      const element = document.createElement(tag);
      if (tag === "th") element.setAttribute("scope", "col");
      const isNull = tag === "td" && text === "null";
      element.style.cssText = `padding: 2px 0 2px 16px; white-space: nowrap; text-align: ${isNumeric[i] ? "right" : "left"}`;
      if (isNull) element.style.opacity = "0.5";
      element.textContent = text;
      line.append(element);
    }
    return line;
  };
  const element = document.createElement("table");
  element.style.cssText = "width: auto; max-width: none; font-variant-numeric: tabular-nums";
  element.createTHead().append(row(head, "th"));
  element.createTBody().append(...body.map((cells) => row(cells, "td")));
  const scroller = document.createElement("div");
  scroller.style.overflowX = "auto";
  scroller.tabIndex = 0;
  scroller.append(element);
  return scroller;
}

/** Returns the departures' own delay over how late the airport ran in the hour before: each hour's flights as one dot. */
export function delayDots(training: Table): Element {
  const before = columnOf(training, "avg_delay_1h");
  const label = columnOf(training, "label");
  const points = before.flatMap((x, row) =>
    x === null || label[row] === null ? [] : [{ before: Number(x), delay: Number(label[row]) }],
  );
  return Plot.plot({
    ariaLabel: "Mean delay of departures by how late their airport had been running",
    marginLeft: 50,
    grid: true,
    x: { label: "mean delay at the airport in the hour before, minutes", domain: [-20, 120], clamp: true },
    y: { label: "mean delay of the departure itself, minutes" },
    marks: [
      Plot.ruleY([0]),
      Plot.dot(
        points,
        Plot.binX<Plot.DotOptions>(
          { y: "mean", r: "count" },
          { x: "before", y: "delay", interval: 5, fill: "var(--theme-blue, steelblue)" },
        ),
      ),
    ],
  });
}

/** Returns how old a feature's values were when they were used: entity time − event time. */
export function ageBars(training: Table, feature: string): Element {
  const at = columnOf(training, "event_timestamp");
  const known = columnOf(training, `${feature}__event_time`);
  const hours = known.flatMap((time, row) => (time === null ? [] : [(Number(at[row]) - Number(time)) / 3_600_000]));
  return Plot.plot({
    ariaLabel: `Ages of the values of ${feature}, in hours`,
    marginLeft: 60,
    x: { label: `age of the value of ${feature}, hours` },
    y: { label: "examples", grid: true },
    marks: [
      Plot.rectY(
        hours,
        Plot.binX<Plot.RectYOptions>(
          { y: "count" },
          { x: (hour: number) => hour, thresholds: 60, fill: "var(--theme-blue, steelblue)" },
        ),
      ),
      Plot.ruleY([0]),
    ],
  });
}

function columnOf(training: Table, name: string): unknown[] {
  const vector = training.getChild(name);
  if (vector === null) throw new Error(`the training set has no column "${name}"`);
  return Array.from(vector);
}

function cell(value: unknown, name: string): string {
  if (value === null || value === undefined) return "null";
  if (/time/.test(name)) return new Date(Number(value)).toISOString().slice(0, 16).replace("T", " ");
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(3) : String(value);
}

function count(n: number): string {
  return n.toLocaleString("en-US");
}
