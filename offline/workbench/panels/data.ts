// Step 2: the files: entity rows, one a source, and what is kept of them in this browser.
import type { Actions } from "../actions.ts";
import { type Child, h } from "../dom.ts";
import { bytes, counted } from "../format.ts";
import { type DataFile, fileOf, listedSources, neededSources, type State } from "../state.ts";
import { problemBox } from "./callout.ts";
import { card } from "./card.ts";
import { dropTarget, dropZone, fileButton } from "./drop-zone.ts";

const MAX_COLUMNS = 500;

export function dataPanel(state: State, actions: Actions): HTMLElement {
  const sources = listedSources(state);
  const needed = neededSources(state);
  const missing = needed.filter((source) => fileOf(state, state.sources[source]) === undefined);
  const entities = fileOf(state, state.entities);
  const columns = new Set(entities?.facts?.columns.map(({ name }) => name));
  const used = new Set([state.entities, ...Object.values(state.sources)]);
  const others = state.files.filter(({ id }) => !used.has(id));
  return card(
    {
      id: "data",
      number: 2,
      title: "Data",
      done: missing.length === 0 && (state.plan?.needs.every(({ name }) => columns.has(name)) ?? false),
      summary: state.keptBytes > 0 ? `${bytes(state.keptBytes)} kept here` : undefined,
    },
    slot({
      id: "entities",
      title: "Entity rows",
      note: "who and when, labels",
      needed: true,
      file: entities,
      choices: state.files,
      onChoose: actions.chooseEntities,
      onFiles: (files) => void actions.addFiles(files, { entities: true }),
      actions,
    }),
    sources.map(({ name, path }) =>
      slot({
        id: `source-${name}`,
        title: name,
        note: path,
        needed: needed.includes(name),
        file: fileOf(state, state.sources[name]),
        choices: state.files,
        onChoose: (id) => actions.chooseSource(name, id),
        onFiles: (files) => void actions.addFiles(files, { source: name }),
        actions,
      }),
    ),
    others.length === 0
      ? null
      : h(
          "ul",
          { class: "files", "aria-label": "Other files" },
          others.map((file) => h("li", {}, fileLine(file, actions))),
        ),
    sources.length > 0
      ? null
      : dropZone(
          { id: "files", label: "Choose feature files", onFiles: (files) => void actions.addFiles(files, {}) },
          h("p", {}, "Drop feature files here"),
          h("p", { class: "quiet" }, "Parquet, CSV, Arrow or JSON lines"),
        ),
    keeping(state, actions),
  );
}

interface Slot {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly needed: boolean;
  readonly file: DataFile | undefined;
  readonly choices: readonly DataFile[];
  onChoose(id: string | null): void;
  onFiles(files: readonly File[]): void;
  readonly actions: Actions;
}

/** A place that one file goes to: dropped on it, chosen, or taken from those that are here. */
function slot({ id, title, note, needed, file, choices, onChoose, onFiles, actions }: Slot): HTMLElement {
  const others = choices.filter((choice) => choice.id !== file?.id);
  const choose = (label: string) => fileButton({ id: `choose-${id}`, label, onFiles }, `${label} for ${title}`);
  const take =
    others.length === 0
      ? null
      : h(
          "select",
          {
            id: `take-${id}`,
            "aria-label": `${title}: one of the files that are here`,
            value: "",
            onchange: (event: Event) => onChoose((event.currentTarget as HTMLSelectElement).value || null),
          },
          h("option", { value: "" }, file === undefined ? "or take one of these" : "or use another that is here"),
          others.map((choice) => h("option", { value: choice.id }, choice.name)),
        );
  return h(
    "div",
    {
      class: file === undefined ? "slot" : "slot filled",
      id: `slot-${id}`,
      role: "group",
      "aria-label": title,
      ...dropTarget(onFiles),
    },
    h(
      "div",
      { class: "slot-head" },
      h("span", { class: "slot-title" }, title),
      file?.name === note ? null : h("span", { class: "quiet cut", title: note }, note),
      file === undefined && !needed ? h("span", { class: "tag" }, "not needed") : null,
    ),
    file === undefined
      ? h(
          "div",
          { class: "slot-empty" },
          choose("Choose a file"),
          h("span", { class: "quiet" }, "or drop it here"),
          take,
        )
      : null,
    file === undefined ? null : fileLine(file, actions, h("div", { class: "slot-empty" }, choose("Replace"), take)),
  );
}

/** A file: its name and size, and on demand its columns and what else can be done with it. */
function fileLine(file: DataFile, actions: Actions, more: Child = null): HTMLElement {
  const { id, name, size, facts, problem, data } = file;
  const rows = facts?.rows ?? null;
  return h(
    "div",
    { class: "file", id: `file-${id}` },
    h(
      "div",
      { class: "file-head" },
      h("strong", { class: "cut", title: name }, name),
      h("span", { class: "quiet" }, bytes(size)),
      rows === null ? null : h("span", { class: "quiet" }, counted(rows, "row")),
      facts === null && problem === null ? h("span", { class: "quiet" }, "reading…") : null,
      data instanceof Blob
        ? h(
            "button",
            {
              type: "button",
              class: "icon",
              id: `remove-${id}`,
              "aria-label": `Remove ${name}`,
              onclick: () => void actions.removeFile(id),
            },
            "×",
          )
        : null,
    ),
    problemBox(problem),
    facts === null
      ? more
      : h(
          "details",
          {},
          h("summary", {}, counted(facts.columns.length, "column"), more === null ? "" : ", replace"),
          more,
          h(
            "ul",
            { class: "columns-list" },
            facts.columns
              .slice(0, MAX_COLUMNS)
              .map((column) =>
                h("li", {}, h("span", {}, column.name), h("span", { class: "type" }, column.type ?? "?")),
              ),
          ),
          facts.columns.length > MAX_COLUMNS
            ? h("p", { class: "quiet" }, `and ${facts.columns.length - MAX_COLUMNS} more`)
            : null,
        ),
  );
}

function keeping(state: State, actions: Actions) {
  return h(
    "div",
    { class: "keeping" },
    h(
      "label",
      { class: "check" },
      h("input", {
        id: "keep",
        type: "checkbox",
        checked: state.keep,
        onchange: (event: Event) => void actions.setKeep((event.currentTarget as HTMLInputElement).checked),
      }),
      h("span", {}, "Keep dropped files in this browser"),
    ),
    state.keptBytes === 0
      ? null
      : h(
          "button",
          { type: "button", id: "forget", class: "link", onclick: () => void actions.forget() },
          `Forget ${bytes(state.keptBytes)}`,
        ),
    problemBox(state.keepProblem),
  );
}
