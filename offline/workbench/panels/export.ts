// The training set as a file of the user's.
import type { Actions } from "../actions.ts";
import { h } from "../dom.ts";
import type { ExportFormat } from "../session/protocol.ts";
import type { State } from "../state.ts";

const FORMATS: readonly [ExportFormat, string][] = [
  ["parquet", "Parquet"],
  ["arrow", "Arrow"],
  ["csv", "CSV"],
];

export function exportBar({ exporting }: State, actions: Actions): HTMLElement {
  return h(
    "div",
    { class: "export", role: "group", "aria-label": "Export" },
    FORMATS.map(([format, name]) =>
      h(
        "button",
        {
          type: "button",
          id: `export-${format}`,
          class: format === "parquet" ? "primary" : "",
          disabled: exporting !== null,
          "aria-label": format === "parquet" ? null : `Export as ${name}`,
          onclick: () => void actions.exportAs(format),
        },
        exporting === format ? "Writing…" : format === "parquet" ? "Export Parquet" : name,
      ),
    ),
  );
}
