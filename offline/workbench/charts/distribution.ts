// A column's distribution drawn: bars between numbers or times, or a bar a category.
import * as Plot from "@observablehq/plot";
import { count, percent } from "../format.ts";
import { type Bin, type ColumnProfile, profileText } from "../session/profile.ts";
import { chart, CHART_HEIGHT } from "./chart.ts";

type Of<K extends ColumnProfile["kind"]> = Extract<ColumnProfile, { kind: K }>;

/** Returns the chart of a column; null where there is nothing to draw. `key` tells one result's from another's. */
export function distributionChart(profile: ColumnProfile, key: string): HTMLElement | null {
  if (profile.kind === "number" || profile.kind === "time") return histogram(profile, key);
  return profile.kind === "category" ? bars(profile, key) : null;
}

function histogram({ column, kind, bins, min, max, median }: Of<"number" | "time">, key: string): HTMLElement {
  const at = (value: number) => (kind === "time" ? value / 1_000 : value);
  const text = (value: number) => profileText(kind, value);
  const total = bins.reduce((sum, { n }) => sum + n, 0);
  // Bins of one whole number each stand on their numbers.
  const whole = bins.every(({ x1, x2 }) => x2 - x1 === 1 && !Number.isInteger(x1));
  const ticks = whole && bins.length <= 12 ? { ticks: bins.map(({ x1 }) => x1 + 0.5), tickFormat: "d" } : { ticks: 5 };
  return chart(
    `${key} ${column}`,
    {
      x: { type: kind === "time" ? "utc" : "linear", label: null, ...ticks },
      y: { label: null, ticks: 4, tickFormat: "~s", grid: true },
      marks: [
        Plot.rectY(bins as Bin[], {
          x1: ({ x1 }: Bin) => at(x1),
          x2: ({ x2 }: Bin) => at(x2),
          y: "n",
          fill: "var(--bar)",
          insetLeft: whole ? 8 / bins.length : 0.5,
          insetRight: whole ? 8 / bins.length : 0.5,
          title: ({ x1, x2, n }: Bin) =>
            `${whole ? text(x1 + 0.5) : `${text(x1)} to ${text(x2)}`}\n${count(n)} rows, ${percent(n, total)}`,
          tip: { fill: "var(--raised)", stroke: "var(--line)" },
        }),
        Plot.ruleX([at(median)], { stroke: "var(--mark)", strokeWidth: 1.5, strokeDasharray: "3,2" }),
        Plot.ruleY([0], { stroke: "var(--line)" }),
      ],
    },
    {
      title: `${column}: from ${text(min)} to ${text(max)}, half of the rows below ${text(median)}`,
      head: ["From", "Rows"],
      rows: bins
        .filter(({ n }) => n > 0)
        .map(({ x1, x2, n }) => [whole ? text(x1 + 0.5) : `${text(x1)} to ${text(x2)}`, count(n)]),
    },
  );
}

const short = (text: string) => (text.length <= 18 ? text : `${text.slice(0, 17)}…`);

function bars({ column, top, others, distinct }: Of<"category">, key: string): HTMLElement {
  const rows = others === 0 ? top : [...top, { value: "all others", n: others }];
  const total = rows.reduce((sum, { n }) => sum + n, 0);
  const named = rows.map(({ value, n }, i) => ({
    value,
    n,
    place: String(i),
    other: value === "all others" && i === top.length,
  }));
  return chart(
    `${key} ${column}`,
    {
      height: Math.max(CHART_HEIGHT, 20 * named.length + 40),
      marginLeft: 118,
      x: { label: null, ticks: 4, tickFormat: "~s", grid: true },
      y: {
        label: null,
        type: "band",
        domain: named.map(({ place }) => place),
        tickFormat: (place: string) => short(named[Number(place)]?.value ?? ""),
        tickSize: 0,
      },
      marks: [
        Plot.barX(named, {
          x: "n",
          y: "place",
          fill: (row: { other: boolean }) => (row.other ? "var(--faint)" : "var(--bar)"),
          insetTop: 1,
          insetBottom: 1,
          title: ({ value, n }: { value: string; n: number }) => `${value}\n${count(n)} rows, ${percent(n, total)}`,
          tip: { fill: "var(--raised)", stroke: "var(--line)" },
        }),
        Plot.ruleX([0], { stroke: "var(--line)" }),
      ],
    },
    {
      title: `${column}: ${count(distinct)} different values, most often ${top[0]?.value ?? ""}`,
      head: ["Value", "Rows"],
      rows: rows.map(({ value, n }) => [value, count(n)]),
    },
  );
}
