// The same training set from the command line, to be copied.
import { commandText } from "../command-text.ts";
import { h } from "../dom.ts";
import type { State } from "../state.ts";

export function commandLine(state: State): HTMLElement | null {
  const text = commandText(state);
  if (text === "") return null;
  return h(
    "details",
    { class: "code-view" },
    h("summary", {}, "The same from the command line"),
    h("pre", { tabindex: 0 }, text),
  );
}
