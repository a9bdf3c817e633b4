// The ages of a view's values drawn: entity time − event time, with the TTL and the embargo as lines.
import * as Plot from "@observablehq/plot";
import { US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_SECOND, type Us } from "../../../sdk/time.ts";
import { count, duration, percent } from "../format.ts";
import type { Ages } from "../session/protocol.ts";
import { chart } from "./chart.ts";

type AgeBin = Ages["bins"][number];

const UNITS: readonly (readonly [size: Us, name: string])[] = [
  [US_PER_DAY, "days"],
  [US_PER_HOUR, "hours"],
  [US_PER_MINUTE, "minutes"],
  [US_PER_SECOND, "seconds"],
  [US_PER_MS, "ms"],
];

/** Returns the chart of a view's ages; null where no row has a value. */
export function ageChart(
  { view, features, bins, ttlUs, medianUs, maxUs, p95Us }: Ages,
  embargoUs: Us,
  key: string,
): HTMLElement | null {
  const last = bins.at(-1);
  const first = bins[0];
  if (last === undefined || first === undefined) return null;
  const span = Math.max(last.x2, -first.x1);
  const [size, unit] = UNITS.find(([us]) => span >= 2 * us) ?? [1, "µs"];
  const total = bins.reduce((sum, { n }) => sum + n, 0);
  const line = (us: Us | null, stroke: string) =>
    us === null || us <= 0 || us > span * 1.5
      ? []
      : [Plot.ruleX([us / size], { stroke, strokeWidth: 1.5, strokeDasharray: "4,3" })];
  return chart(
    `${key} ${view} ${features.join()}`,
    {
      x: { label: `age in ${unit} →`, ticks: 6 },
      marginBottom: 36,
      y: { label: null, ticks: 4, tickFormat: "~s", grid: true },
      marks: [
        Plot.rectY(bins as AgeBin[], {
          x1: ({ x1 }: AgeBin) => x1 / size,
          x2: ({ x2 }: AgeBin) => x2 / size,
          y: "n",
          fill: ({ x1 }: AgeBin) => (x1 < 0 ? "var(--bad)" : "var(--bar)"),
          insetLeft: 0.5,
          insetRight: 0.5,
          title: ({ x1, x2, n }: AgeBin) =>
            `${duration(x1)} to ${duration(x2)}\n${count(n)} rows, ${percent(n, total)}`,
          tip: { fill: "var(--raised)", stroke: "var(--line)" },
        }),
        ...line(ttlUs, "var(--bad)"),
        ...line(embargoUs, "var(--mark)"),
        Plot.ruleY([0], { stroke: "var(--line)" }),
      ],
    },
    {
      title: `Ages of ${view}: half of the values younger than ${duration(medianUs)}, 95% younger than ${duration(p95Us)}, the oldest ${duration(maxUs)}`,
      head: ["Age", "Rows"],
      rows: bins.filter(({ n }) => n > 0).map(({ x1, x2, n }) => [`${duration(x1)} to ${duration(x2)}`, count(n)]),
    },
  );
}
