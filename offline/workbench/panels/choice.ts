// A labelled choice of one name among some, or of none.
import { h } from "../dom.ts";

export interface Choice {
  readonly id: string;
  readonly title: string;
  /** What stands for none. */
  readonly none: string;
  readonly value: string | null;
  readonly names: readonly string[];
}

export function choice(
  { id, title, none, value, names }: Choice,
  onChoose: (name: string | null) => void,
): HTMLElement {
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, title),
    h(
      "select",
      {
        id,
        value: value ?? "",
        onchange: (event: Event) => onChoose((event.currentTarget as HTMLSelectElement).value || null),
      },
      h("option", { value: "" }, none),
      names.map((name) => h("option", { value: name }, name)),
    ),
  );
}
