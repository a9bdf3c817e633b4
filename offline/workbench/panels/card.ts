// A numbered step of the page's left side: a region with its heading.
import { type Child, h } from "../dom.ts";

/** Returns a step; `done` marks it as finished, and `summary` says in few words what was chosen. */
export function card(
  { id, number, title, done, summary }: { id: string; number: number; title: string; done: boolean; summary?: Child },
  ...children: readonly Child[]
): HTMLElement {
  return h(
    "section",
    { id, class: "card", "aria-labelledby": `${id}-title` },
    h(
      "header",
      {},
      h("span", { class: done ? "step done" : "step", "aria-hidden": "true" }, done ? "✓" : number),
      h("h2", { id: `${id}-title` }, title, done ? h("span", { class: "hidden" }, " (done)") : null),
      summary === undefined ? null : h("span", { class: "summary" }, summary),
    ),
    h("div", { class: "body" }, children),
  );
}
