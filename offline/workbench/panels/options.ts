// Step 4: which time counts, how early values must have been known, how columns are called.
import type { Actions } from "../actions.ts";
import { embargoProblem } from "../choices.ts";
import { h } from "../dom.ts";
import { fileOf, type State } from "../state.ts";
import { card } from "./card.ts";

export function optionsPanel(state: State, actions: Actions): HTMLElement {
  const { options } = state;
  const columns = fileOf(state, state.entities)?.facts?.columns ?? [];
  const times = columns.filter(({ type }) => type === "timestamp").map(({ name }) => name);
  const problem = embargoProblem(options.embargo);
  return card(
    { id: "options", number: 4, title: "Options", done: options.entityTime !== "" && problem === null },
    h(
      "div",
      { class: "field" },
      h("label", { for: "entity-time" }, "Entity time"),
      h(
        "select",
        {
          id: "entity-time",
          value: options.entityTime,
          "aria-describedby": "entity-time-note",
          onchange: (event: Event) =>
            actions.setOption({ entityTime: (event.currentTarget as HTMLSelectElement).value }),
        },
        h("option", { value: "" }, columns.length === 0 ? "choose entity rows first" : "choose a column"),
        [...new Set([...times, ...(options.entityTime === "" ? [] : [options.entityTime])])].map((name) =>
          h("option", { value: name }, name),
        ),
      ),
      h("p", { class: "quiet", id: "entity-time-note" }, "Each row gets the values as they were then."),
    ),
    h(
      "div",
      { class: "grid" },
      h(
        "div",
        { class: "field" },
        h("label", { for: "embargo" }, "Embargo"),
        h("input", {
          id: "embargo",
          value: options.embargo,
          placeholder: "none, or 1h",
          autocomplete: "off",
          spellcheck: "false",
          "aria-invalid": problem === null ? null : "true",
          "aria-describedby": "embargo-note",
          oninput: (event: Event) => actions.setOption({ embargo: (event.currentTarget as HTMLInputElement).value }),
        }),
        h(
          "p",
          { class: problem === null ? "quiet" : "wrong", id: "embargo-note" },
          problem ?? "Known that much earlier.",
        ),
      ),
      h(
        "div",
        { class: "field" },
        h("label", { for: "as-known-at" }, "As known at"),
        h(
          "select",
          {
            id: "as-known-at",
            value: options.asKnownAt,
            "aria-describedby": "as-known-note",
            onchange: (event: Event) =>
              actions.setOption({ asKnownAt: (event.currentTarget as HTMLSelectElement).value }),
          },
          h("option", { value: "off" }, "any time"),
          h("option", { value: "row" }, "the row's time"),
          times.map((name) => h("option", { value: `column:${name}` }, `the time in ${name}`)),
        ),
        h("p", { class: "quiet", id: "as-known-note" }, "By the created time."),
      ),
    ),
    check("full-names", "Full names", "view__feature", options.fullNames, (fullNames) =>
      actions.setOption({ fullNames }),
    ),
    check(
      "set-aside",
      "Set bad rows aside",
      "instead of failing at a time that is none",
      options.setAside,
      (setAside) => actions.setOption({ setAside }),
    ),
    check("provenance", "Provenance columns", "the event time of each value", options.provenance, (provenance) =>
      actions.setOption({ provenance }),
    ),
  );
}

function check(id: string, label: string, note: string, checked: boolean, set: (on: boolean) => void) {
  return h(
    "label",
    { class: "check" },
    h("input", {
      id,
      type: "checkbox",
      checked,
      onchange: (event: Event) => set((event.currentTarget as HTMLInputElement).checked),
    }),
    h("span", {}, label, h("span", { class: "quiet" }, ` – ${note}`)),
  );
}
