// Where a view's values come from in time: the entity time at the right, back to what a TTL or the longest window allows.
import type { Us } from "../../../sdk/time.ts";
import { h, svg } from "../dom.ts";
import { duration } from "../format.ts";

const RIGHT = 96;
const LEFT = 2;

/** Returns a drawing of the spans; null is one without a bound. The embargo is the gap before the entity time. */
export function windowLine(spans: readonly (Us | null)[], embargoUs: Us): HTMLElement {
  const gap = embargoUs > 0 ? 12 : 0;
  const until = RIGHT - gap;
  const longest = Math.max(...spans.map((span) => span ?? 0), 1);
  const bounded = spans.every((span) => span !== null);
  const from = bounded ? LEFT + 10 : LEFT;
  const unique = [...new Set(spans)].sort((a, b) => (b ?? Infinity) - (a ?? Infinity)).slice(0, 4);
  const bars = unique.map((span, i) => {
    const share = span === null ? 1 : Math.max(0.08, Math.log1p((9 * span) / longest) / Math.log(10));
    const start = until - (until - from) * share;
    return svg("rect", {
      x: `${start}%`,
      y: 8 + i * 3,
      width: `${until - start}%`,
      height: 12 - i * 3 > 3 ? 12 - i * 3 : 3,
      rx: 2,
      class: `span s${i}`,
    });
  });
  const words = [
    bounded ? `back to ${unique.map((span) => duration(span as Us)).join(", ")}` : "back to the first row",
    embargoUs > 0 ? `up to ${duration(embargoUs)} before the entity time` : "up to the entity time, inclusive",
  ].join(", ");
  return h(
    "div",
    { class: "window-line" },
    svg(
      "svg",
      { width: "100%", height: 28, role: "img", "aria-label": `Values come from ${words}` },
      svg("line", { x1: "0%", x2: "100%", y1: 24, y2: 24, class: "axis" }),
      ...bars,
      svg("line", { x1: `${RIGHT}%`, x2: `${RIGHT}%`, y1: 2, y2: 26, class: "now" }),
    ),
    h("p", { class: "quiet" }, words),
  );
}
