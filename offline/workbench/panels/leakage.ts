// Leakage: the audit of the training set that was built here, and of any other that is dropped.
import type { Actions } from "../actions.ts";
import { h } from "../dom.ts";
import type { Result, State } from "../state.ts";
import { fileAudit } from "./audit-file.ts";
import { auditReport } from "./audit-report.ts";
import { problemBox } from "./callout.ts";
import { choice } from "./choice.ts";

export function leakageTab(state: State, actions: Actions) {
  const { result } = state;
  return [result === null ? null : ownAudit(result, actions), fileAudit(state, actions, result !== null)];
}

function ownAudit({ audit, label, facts, problem }: Result, actions: Actions) {
  const columns = facts.columns.filter(({ role }) => role === "entity");
  const names = columns.map(({ name }) => name);
  const times = columns.filter(({ type }) => type === "timestamp").map(({ name }) => name);
  return h(
    "section",
    { class: "audit", "aria-label": "Leakage audit of this training set" },
    h(
      "div",
      { class: "grid narrow" },
      choice({ id: "label-column", title: "Label", none: "none", value: label.column, names }, (column) =>
        actions.setLabel({ ...label, column }),
      ),
      label.column === null
        ? null
        : choice(
            {
              id: "label-time",
              title: "When it became known",
              none: "not in the file",
              value: label.time,
              names: times,
            },
            (time) => actions.setLabel({ ...label, time }),
          ),
    ),
    problemBox(problem),
    audit === null && problem === null ? h("p", { class: "quiet" }, "Checking every value's time…") : null,
    audit === null ? null : auditReport(audit),
  );
}
