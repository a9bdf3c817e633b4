// The training set's rows, a page at a time: types, nulls told apart from empty texts, numbers by their digits.
import type { Actions } from "../actions.ts";
import { PAGE_ROWS } from "../actions/look.ts";
import { h } from "../dom.ts";
import { count, percent } from "../format.ts";
import type { Cell, Page, ResultColumn } from "../session/protocol.ts";
import type { Result, State } from "../state.ts";
import { problemBox } from "./callout.ts";

const ROLES: Record<ResultColumn["role"], string> = {
  entity: "entity rows",
  feature: "feature",
  provenance: "event time",
};

export function tableTab(result: Result, { options }: State, actions: Actions) {
  const { facts, page } = result;
  const shown = facts.columns
    .map((column, i) => [column, i] as const)
    .filter(([{ role }]) => options.provenance || role !== "provenance");
  const problem = problemBox(result.pageProblem);
  if (problem !== null) return problem;
  if (page === null) return h("p", { class: "quiet" }, "Reading rows…");
  return [pager(page, facts.rows, actions), rowsTable(page, facts.rows, shown)];
}

function pager({ from, rows }: Page, total: number, actions: Actions) {
  const last = Math.max(0, Math.ceil(total / PAGE_ROWS) - 1) * PAGE_ROWS;
  const go = (id: string, label: string, sign: string, to: number, off: boolean) =>
    h(
      "button",
      {
        type: "button",
        id,
        class: "icon",
        "aria-label": label,
        disabled: off,
        onclick: () => void actions.showRows(to),
      },
      sign,
    );
  return h(
    "nav",
    { class: "pager", "aria-label": "Rows" },
    go("first-rows", "First rows", "«", 0, from === 0),
    go("previous-rows", "Previous rows", "‹", from - PAGE_ROWS, from === 0),
    h(
      "span",
      { class: "range", role: "status" },
      total === 0 ? "no rows" : `${count(from + 1)}–${count(from + rows.length)} of ${count(total)}`,
    ),
    go("next-rows", "Next rows", "›", from + PAGE_ROWS, from >= last),
    go("last-rows", "Last rows", "»", last, from >= last),
    h(
      "form",
      {
        class: "go-to",
        onsubmit(event: SubmitEvent) {
          event.preventDefault();
          const row = Number((document.querySelector("#go-to-row") as HTMLInputElement).value);
          if (row >= 1) void actions.showRows(Math.floor((row - 1) / PAGE_ROWS) * PAGE_ROWS);
        },
      },
      h("label", { for: "go-to-row" }, "Row"),
      h("input", { id: "go-to-row", type: "number", min: 1, max: total, step: 1, required: true }),
      h("button", { type: "submit" }, "Go"),
    ),
  );
}

function rowsTable({ from, rows }: Page, total: number, shown: readonly (readonly [ResultColumn, number])[]) {
  return h(
    "div",
    {
      class: "scroll",
      tabindex: 0,
      role: "region",
      "aria-label": "Rows of the training set",
      "data-key": `${from} ${total} ${shown.map(([{ name }]) => name).join()} ${rows[0]?.join()}`,
    },
    h(
      "table",
      { class: "rows", "aria-rowcount": total + 1 },
      h("caption", { class: "hidden" }, `Rows ${from + 1} to ${from + rows.length} of ${total}`),
      h(
        "thead",
        {},
        h(
          "tr",
          { "aria-rowindex": 1 },
          h("th", { scope: "col", class: "number" }, "#"),
          shown.map(([column]) => columnHead(column, total)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row, i) =>
          h(
            "tr",
            { "aria-rowindex": from + i + 2 },
            h("th", { scope: "row", class: "number" }, count(from + i + 1)),
            shown.map(([{ align, role }, at]) => cell(row[at] as Cell, `${align} ${role}`)),
          ),
        ),
      ),
    ),
  );
}

function columnHead({ name, type, role, nulls, align }: ResultColumn, total: number) {
  return h(
    "th",
    { scope: "col", class: `${align} ${role}`, title: `${name}: ${type}, ${ROLES[role]}` },
    h("span", { class: "column-name" }, name),
    h("span", { class: "type" }, type),
    h(
      "span",
      { class: nulls === 0 ? "nulls none" : "nulls" },
      nulls === 0 ? "no nulls" : `${percent(nulls, total)} null`,
    ),
  );
}

function cell(text: Cell, kind: string) {
  if (text === null) return h("td", { class: `${kind} null` }, "null");
  if (text === "") return h("td", { class: `${kind} blank` }, "empty");
  return h("td", { class: kind }, text);
}
