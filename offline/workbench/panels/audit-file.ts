// The audit of a training set that was made elsewhere: which file, which columns, and whether values are computed anew.
import type { Actions } from "../actions.ts";
import { h } from "../dom.ts";
import { fileOf, type State } from "../state.ts";
import { auditReport } from "./audit-report.ts";
import { problemBox } from "./callout.ts";
import { choice } from "./choice.ts";
import { dropTarget, fileButton } from "./drop-zone.ts";

export function fileAudit(state: State, actions: Actions, folded: boolean): HTMLElement {
  const { fileAudit: audit, files, plan } = state;
  const file = fileOf(state, audit.file);
  const columns = file?.facts?.columns ?? [];
  const names = columns.map(({ name }) => name);
  const times = columns.filter(({ type }) => type === "timestamp").map(({ name }) => name);
  const onFiles = (dropped: readonly File[]) => void actions.dropFileAudit(dropped);
  const body = [
    h(
      "p",
      { class: "quiet" },
      "Made by whatever tool. Event times of its values are looked for in columns called <feature>__event_time.",
    ),
    h(
      "div",
      { class: "slot", ...dropTarget(onFiles) },
      h(
        "div",
        { class: "slot-empty" },
        fileButton({ id: "audit-choose", label: "Choose a training set", onFiles }),
        h("span", { class: "quiet" }, "or drop it here"),
        files.length === 0
          ? null
          : h(
              "select",
              {
                id: "audit-file",
                "aria-label": "The training set to audit",
                value: audit.file ?? "",
                onchange: (event: Event) =>
                  actions.chooseFileAudit((event.currentTarget as HTMLSelectElement).value || null),
              },
              h("option", { value: "" }, "or take one of these"),
              files.map(({ id, name }) => h("option", { value: id }, name)),
            ),
      ),
      problemBox(file?.problem ?? null),
    ),
    !file?.facts
      ? null
      : h(
          "div",
          { class: "grid narrow" },
          choice(
            {
              id: "audit-time",
              title: "Entity time",
              none: "choose a column",
              value: audit.entityTime,
              names: times.length === 0 ? names : times,
            },
            (name) => actions.setFileAudit({ entityTime: name ?? "" }),
          ),
          choice({ id: "audit-label", title: "Label", none: "none", value: audit.label, names }, (label) =>
            actions.setFileAudit({ label }),
          ),
          audit.label === null
            ? null
            : choice(
                {
                  id: "audit-label-time",
                  title: "When it became known",
                  none: "not in the file",
                  value: audit.labelTime,
                  names: times,
                },
                (labelTime) => actions.setFileAudit({ labelTime }),
              ),
        ),
    plan === null || !file?.facts
      ? null
      : h(
          "label",
          { class: "check" },
          h("input", {
            id: "audit-compare",
            type: "checkbox",
            checked: audit.compare,
            onchange: (event: Event) =>
              actions.setFileAudit({ compare: (event.currentTarget as HTMLInputElement).checked }),
          }),
          h(
            "span",
            {},
            "Compute the chosen features anew and compare ",
            h("span", { class: "quiet" }, "– finds leaks without event times"),
          ),
        ),
    !file?.facts
      ? null
      : h(
          "p",
          {},
          h(
            "button",
            {
              type: "button",
              id: "audit-run",
              class: "primary",
              disabled: audit.entityTime === "" || audit.running,
              onclick: () => void actions.runFileAudit(),
            },
            audit.running ? "Auditing…" : "Audit it",
          ),
        ),
    problemBox(audit.problem),
    audit.report === null ? null : auditReport(audit.report),
  ];
  if (!folded)
    return h(
      "section",
      { class: "audit", "aria-label": "Leakage audit of a file" },
      h("h3", {}, "Audit a training set from elsewhere"),
      body,
    );
  return h(
    "details",
    { class: "audit other" },
    h("summary", {}, "Audit a training set from elsewhere"),
    h("div", { class: "audit" }, body),
  );
}
