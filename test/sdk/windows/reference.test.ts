// The reference of aggregates: every function is there, and every example gives the value beside it.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import * as edgefeat from "../../../sdk/index.ts";
import { aggregateFeature } from "../../../sdk/registry/aggregate-feature.ts";
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";
import { parseTypeName } from "../../../sdk/types/index.ts";
import { aggregateNames, tileLayout, windowValues } from "../../../sdk/windows/index.ts";
import type { OracleRow, OracleValue } from "../../support/oracle.ts";
import { tilesOf } from "../../support/window-tiles.ts";

const page = readFileSync(new URL("../../../sdk/windows/REFERENCE.md", import.meta.url), "utf8");
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

const MINUTE = 60_000_000;
const types = { x: "float64", n: "int64", s: "string" };
const events = [...page.matchAll(/^\| (\d\d):(\d\d) \|(.*)\|$/gm)].map(([, hours, minutes, rest]): OracleRow => {
  const [x, n, s] = cells(`|${rest}|`).map((text) => JSON.parse(text) as OracleValue);
  const values = { x: x as number, n: n === null ? null : BigInt(n as number), s: s as string };
  return { key: "k", e: (Number(hours) * 60 + Number(minutes)) * MINUTE, c: null, values };
});
const examples = [
  ...page.matchAll(/\| `([^|]*\)[^|]*)` \| ([^|]*) \|$/gm),
  ...page.matchAll(/^`(sum\(.*?\))` is (\S+?)\.$/gm),
].map(([, call, value]) => [call as string, value as string] as const);

function aggregationOf(call: string): edgefeat.Aggregation {
  return runInNewContext(call, { ...edgefeat }) as edgefeat.Aggregation;
}

function valueOf(call: string): string {
  const columns = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, parseTypeName(type)]));
  const feature = aggregateFeature("v", "f", aggregationOf(call), columns, new Set());
  const spec = { columns: Object.entries(types).map(([name, type]) => ({ name, type })), features: [feature] };
  const layout = tileLayout(spec as unknown as AggregatedViewSpec);
  const filters = { "x > 0.0": ({ x }: OracleRow["values"]) => x !== null && (x as number) > 0 };
  const [value] = windowValues(layout, tilesOf(layout, events, { filters }), 12 * 60 * MINUTE, [0]);
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === "bigint" ? Number(v) : v));
}

describe("the reference of aggregates", () => {
  it("has the four events, and an example of every function", () => {
    expect(events).toHaveLength(4);
    const named = aggregateNames.filter((name) => {
      const camel = name.replace("var_samp", "varSample").replace("stddev_samp", "stddevSample");
      return page.includes(`\`${camel.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}`);
    });
    expect(named).toEqual([...aggregateNames]);
    // Pairs share a line: min and max, first and last, the two deviations.
    expect(new Set(examples.map(([call]) => aggregationOf(call).fn)).size).toBe(aggregateNames.length - 3);
  });

  it.each(examples)("%s is %s", (call, value) => {
    expect(valueOf(call)).toBe(value);
  });
});
