// The bar that builds: what is still missing, how far it has come, and Cancel.
import type { Actions } from "../actions.ts";
import { h } from "../dom.ts";
import { bytes, seconds } from "../format.ts";
import { inputsText, obstacles, type Running, type State } from "../state.ts";
import { problemBox } from "./callout.ts";

export function runPanel(state: State, actions: Actions): HTMLElement {
  const missing = obstacles(state);
  const { running, result } = state;
  const stale = result !== null && result.builtFrom !== inputsText(state);
  const label = result === null ? "Build the training set" : stale ? "Build it again" : "Built";
  return h(
    "section",
    { id: "run", class: "run", "aria-label": "Build" },
    problemBox(state.runProblem),
    running === null
      ? [
          h(
            "button",
            {
              type: "button",
              id: "build",
              class: stale || result === null ? "primary" : "",
              // Not `disabled`: it must be reachable to say why it does nothing.
              "aria-disabled": missing.length > 0 ? "true" : null,
              "aria-describedby": "obstacles",
              onclick: () => void actions.run(),
            },
            label === "Built" ? "Build again" : label,
          ),
          h(
            "p",
            { class: "quiet", id: "obstacles" },
            missing.length > 0
              ? `To do: ${missing[0]}${missing.length > 1 ? ` (and ${missing.length - 1} more)` : ""}`
              : stale
                ? "The choices have changed since it was built."
                : "",
          ),
        ]
      : progress(running, actions),
  );
}

function progress({ stage, done, total, startedMs, nowMs }: Running, actions: Actions) {
  const elapsed = (nowMs - startedMs) / 1_000;
  const known = total > 0;
  const loading = stage === "load DuckDB";
  const left = known && done > 0 && !loading ? (elapsed * (total - done)) / done : null;
  return [
    h(
      "div",
      { class: "progress" },
      h("label", { for: "progress" }, `${stage.slice(0, 1).toUpperCase()}${stage.slice(1)}`),
      h("progress", { id: "progress", ...(known ? { max: total, value: done } : {}) }),
      h(
        "span",
        { class: "quiet" },
        `${seconds(elapsed)}${loading ? `, ${bytes(done)}` : known ? `, ${done} of ${total}` : ""}${left === null ? "" : `, about ${seconds(left)} left`}`,
      ),
    ),
    h("button", { type: "button", id: "cancel", onclick: () => actions.cancel() }, "Cancel"),
  ];
}
