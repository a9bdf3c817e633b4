// The leakage audit by values: sets made by known wrong joins, in plain loops, are found out (SEMANTICS 2.9).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf } from "../../../offline/datasets/index.ts";
import { type Engine, openEngine } from "../../../offline/index.ts";
import type { Value } from "../../../sdk/types/index.ts";
import {
  amounts,
  auditsOn,
  column,
  DAY,
  endOf,
  HOUR,
  joinsOn,
  pick,
  type Row,
  ROWS,
  sums,
  trainingSet,
  upTo,
  type Visit,
  VISITS,
} from "./visits.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const audit = auditsOn(() => engine);
const joined = joinsOn(() => engine);

async function computed(feature: string): Promise<(Value | null)[]> {
  const table = await joined(ROWS, [feature]);
  const vector = table.getChild(feature.split(":")[1] as string);
  return ROWS.map((_, i) => vector?.get(i) as Value | null);
}

describe("values are computed anew, and those that differ explained", () => {
  it.each([
    ["the point-in-time join itself", upTo((row) => row.t), "clean", null],
    ["the latest row of all", upTo(() => Infinity), "leaks", "of the latest row of all"],
    ["the end of the day", upTo((row) => endOf(row.t, DAY)), "leaks", "as of the end of the row's day"],
    [
      "the next event",
      amounts((row) => pick(row, (v) => v.e > row.t, "first")),
      "leaks",
      "of the next event after the row's time",
    ],
    ["the time of the label", upTo((row) => row.t + 90 * HOUR), "leaks", "as of the time of the label"],
    [
      "other code",
      upTo((row) => row.t).map((x) => (x === null ? null : x * 1.5)),
      "mismatches",
      "for a reason not found",
    ],
  ])("%s", async (_, values, verdict, said) => {
    const labels: [string, unknown][] = [
      [
        "paid",
        column(
          "bool",
          ROWS.map(() => true),
        ),
      ],
      [
        "paid_at",
        column(
          "timestamp",
          ROWS.map((r) => BigInt(r.t + 90 * HOUR)),
        ),
      ],
    ];
    const table = trainingSet({ amount: values }, ROWS, labels);
    const report = await audit(table, ["spend:amount"], { label: { column: "paid", time: "paid_at" } });
    expect(report.verdict, JSON.stringify(report.findings)).toBe(verdict);
    const [finding] = report.findings;
    const right = upTo((row) => row.t);
    const differing = ROWS.filter((__, i) => values[i] !== right[i]).length;
    if (said === null) expect(report.findings).toEqual([]);
    else {
      expect(finding).toMatchObject({
        severity: verdict === "leaks" ? "leak" : "mismatch",
        column: "amount",
        rows: differing,
        of: ROWS.length,
      });
      expect(finding?.message).toContain(said);
      expect(finding?.first[0]).toMatchObject({ value: String(values[finding?.first[0]?.row as number]) });
    }
  });

  it("an embargo that was not kept", async () => {
    const report = await audit(trainingSet({ amount: upTo((row) => row.t) }), ["spend:amount"], {
      embargoUs: 12 * HOUR,
    });
    expect(report.findings[0]).toMatchObject({ severity: "leak", code: "value_from_later" });
    expect(report.findings[0]?.message).toContain("without the embargo");
  });

  it("rows that had not arrived yet", async () => {
    const report = await audit(trainingSet({ amount: upTo((row) => row.t) }), ["spend:amount"], { asKnownAt: true });
    expect(report.findings[0]).toMatchObject({ severity: "leak", code: "value_from_later" });
    expect(report.findings[0]?.message).toContain("created only later");
  });

  it("a TTL that was not kept is no leak", async () => {
    const rows = ROWS.map((row) => ({ ...row, t: row.t + 20 * DAY }));
    const values = rows.map((row) => pick(row, (v) => v.e <= row.t)?.amount ?? null);
    const report = await audit(trainingSet({ amount: values }, rows), ["recent:amount"]);
    expect(report.verdict).toBe("mismatches");
    expect(report.findings[0]?.message).toContain("without the TTL");
  });

  it("an edge that is strict where ours is not is no leak", async () => {
    const rows = VISITS.filter((_, i) => i % 5 === 0 && i > 50).map(({ user: key, e }) => ({ user: key, t: e }));
    const values = rows.map((row) => pick(row, (v) => v.e < row.t)?.amount ?? null);
    const report = await audit(trainingSet({ amount: values }, rows), ["spend:amount"]);
    expect(report.verdict).toBe("mismatches");
    expect(report.findings[0]?.message).toContain("strictly before");
  });

  it.each([
    [
      "whole days",
      (row: Row, v: Visit) => v.e > Math.floor(row.t / DAY) * DAY - 1 && v.e <= endOf(row.t, DAY),
      "end of the row's day",
    ],
    ["a window that looks ahead", (row: Row, v: Visit) => v.e > row.t && v.e < row.t + DAY, "looks ahead"],
    ["the whole history", () => true, "over all the events that the data has"],
  ])("aggregates over %s", async (_, fits, said) => {
    const report = await audit(trainingSet({ amount_1d: sums(fits) }), ["stats:amount_1d"]);
    expect(report.verdict).toBe("leaks");
    expect(report.findings[0]?.message, JSON.stringify(report.findings)).toContain(said);
  });

  it("views with a query of their own are turned around as others are", async () => {
    const values = ROWS.map((row) => (pick(row, (v) => v.e + HOUR > row.t, "first")?.amount ?? NaN) * 100);
    const report = await audit(trainingSet({ cents: values }), ["scaled:cents"]);
    expect(report.findings[0], JSON.stringify(report.findings)).toMatchObject({ severity: "leak", rows: ROWS.length });
    expect(report.findings[0]?.message).toContain("of the next event after the row's time");
    const right = ROWS.map((row) => (pick(row, (v) => v.e + HOUR <= row.t)?.amount ?? NaN) * 100);
    expect((await audit(trainingSet({ cents: right }), ["scaled:cents"])).findings).toEqual([]);
  });

  it("windows whose early edge is exact, where ours moves by hops, are no leak", async () => {
    const values = sums((row, visit) => visit.e > row.t - DAY && visit.e <= row.t);
    const report = await audit(trainingSet({ amount_1d: values }), ["stats:amount_1d"]);
    expect(report.verdict, JSON.stringify(report.findings)).toBe("mismatches");
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]?.message).toContain("over windows whose early edge is exact");
  });

  it("sums of the day so far are no leak, though nothing may follow in the day", async () => {
    const values = sums((row, visit) => visit.e > Math.floor(row.t / DAY) * DAY && visit.e <= row.t);
    const report = await audit(trainingSet({ amount_1d: values }), ["stats:amount_1d"]);
    expect(report.verdict, JSON.stringify(report.findings)).toBe("mismatches");
  });

  it("zeros for what nobody counted are no leak, though a join long after the last event counts none either", async () => {
    const zeros = ROWS.map(() => 0n);
    const report = await audit(trainingSet({ visits_1d: zeros }), ["stats:visits_1d"]);
    expect(report.verdict, JSON.stringify(report.findings)).toBe("mismatches");
    expect(report.findings[0]?.message).toContain("for a reason not found");
  });

  it("a few leaking rows among many good ones", async () => {
    const right = upTo((row) => row.t);
    const latest = upTo(() => Infinity);
    const report = await audit(
      trainingSet({ amount: right.map((x, i) => (i % 40 === 3 ? (latest[i] as number) : x)) }),
      ["spend:amount"],
    );
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]).toMatchObject({ severity: "leak", rows: 3 });
    expect(report.findings[0]?.first.map(({ row }) => row)).toEqual([3, 43, 83]);
  });

  it(
    "more rows than are tried with every join are all explained, and counted exactly",
    { timeout: 60_000 },
    async () => {
      const rows = Array.from({ length: 12_000 }, (_, i) => ({ user: (i % 8) + 1, t: 2 * DAY + i * 120_000_000 }));
      const latest = new Map(ROWS.map((row) => [row.user, pick(row, () => true)?.amount ?? null]));
      const values = rows.map((row, i) => (i % 3 === 0 ? 0.125 : (latest.get(row.user) ?? null)));
      const report = await audit(trainingSet({ amount: values }, rows), ["spend:amount"]);
      expect(report.findings.map(({ severity, rows: n }) => [severity, n])).toEqual([
        ["leak", 8000],
        ["mismatch", 4000],
      ]);
    },
  );

  it("NaN for null, doubles for integers and the last bits of sums are no differences", async () => {
    const right = sums((row, v) => v.e > row.t - DAY && v.e <= row.t);
    const table = tableOf([
      [
        "user_id",
        column(
          "int64",
          ROWS.map((r) => BigInt(r.user)),
        ),
      ],
      [
        "event_timestamp",
        column(
          "timestamp",
          ROWS.map((r) => BigInt(r.t)),
        ),
      ],
      [
        "amount",
        column(
          "float64",
          upTo((row) => row.t).map((x) => x ?? NaN),
        ),
      ],
      [
        "amount_1d",
        column(
          "float64",
          (await computed("stats:amount_1d")).map((x) => (x === null ? NaN : (x as number) * (1 + 1e-15))),
        ),
      ],
      ["visits_1d", column("float64", (await computed("stats:visits_1d")).map(Number))],
    ]);
    expect(right.some((x) => x !== null)).toBe(true);
    const report = await audit(table, ["spend:amount", "stats:amount_1d", "stats:visits_1d"]);
    expect(report.findings).toEqual([]);
  });

  it("features that the table lacks, and columns of another type, are named", async () => {
    const table = trainingSet({ amount: upTo((row) => row.t) }, ROWS, [
      [
        "shop",
        column(
          "int64",
          ROWS.map(() => 1n),
        ),
      ],
    ]);
    const report = await audit(table, ["spend:amount", "spend:shop", "stats:visits_1d"]);
    expect(report.verdict).toBe("warnings");
    expect(report.findings.map(({ code, column: name }) => [code, name])).toEqual([
      ["not_checked", "shop"],
      ["not_checked", null],
    ]);
  });

  it("refuses a table with none of the features", async () => {
    await expect(audit(trainingSet({ other: ROWS.map(() => 1) }), ["spend:amount"])).rejects.toMatchObject({
      code: "missing_column",
    });
  });
});
