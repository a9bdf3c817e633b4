// Columns that share memory, as two features of one view share their event times: written whole by every writer.
import { expect, it } from "vitest";
import { readTable, writeTable } from "../../../offline/datasets/files.ts";
import { arrowStream, tableOf, vectorFromTyped, vectorFromValues } from "../../../offline/datasets/index.ts";
import { openEngine } from "../../../offline/index.ts";
import { columnValues } from "../../support/snapshots.ts";

const FLOAT = { kind: "float64" } as const;
const numbers = Array.from({ length: 205 }, (_, i) => i / 4);
const shared = vectorFromValues(FLOAT, numbers);
const inside = vectorFromTyped(FLOAT, Float64Array.from(numbers).subarray(3));

const tables = {
  "the same column twice": tableOf([
    ["a", shared],
    ["b", shared],
    ["c", shared],
  ]),
  "a column inside another": tableOf([
    ["a", inside],
    ["b", vectorFromTyped(FLOAT, (inside.toArray() as Float64Array).subarray(0))],
  ]),
};

for (const [name, table] of Object.entries(tables)) {
  const expected = columnValues(table, "a", FLOAT);
  it.each(["parquet", "arrow", "arrow-stream", "csv"] as const)(`${name} in %s`, async (format) => {
    const types = Object.fromEntries(table.schema.fields.map((field) => [field.name, FLOAT]));
    const read = await readTable(await writeTable(table, format), format, { types });
    for (const field of table.schema.fields) expect(columnValues(read, field.name, FLOAT)).toEqual(expected);
  });

  it(`${name} in an engine`, async () => {
    const engine = await openEngine({ engine: "wasm" });
    try {
      await engine.load("t", table);
      const sums = await engine.query("SELECT count(*) = count(DISTINCT a) AND bool_and(a = b) AS same FROM t");
      expect(sums.getChild("same")?.get(0)).toBe(true);
    } finally {
      await engine.close();
    }
  });
}

it("a stream of them reads back", async () => {
  const read = await readTable(arrowStream(tables["the same column twice"]), "arrow-stream");
  expect(read.numRows).toBe(numbers.length);
});
