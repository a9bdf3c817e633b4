// The form that makes a stored view of a file's columns: its key, its time, its features.
import type { Actions } from "../actions.ts";
import { formFor } from "../choices.ts";
import { h } from "../dom.ts";
import type { OwnView } from "../session/own-view.ts";
import type { FileColumn } from "../session/protocol.ts";
import type { State } from "../state.ts";
import { problemBox } from "./callout.ts";

const TYPES = ["string", "int64", "int32", "float64", "float32", "bool", "timestamp"];

export function viewForm(state: State, actions: Actions): HTMLElement {
  const files = state.files.filter(({ id, facts }) => facts !== null && id !== state.entities);
  const { form } = state;
  const file = files.find(({ name }) => name === form?.file);
  const choose = (name: string) => {
    const chosen = files.find((f) => f.name === name);
    if (chosen?.facts) actions.editForm(formFor(chosen, chosen.facts.columns));
  };
  return h(
    "form",
    {
      id: "view-form",
      onsubmit(event: SubmitEvent) {
        event.preventDefault();
        void actions.applyForm();
      },
    },
    h("p", { class: "quiet" }, "Say what one row of the feature file is, and it becomes a view."),
    h(
      "div",
      { class: "field" },
      h("label", { for: "form-file" }, "Feature file"),
      h(
        "select",
        {
          id: "form-file",
          value: file?.name ?? "",
          onchange: (event: Event) => choose((event.currentTarget as HTMLSelectElement).value),
        },
        h("option", { value: "" }, files.length === 0 ? "Drop one below" : "Choose a file"),
        files.map(({ name }) => h("option", { value: name }, name)),
      ),
    ),
    form === null || !file?.facts ? null : columnsForm(form, file.facts.columns, file.facts.guessed, actions),
    problemBox(state.formProblem),
    form === null || file === undefined
      ? null
      : h("p", {}, h("button", { type: "submit", id: "use-view", class: "primary" }, "Use this view")),
  );
}

function columnsForm(form: OwnView, columns: readonly FileColumn[], guessed: boolean, actions: Actions) {
  const edit = (change: Partial<OwnView>) => actions.editForm({ ...form, ...change });
  const typed = columns.filter((column): column is { name: string; type: string } => column.type !== null);
  const times = typed.filter(({ type }) => type === "timestamp").map(({ name }) => name);
  const text = (id: "view" | "ttl", label: string, hint: string) =>
    h(
      "div",
      { class: "field" },
      h("label", { for: `form-${id}` }, label),
      h("input", {
        id: `form-${id}`,
        value: form[id],
        placeholder: hint,
        autocomplete: "off",
        spellcheck: "false",
        oninput: (event: Event) => edit({ [id]: (event.currentTarget as HTMLInputElement).value }),
      }),
    );
  const time = (id: "eventTime" | "createdTime", label: string, none: string) =>
    h(
      "div",
      { class: "field" },
      h("label", { for: `form-${id}` }, label),
      h(
        "select",
        {
          id: `form-${id}`,
          value: form[id] ?? "",
          onchange: (event: Event) => edit({ [id]: (event.currentTarget as HTMLSelectElement).value || null }),
        },
        h("option", { value: "" }, none),
        times.map((name) => h("option", { value: name }, name)),
      ),
    );
  return [
    h("div", { class: "grid" }, text("view", "View", "a name"), text("ttl", "Valid for (TTL)", "for ever, or 6h, 7d")),
    h(
      "div",
      { class: "grid" },
      time("eventTime", "Event time", "none: always valid"),
      time("createdTime", "Created time", "none"),
    ),
    h("fieldset", { class: "columns" }, h("legend", {}, "Columns"), columnTable(form, typed, guessed, edit)),
  ];
}

type Role = "key" | "feature" | "none";

function columnTable(
  form: OwnView,
  columns: readonly { name: string; type: string }[],
  guessed: boolean,
  edit: (change: Partial<OwnView>) => void,
) {
  const { keys, features, eventTime, createdTime } = form;
  const without = (list: OwnView["keys"], name: string) => list.filter((column) => column.name !== name);
  const set = (column: { name: string; type: string }, role: Role) =>
    edit({
      keys: role === "key" ? [...without(keys, column.name), column] : without(keys, column.name),
      features: role === "feature" ? [...without(features, column.name), column] : without(features, column.name),
    });
  const retype = (name: string, type: string) => {
    const change = (list: OwnView["keys"]) => list.map((column) => (column.name === name ? { name, type } : column));
    edit({ keys: change(keys), features: change(features) });
  };
  return columns
    .filter(({ name }) => name !== eventTime && name !== createdTime)
    .map((column) => {
      const { name } = column;
      const used = keys.find((key) => key.name === name) ?? features.find((feature) => feature.name === name);
      const role: Role = keys.some((key) => key.name === name) ? "key" : used === undefined ? "none" : "feature";
      const id = `form-column-${name}`;
      return h(
        "div",
        { class: "column" },
        h("label", { for: id }, name),
        guessed && used !== undefined
          ? h(
              "select",
              {
                "aria-label": `type of ${name}`,
                value: used.type,
                onchange: (event: Event) => retype(name, (event.currentTarget as HTMLSelectElement).value),
              },
              TYPES.map((type) => h("option", { value: type }, type)),
            )
          : h("span", { class: "type" }, column.type),
        h(
          "select",
          {
            id,
            value: role,
            onchange: (event: Event) => set(used ?? column, (event.currentTarget as HTMLSelectElement).value as Role),
          },
          h("option", { value: "key" }, "key"),
          h("option", { value: "feature" }, "feature"),
          h("option", { value: "none" }, "leave out"),
        ),
      );
    });
}
