// An audit's report as it is read: the verdict, then each finding, worst first, with the first rows to look at.
import type { AuditedRow, AuditFinding, AuditReport, AuditSeverity } from "../../monitor/audit-report.ts";
import { h } from "../dom.ts";
import { count, counted } from "../format.ts";
import { remarkBox } from "./callout.ts";

const TONES: Record<AuditSeverity, "bad" | "warn" | "note"> = { leak: "bad", mismatch: "warn", warning: "note" };
const NAMES: Record<AuditSeverity, string> = { leak: "Leak", mismatch: "Mismatch", warning: "To look at" };

/** Returns a report: the verdict, then each finding, worst first. */
export function auditReport({ findings, features, rows, verdict }: AuditReport) {
  const checked = features.filter(({ eventTimes, compared }) => eventTimes !== null || compared > 0).length;
  const looked = `${counted(checked, "feature")} of ${count(features.length)} checked, ${counted(rows, "row")}.`;
  const summary = {
    clean: remarkBox(
      "good",
      h("p", {}, h("strong", {}, "No leak found."), " No value is from after its row's time. ", looked),
    ),
    warnings: remarkBox(
      "note",
      h("p", {}, h("strong", {}, "No leak found,"), ` but ${counted(findings.length, "thing")} to look at. `, looked),
    ),
    mismatches: remarkBox(
      "warn",
      h("p", {}, h("strong", {}, "Values differ from what the definitions give. "), looked),
    ),
    leaks: remarkBox(
      "bad",
      h("p", {}, h("strong", {}, "There are leaks: "), `values from after their rows' times. `, looked),
    ),
  }[verdict];
  return [
    summary,
    h(
      "ul",
      { class: "findings" },
      findings.map((finding) => h("li", {}, findingBox(finding))),
    ),
  ];
}

function findingBox({ severity, column, message, hint, rows, of, first, code }: AuditFinding) {
  return h(
    "div",
    { class: `finding ${TONES[severity]}` },
    h(
      "div",
      { class: "finding-head" },
      h("span", { class: `tag ${TONES[severity]}` }, NAMES[severity]),
      column === null ? null : h("code", {}, column),
      h("span", { class: "quiet" }, `${count(rows)} of ${counted(of, "row")}`),
    ),
    h("p", {}, message, "."),
    h("p", { class: "quiet" }, hint, "."),
    first.length === 0 ? null : h("details", {}, h("summary", {}, "First rows"), firstRows(first, code)),
  );
}

const COLUMNS: readonly [keyof AuditedRow, string][] = [
  ["row", "Row"],
  ["entityTime", "Entity time"],
  ["eventTime", "Event time"],
  ["value", "Value"],
  ["expected", "By the definitions"],
];

function firstRows(first: readonly AuditedRow[], code: string) {
  const shown = COLUMNS.filter(([key]) => first.some((row) => row[key] !== undefined));
  return h(
    "div",
    { class: "scroll short", tabindex: 0, role: "region", "aria-label": `First rows of ${code}` },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          shown.map(([, title]) => h("th", { scope: "col" }, title)),
        ),
      ),
      h(
        "tbody",
        {},
        first.map((row) =>
          h(
            "tr",
            {},
            shown.map(([key]) => h("td", {}, key === "row" ? count(row.row + 1) : (row[key] ?? ""))),
          ),
        ),
      ),
    ),
  );
}
