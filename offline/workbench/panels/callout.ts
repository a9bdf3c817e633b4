// What went wrong or is worth knowing, as a box: what, where, and what to do.
import { type Child, h } from "../dom.ts";
import type { Problem } from "../problem.ts";

/** Begins a sentence with a capital, but not a name: "empty.csv is empty" stays. */
const sentence = (text: string) =>
  text.replace(/^[a-z]+(?=[ ,:])/, (word) => word.slice(0, 1).toUpperCase() + word.slice(1));

/** Returns a problem's box; null for none. */
export function problemBox(problem: Problem | null, ...more: readonly Child[]): HTMLElement | null {
  if (problem === null) return null;
  const { message, hint, code } = problem;
  return h(
    "div",
    { class: "callout bad", role: "alert" },
    h("p", {}, h("strong", {}, `${sentence(message)}.`)),
    hint === undefined ? null : h("p", {}, `${sentence(hint)}.`),
    h("p", { class: "code" }, code),
    more,
  );
}

export function remarkBox(tone: "note" | "good" | "warn" | "bad", ...children: readonly Child[]): HTMLElement {
  return h("div", { class: `callout ${tone}` }, children);
}
