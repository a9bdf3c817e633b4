// The conformance vectors: that they are what their format says, on our engines, and by plain loops in another language.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Schema, Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import { openEngine } from "../../offline/index.ts";
import { vectorConformance } from "../conformance/vectors.ts";
import { readVectors, type VectorTable, VECTORS } from "../conformance/vectors/format.ts";
import { reportMissing } from "../support/requirements.ts";

const files = readVectors();
const cases = files.flatMap((file) => file.cases);

describe("the conformance vectors' files", () => {
  const schema = JSON.parse(readFileSync(`${VECTORS}schema.json`, "utf8")) as Schema;
  const validator = new Validator(schema, "2020-12", false);

  it.each(files.map(({ file, text }) => [file, text]))("%s has the shape that the schema says", (_, text) => {
    expect(validator.validate(JSON.parse(text)).errors).toStrictEqual([]);
  });

  it("have cases of different names, and as many cells as columns", () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    const ragged = cases.filter(({ sources, entityRows, expect: expected }) =>
      [...Object.values(sources), entityRows, expected].some(isRagged),
    );
    expect(ragged.map(({ id }) => id)).toStrictEqual([]);
    const short = cases.filter(({ entityRows, expect: { rows, statuses = rows, json = rows } }) =>
      [rows, statuses, json].some((list) => list.length !== entityRows.rows.length),
    );
    expect(short.map(({ id }) => id)).toStrictEqual([]);
  });

  it("are about every rule that says what a value is", () => {
    const covered = new Set(cases.flatMap(({ rules }) => rules));
    const rules =
      "1.1 1.2 1.4 2.1 2.2 2.3 2.4 2.5 2.6 2.7 3.1 3.3 3.4 3.5 4.1 4.2 4.3 4.4 4.5 4.6 4.8 5.1 5.2 5.3 5.4 6";
    expect(rules.split(" ").filter((rule) => !covered.has(rule))).toStrictEqual([]);
  });

  it("are counted in the README as they are", () => {
    const readme = readFileSync(`${VECTORS}README.md`, "utf8");
    const counts = [...readme.matchAll(/^\|[^|]+\|[^|]+\| (\d+) \|$/gm)].map(([, n]) => Number(n));
    expect(counts.reduce((a, b) => a + b, 0)).toBe(cases.length);
  });
});

function isRagged({ columns, rows }: VectorTable): boolean {
  return rows.some((row) => row.length !== Object.keys(columns).length);
}

const python = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;
if (!python) reportMissing("python3 (3.9 or later)", "the conformance vectors in Python", "install it");

describe.skipIf(!python)("the conformance vectors in Python", () => {
  it("agree with plain loops over stored views and windows", () => {
    const { stdout, stderr } = spawnSync("python3", [`${VECTORS}run_reference.py`, VECTORS], { encoding: "utf8" });
    expect(stderr).toBe("");
    const { passed, skipped, failed } = JSON.parse(stdout) as Record<"passed" | "skipped" | "failed", unknown>;
    expect(failed).toStrictEqual([]);
    expect(Object.keys(skipped as object).toSorted()).toStrictEqual(["on-demand features", "where"]);
    expect(passed).toBeGreaterThan(300);
  });
});

vectorConformance("DuckDB-WASM", () => openEngine({ engine: "wasm" }));
vectorConformance("native DuckDB", () => openEngine({ engine: "native" }));
for (const joinForm of ["asof", "union"] as const) {
  vectorConformance(`native DuckDB, joined by ${joinForm}`, () => openEngine({ engine: "native" }), {
    joinForm,
    // The form is one of stored views.
    only: ({ views }) => Object.values(views).some(({ kind }) => kind === "stored"),
  });
}
