// The leakage audit by event times, and by rows: what our join makes is clean, and every later microsecond is found (SEMANTICS 2.9).
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditTrainingSet, type Engine, openEngine } from "../../../offline/index.ts";
import { auditsOn, column, DAY, HOUR, joinsOn, ROWS, trainingSet, upTo } from "./visits.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const audit = auditsOn(() => engine);
const joined = joinsOn(() => engine);

const ALL = ["spend:amount", "recent:amount", "stats:amount_1d", "stats:visits_1d", "share:share"];

describe("event times", () => {
  it("our own sets are clean, whatever the rows, the embargo and what was known", { timeout: 60_000 }, async () => {
    const rows = fc.array(
      fc.record({ user: fc.integer({ min: 1, max: 9 }), t: fc.integer({ min: -DAY, max: 25 * DAY }) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    const how = fc.record({
      embargoUs: fc.constantFrom(0, 1, 5 * HOUR),
      asKnownAt: fc.constantFrom(undefined, true as const),
    });
    await fc.assert(
      fc.asyncProperty(rows, how, async (set, { embargoUs, asKnownAt }) => {
        const more = { embargoUs, ...(asKnownAt === undefined ? {} : { asKnownAt }) };
        const table = await joined(set, ALL, { ...more, fullNames: true });
        const report = await audit(table, ALL, more);
        expect(report.findings.filter(({ severity }) => severity !== "warning")).toEqual([]);
        const byTimesAlone = await auditTrainingSet({ table, embargoUs });
        expect(byTimesAlone.findings.filter(({ severity }) => severity !== "warning")).toEqual([]);
        expect(byTimesAlone.features.map((f) => f.column)).toHaveLength(ALL.length);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ["at the row's time", 0, 0, "event_time_of_row"],
    ["a microsecond later", 1, 0, "later_event_time"],
    ["a microsecond before the embargo ends", -HOUR + 1, HOUR, "later_event_time"],
    ["when the embargo begins", -HOUR, HOUR, undefined],
  ])("%s", async (_, offset, embargoUs, code) => {
    const times = column(
      "timestamp",
      ROWS.map((r) => BigInt(r.t + offset)),
    );
    const table = trainingSet({ mine: ROWS.map((__, i) => i) }, ROWS, [["mine_time", times]]);
    const report = await auditTrainingSet({ table, eventTimes: { mine: "mine_time" }, embargoUs });
    expect(report.findings[0]?.code).toBe(code);
    expect(report.verdict).toBe(code === undefined ? "clean" : code === "later_event_time" ? "leaks" : "warnings");
    expect(report.findings[0]?.rows ?? 0).toBe(code === undefined ? 0 : ROWS.length);
  });

  it("counts the rows that are later, and no others", async () => {
    const times = ROWS.map((r, i) => (i % 10 === 0 ? null : BigInt(r.t + (i % 4 === 1 ? 5 : -5))));
    const table = trainingSet({ mine: ROWS.map((_, i) => i) }, ROWS, [
      ["mine__event_time", column("timestamp", times)],
    ]);
    const report = await auditTrainingSet({ table });
    const later = ROWS.map((_, i) => i).filter((i) => i % 10 !== 0 && i % 4 === 1);
    expect(report.findings[0]).toMatchObject({
      code: "later_event_time",
      rows: later.length,
      of: times.filter((t) => t !== null).length,
    });
    expect(report.findings[0]?.first.map(({ row }) => row)).toEqual(later.slice(0, 5));
  });

  it("warns where they are the label's", async () => {
    const at = (offset: number) =>
      column(
        "timestamp",
        ROWS.map((r, i) => (i === 7 ? null : BigInt(r.t + offset))),
      );
    const table = trainingSet({ mine: ROWS.map((_, i) => i) }, ROWS, [
      ["mine__event_time", at(-HOUR)],
      [
        "label",
        column(
          "bool",
          ROWS.map(() => true),
        ),
      ],
      ["label_time", at(-HOUR)],
    ]);
    const report = await auditTrainingSet({ table, label: { column: "label", time: "label_time" } });
    expect(report.findings).toMatchObject([
      { severity: "warning", code: "event_time_of_label", rows: ROWS.length - 1 },
    ]);
  });

  it("are older than the TTL allows", async () => {
    const times = column(
      "timestamp",
      ROWS.map((r, i) => BigInt(r.t - 2 * DAY - (i === 3 ? 1 : 0))),
    );
    const table = trainingSet({ amount: upTo((row) => row.t) }, ROWS, [["amount__event_time", times]]);
    const report = await audit(table, ["recent:amount"]);
    expect(report.findings.filter(({ code }) => code === "older_than_ttl")).toMatchObject([
      { severity: "mismatch", rows: 1, first: [{ row: 3 }] },
    ]);
  });

  it("refuses a table that has none, without definitions", async () => {
    await expect(auditTrainingSet({ table: trainingSet({}) })).rejects.toMatchObject({ code: "missing_column" });
  });
});

describe("rows", () => {
  it("that repeat keys and time, and features without any value, are warned of", async () => {
    const rows = [...ROWS.slice(0, 10), ...ROWS.slice(2, 5)];
    const nothing = rows.map(() => null);
    const report = await audit(trainingSet({ amount: nothing }, rows), ["spend:amount"]);
    const warnings = report.findings.filter(({ severity }) => severity === "warning");
    expect(warnings.map(({ code, rows: n }) => [code, n])).toEqual([
      ["all_null", 13],
      ["duplicate_rows", 3],
    ]);
    expect(warnings[1]?.first.map(({ row }) => row)).toEqual([10, 11, 12]);
  });
});
