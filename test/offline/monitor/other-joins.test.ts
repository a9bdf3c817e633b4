// The sources as the wrong joins of an audit read them: turned around, with all that is told of their rows.
import { expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { backwards, eventTimeSpan } from "../../../offline/monitor/other-joins.ts";
import { csv, string } from "../../../sdk/index.ts";
import type { SourceSpec } from "../../../sdk/registry/index.ts";

const source = csv("s", { path: "s.csv", eventTime: "at", schema: { at: string() } }) as unknown as SourceSpec;
const told = {
  partialRows: [{ row: 1, columns: ["x"] }],
  sameIds: [{ file: [0], log: [1] }],
  unreadCells: [{ row: 2, column: "x", reason: "no number" }],
};
const texts = ["1970-01-01T00:00:00.000005Z", "soon", "1970-01-01T00:00:00.000007Z", null];
const readSource = async () => ({
  table: tableOf([["at", vectorFromValues({ kind: "string" }, texts)]]),
  ...told,
});

it("times run backwards, those that can't be used are none, and what is told of rows stays", async () => {
  const { table, ...rest } = (await backwards(readSource)(source, undefined)) as Awaited<ReturnType<typeof readSource>>;
  expect(rest).toEqual(told);
  const times = table.getChild("at");
  expect(texts.map((_, row) => times?.get(row))).toHaveLength(4);
  expect(texts.map((_, row) => times?.isValid(row))).toEqual([true, false, true, false]);
  expect(await eventTimeSpan([source], readSource)).toEqual({ least: 5n, greatest: 7n });
});
