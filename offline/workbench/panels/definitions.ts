// Step 1: where the definitions come from, and what is in them.
import type { Actions } from "../actions.ts";
import { h } from "../dom.ts";
import { counted, shortHash } from "../format.ts";
import type { Definitions, State } from "../state.ts";
import { problemBox, remarkBox } from "./callout.ts";
import { card } from "./card.ts";
import { viewForm } from "./view-form.ts";

const FROM: Record<Definitions["from"], string> = {
  repo: "from this folder's definitions",
  worker: "from the Worker's registry",
  file: "from a saved registry",
  form: "described here",
};

export function definitionsPanel(state: State, actions: Actions): HTMLElement {
  const { definitions } = state;
  return card(
    {
      id: "definitions",
      number: 1,
      title: "Definitions",
      done: Boolean(definitions),
      summary: definitions ? FROM[definitions.from] : undefined,
    },
    definitions === undefined ? h("p", { class: "quiet" }, "Looking for definitions…") : null,
    problemBox(state.definitionsProblem),
    state.wantsToken ? tokenForm(actions) : null,
    definitions ? known(definitions, actions) : null,
    definitions === null ? unknown(state, actions) : null,
  );
}

function known({ snapshot, registry, from, code }: Definitions, actions: Actions) {
  const views = Object.keys(snapshot.views).length;
  const services = Object.keys(snapshot.services).length;
  return [
    h(
      "p",
      { class: "facts" },
      h("strong", {}, snapshot.project),
      h("span", {}, snapshot.environment),
      h("span", {}, counted(views, "view")),
      services > 0 ? h("span", {}, counted(services, "service")) : null,
      from === "form" ? null : h("code", { title: registry }, shortHash(registry)),
    ),
    code === null
      ? null
      : h(
          "details",
          { class: "code-view" },
          h("summary", {}, "As TypeScript, for features.ts"),
          h("pre", { tabindex: 0 }, code),
        ),
    h(
      "p",
      {},
      h(
        "button",
        { type: "button", id: "other-definitions", class: "link", onclick: () => actions.leaveDefinitions() },
        from === "form" ? "Change the view" : "Describe a view instead",
      ),
    ),
  ];
}

function tokenForm(actions: Actions) {
  return h(
    "form",
    {
      onsubmit(event: SubmitEvent) {
        event.preventDefault();
        void actions.fetchRegistry((document.querySelector("#token") as HTMLInputElement).value.trim());
      },
    },
    h("label", { for: "token" }, "This server wants a token to read its registry"),
    h(
      "div",
      { class: "row" },
      h("input", { id: "token", type: "password", autocomplete: "off", required: true }),
      h("button", { type: "submit" }, "Read"),
    ),
    h("p", { class: "quiet" }, "It is sent to this server alone, and not kept."),
  );
}

function unknown(state: State, actions: Actions) {
  const back = { repo: "Back to the folder's definitions", worker: "Back to the Worker's registry", local: null }[
    state.host
  ];
  return [
    state.form === null && state.files.length === 0
      ? remarkBox(
          "note",
          h(
            "p",
            {},
            "Drop a file with feature values below: a form for its columns opens here. Or drop a registry saved from ",
            h("code", {}, "GET /v1/registry"),
            ".",
          ),
        )
      : viewForm(state, actions),
    back === null
      ? null
      : h(
          "p",
          {},
          h(
            "button",
            { type: "button", id: "back-to-definitions", class: "link", onclick: () => void actions.loadDefinitions() },
            back,
          ),
        ),
  ];
}
