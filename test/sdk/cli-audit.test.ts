// `edgefeat audit` as its user runs it: on a file of ours, on anybody's, with and without definitions; what it exits with.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeTableFile } from "../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { edgefeat, folderWith, writeFiles } from "./cli-harness.ts";
import { FEATURES, REPO } from "./cli-repo.ts";

const audit = (cwd: string, ...args: string[]) => edgefeat(["audit", ...args, "--json"], { cwd });

describe("a file that historical wrote", () => {
  let home: string;
  beforeAll(async () => {
    home = folderWith(REPO);
    const args = ["--entities", "entities.csv", "--service", "risk_model", "--provenance", "--embargo", "1h"];
    await edgefeat(["historical", ...args, "--out", "t.parquet"], { cwd: home });
  });

  test("needs nothing said, and is clean", async () => {
    const run = await audit(home, "t.parquet");
    expect([run.code, run.json().verdict], run.stderr).toEqual([0, "clean"]);
    expect(run.json().features).toMatchObject([
      { column: "amount", reference: "last_payment:amount", compared: 4, eventTimes: "amount__event_time", leaks: 0 },
      { column: "shop" },
      { column: "payments_1d" },
      { column: "spent_1d" },
      { column: "cents_1d" },
      { column: "share", reference: "risk:share", compared: 4 },
    ]);
  });

  test("is held against the registry that it was made by, unless another is named", async () => {
    writeFiles(home, {
      "features.ts": FEATURES.replace('sum("amount", "1d")', 'sum("amount", "1d", { where: "amount > 5.0" })'),
    });
    const asMade = await audit(home, "t.parquet");
    expect([asMade.code, asMade.json().verdict], asMade.stderr).toEqual([0, "clean"]);
    const asNow = await audit(home, "t.parquet", "--service", "risk_model");
    expect([asNow.code, asNow.json().registry === asMade.json().registry]).toEqual([0, false]);
    writeFiles(home, { "features.ts": FEATURES });
  });

  test("against a longer embargo leaks, and exits 1 after a whole report", async () => {
    const run = await audit(home, "t.parquet", "--embargo", "2d");
    expect([run.code, run.json().verdict]).toEqual([1, "leaks"]);
    expect(run.json().findings[0]).toMatchObject({ severity: "leak", code: "later_event_time" });
    expect(run.stderr).not.toContain("error[");
    expect(run.stderr).toContain("This training set knows what was not known.");
  });
});

describe("anybody's file", () => {
  const LATEST = `user_id,at,amount,paid,paid_at
1,2001-03-01T12:00:00Z,2.5,1,2001-03-05T00:00:00Z
1,2001-03-02T08:00:00Z,2.5,0,2001-03-05T00:00:00Z
2,2001-03-02T13:00:00Z,7.0,1,2001-03-05T00:00:00Z
`;
  let home: string;
  beforeAll(() => {
    home = folderWith({ ...REPO, "latest.csv": LATEST });
  });

  test("with the latest values of all leaks", async () => {
    const run = await audit(
      home,
      "latest.csv",
      "--features",
      "last_payment:amount",
      "--entity-time",
      "at",
      "--label",
      "paid:paid_at",
    );
    expect([run.code, run.json().verdict], run.stderr).toEqual([1, "leaks"]);
    expect(run.json().findings[0]).toMatchObject({
      code: "value_from_later",
      column: "amount",
      rows: 2,
      of: 3,
      first: [
        { row: 0, entityTime: "2001-03-01T12:00:00Z", eventTime: "2001-03-02T09:00:00Z", value: "2.5", expected: "10" },
        { row: 1 },
      ],
    });
  });

  test("of 12.0 for 12 and NaN for null is read", async () => {
    writeFiles(home, {
      "floats.csv":
        "user_id,event_timestamp,payments_1d,cents_1d\n1,2001-03-02T09:00:00Z,2.0,1250.0\n1,2001-02-01T00:00:00Z,0.0,NaN\n",
    });
    const run = await audit(home, "floats.csv", "--features", "payment_stats:payments_1d,payment_stats:cents_1d");
    expect([run.code, run.json().verdict], run.stderr).toEqual([0, "clean"]);
  });

  test("with event times of its own needs no repo", async () => {
    const elsewhere = folderWith();
    const times = (hours: number[]) =>
      vectorFromValues(
        { kind: "timestamp" },
        hours.map((h) => BigInt(h) * 3_600_000_000n),
      );
    const set = tableOf([
      ["when", times([10, 20, 30])],
      ["spend", vectorFromValues({ kind: "float64" }, [1, 2, 3])],
      ["spend_at", times([9, 21, 30])],
    ]);
    await writeTableFile(join(elsewhere, "own.parquet"), set);
    const args = ["own.parquet", "--entity-time", "when", "--event-time", "spend=spend_at"];
    const run = await audit(elsewhere, ...args);
    expect([run.code, run.json().findings[0].first], run.stderr).toEqual([
      1,
      [{ row: 1, entityTime: "1970-01-01T20:00:00Z", eventTime: "1970-01-01T21:00:00Z" }],
    ]);
  });

  test.each([
    ["nothing to go by", ["latest.csv", "--entity-time", "at"], 1, "missing_column"],
    ["no such file", ["nope.parquet"], 1, "file_not_found"],
    ["no such column of times", ["latest.csv", "--features", "last_payment:amount"], 1, "missing_column"],
    ["a feature that is none", ["latest.csv", "--features", "last_payment:amout"], 1, "unknown_feature"],
    ["a label without a name", ["latest.csv", "--label", ":x"], 2, "bad_request"],
    ["a tolerance that is none", ["latest.csv", "--tolerance", "2"], 2, "bad_request"],
  ])("%s", async (_, args, code, error) => {
    const run = await audit(home, ...args);
    expect([run.code, run.json().error.code]).toEqual([code, error]);
  });
});
