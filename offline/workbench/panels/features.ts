// Step 3: a service, or features one by one.
import type { Actions } from "../actions.ts";
import { h } from "../dom.ts";
import { counted } from "../format.ts";
import type { Definitions, State } from "../state.ts";
import { problemBox } from "./callout.ts";
import { card } from "./card.ts";

/** More boxes than anyone would go through; the filter finds the others. */
const MAX_SHOWN = 400;

export function featuresPanel(state: State, actions: Actions): HTMLElement {
  const { definitions, features, plan } = state;
  const summary = plan === null ? undefined : counted(plan.outputs.length, "feature");
  return card(
    { id: "features", number: 3, title: "Features", done: plan !== null, summary },
    !definitions
      ? h("p", { class: "quiet" }, "Definitions come first.")
      : [
          serviceChoice(definitions, state, actions),
          features.service === null ? picker(definitions, state, actions) : null,
        ],
    problemBox(state.planProblem),
  );
}

function serviceChoice({ snapshot }: Definitions, { features }: State, actions: Actions) {
  const services = Object.entries(snapshot.services);
  if (services.length === 0) return null;
  const option = (id: string, name: string | null, title: string, note: string) =>
    h(
      "label",
      { class: "choice" },
      h("input", {
        id,
        type: "radio",
        name: "service",
        checked: features.service === name,
        onchange: () => actions.chooseService(name),
      }),
      h("span", {}, h("strong", { class: "cut" }, title), h("span", { class: "quiet" }, note)),
    );
  return h(
    "fieldset",
    { class: "choices" },
    h("legend", {}, "Feature service"),
    services.map(([name, { features: parts, description }]) =>
      option(
        `service-${name}`,
        name,
        name,
        description ??
          `${counted(
            parts.reduce((n, part) => n + part.features.length, 0),
            "feature",
          )} of ${counted(parts.length, "view")}`,
      ),
    ),
    option("service-none", null, "Pick features", "one by one, from any view"),
  );
}

function picker({ snapshot }: Definitions, { features, filter }: State, actions: Actions) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const picked = new Set(features.picked);
  const groups = Object.entries(snapshot.views).flatMap(([view, { active, versions }]) => {
    const spec = versions[String(active)]?.spec;
    const found = (spec?.features ?? []).filter(({ name }) =>
      words.every((word) => `${view}:${name}`.toLowerCase().includes(word)),
    );
    return spec === undefined || found.length === 0 ? [] : [{ view, kind: spec.kind, found }];
  });
  let room = MAX_SHOWN;
  const total = groups.reduce((n, { found }) => n + found.length, 0);
  return h(
    "div",
    { class: "picker" },
    h("input", {
      id: "filter",
      type: "search",
      value: filter,
      placeholder: "Filter features",
      "aria-label": "Filter features",
      autocomplete: "off",
      oninput: (event: Event) => actions.setFilter((event.currentTarget as HTMLInputElement).value),
    }),
    groups.map(({ view, kind, found }) => {
      const shown = found.slice(0, Math.max(0, room));
      room -= shown.length;
      const references = found.map(({ name }) => `${view}:${name}`);
      const chosen = references.filter((reference) => picked.has(reference)).length;
      if (shown.length === 0) return null;
      return h(
        "fieldset",
        { class: "view", id: `view-${view}` },
        h(
          "legend",
          {},
          h(
            "label",
            { class: "check" },
            h("input", {
              type: "checkbox",
              id: `all-${view}`,
              checked: chosen === references.length,
              indeterminate: chosen > 0 && chosen < references.length,
              onchange: (event: Event) => actions.pick(references, (event.currentTarget as HTMLInputElement).checked),
            }),
            h("strong", { class: "cut" }, view),
          ),
          h("span", { class: "tag" }, kind === "onDemand" ? "on demand" : kind),
        ),
        shown.map(({ name, type }) =>
          h(
            "label",
            { class: "check feature" },
            h("input", {
              type: "checkbox",
              id: `pick-${view}:${name}`,
              checked: picked.has(`${view}:${name}`),
              onchange: (event: Event) =>
                actions.pick([`${view}:${name}`], (event.currentTarget as HTMLInputElement).checked),
            }),
            h("span", { class: "cut" }, name),
            h("span", { class: "type" }, type),
          ),
        ),
      );
    }),
    total === 0 ? h("p", { class: "quiet" }, "No feature matches.") : null,
    total > MAX_SHOWN ? h("p", { class: "quiet" }, `${total - MAX_SHOWN} more: filter to find them`) : null,
  );
}
