// The join's plan: each view in its order, by which keys, from which rows in time, and what the entity rows must have.
import { embargoUs } from "../choices.ts";
import { windowLine } from "../charts/window-line.ts";
import { h } from "../dom.ts";
import { counted, duration, shortHash } from "../format.ts";
import type { PlanFacts, PlannedRead, PlannedStep } from "../session/protocol.ts";
import { fileOf, type State } from "../state.ts";
import { remarkBox } from "./callout.ts";
import { commandLine } from "./command-line.ts";

export function planTab(state: State) {
  const { plan } = state;
  if (plan === null) return emptyPlan(state);
  const embargo = embargoUs(state.options);
  return h(
    "div",
    { class: "plan" },
    needs(plan, state),
    h("h3", {}, counted(plan.reads.length, "view"), plan.reads.length > 1 ? " joined one after another" : " joined"),
    h(
      "ol",
      { class: "reads" },
      plan.reads.map((read) => h("li", { class: "read", id: `read-${read.label}` }, readBox(read, embargo, state))),
    ),
    plan.steps.length === 0
      ? null
      : [h("h3", {}, "Computed on the joined rows"), h("ul", { class: "reads" }, plan.steps.map(stepBox))],
    h(
      "p",
      { class: "quiet" },
      "Definitions ",
      h("code", { title: plan.registry }, shortHash(plan.registry)),
      "; the same ones give the same plan.",
    ),
    commandLine(state),
  );
}

function emptyPlan({ definitions, planProblem }: State) {
  return h(
    "div",
    { class: "empty" },
    h("h2", {}, "A training set without leaks"),
    h(
      "p",
      {},
      "Each of your rows gets the features as they were at its own time: never a value from later, to the microsecond.",
    ),
    h(
      "ol",
      { class: "steps" },
      h("li", { class: definitions ? "done" : "" }, h("strong", {}, "Definitions"), " say what the features are."),
      h("li", {}, h("strong", {}, "Entity rows"), " say who and when; any further columns, such as labels, stay."),
      h("li", {}, h("strong", {}, "Features"), ", and the plan of the join shows here."),
    ),
    planProblem === null
      ? h("p", { class: "quiet" }, "Everything runs in this browser: no file leaves the machine.")
      : null,
  );
}

function needs(plan: PlanFacts, state: State) {
  const file = fileOf(state, state.entities);
  const columns = new Map(file?.facts?.columns.map(({ name, type }) => [name, type]));
  const { entityTime } = state.options;
  const rows = [
    ...(entityTime === "" ? [] : [{ name: entityTime, type: "timestamp", what: "entity time" as const }]),
    ...plan.needs,
  ];
  const line = ({ name, type, what }: (typeof rows)[number]) => {
    const found = columns.get(name);
    const ok = !file?.facts ? "unknown" : found === undefined ? "lacking" : "there";
    const sign = { unknown: "·", lacking: "✗", there: "✓" }[ok];
    return h(
      "li",
      { class: ok },
      h("span", { "aria-hidden": "true", class: "sign" }, sign),
      h("code", {}, name),
      h("span", { class: "type" }, type),
      h(
        "span",
        { class: "quiet" },
        what,
        ok === "lacking"
          ? " – not in the entity rows"
          : ok === "there" && found !== type && file?.facts?.guessed === false
            ? ` – there as ${found ?? "?"}`
            : "",
      ),
    );
  };
  return [h("h3", {}, "What the entity rows need"), h("ul", { class: "needs" }, rows.map(line))];
}

function readBox(read: PlannedRead, embargo: number, state: State) {
  const { label, view, version, kind, fingerprint, source, eventTime, keys, ttlUs, features, columns, select } = read;
  const file = fileOf(state, state.sources[source]);
  const term = (name: string, ...text: (string | Node | null)[]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, ...text));
  const spans = kind === "stored" ? [ttlUs] : features.map(({ windowUs }) => windowUs);
  const done = state.result?.facts.views.find((v) => v.view === label && v.version === version);
  return [
    h(
      "div",
      { class: "read-head" },
      h("h4", {}, label, h("span", { class: "quiet" }, ` v${version}`)),
      label === view ? null : h("span", { class: "tag" }, `of ${view}`),
      h("span", { class: "tag" }, kind),
      h("code", { class: "quiet", title: fingerprint }, shortHash(fingerprint)),
    ),
    eventTime === null
      ? remarkBox("note", h("p", {}, "A reference table: its rows are always valid."))
      : windowLine(spans, embargo),
    h(
      "dl",
      { class: "terms" },
      term(
        "By",
        keys.length === 0 ? "no key: every row gets the same" : null,
        ...keys.flatMap(({ key, column, type }, i) => [
          i > 0 ? ", " : "",
          h("code", {}, key === column ? key : `${key} ← ${column}`),
          ` ${type}`,
        ]),
      ),
      term(
        "From",
        h("code", {}, source),
        ` ${file === undefined ? "(no file yet)" : file.name}, ${columns === null ? "all columns" : counted(columns.length, "column")}`,
      ),
      select === null ? null : term("Query", h("code", {}, select)),
      eventTime === null
        ? null
        : term(
            "Time",
            h("code", {}, eventTime),
            kind === "aggregated" ? "" : ttlUs === null ? ", valid for ever" : `, valid for ${duration(ttlUs)}`,
          ),
    ),
    h(
      "ul",
      { class: "outputs" },
      features.map(({ name, type, how }) =>
        h(
          "li",
          {},
          h("span", {}, name),
          h("span", { class: "type" }, type),
          how === null ? null : h("code", { class: "quiet" }, how),
        ),
      ),
    ),
    done === undefined
      ? null
      : h(
          "p",
          { class: "done-line" },
          `Found for ${counted(done.matched, "row")} among ${counted(done.candidates, "source row")} in ${done.seconds.toFixed(2)} s`,
        ),
  ];
}

function stepBox({ label, version, features }: PlannedStep) {
  return h(
    "li",
    { class: "read" },
    h(
      "div",
      { class: "read-head" },
      h("h4", {}, label, h("span", { class: "quiet" }, ` v${version}`)),
      h("span", { class: "tag" }, "on demand"),
    ),
    h(
      "ul",
      { class: "outputs" },
      features.map(({ name, type, expression }) =>
        h(
          "li",
          {},
          h("span", {}, name),
          h("span", { class: "type" }, type),
          h("code", { class: "quiet" }, expression ?? "by its TypeScript transform"),
        ),
      ),
    ),
  );
}
