// A training set that is cut off between two views, by a kill or by Ctrl-C: nothing half-written, and the next run goes on.
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeTableFile } from "../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { edgefeat, folderWith, start } from "./cli-harness.ts";

const VIEWS = 6;
const FEATURES = `import { avg, entity, featureService, featureView, float64, int64, max, min, parquet, sum } from "edgefeat";
const user = entity("user", { joinKey: "user_id", type: int64() });
const visits = parquet("visits", { path: "visits.parquet", eventTime: "at" });
export const last = featureView("last", { entities: [user], source: visits, features: { amount: float64() } });
const stats = (days) => featureView("stats_" + days, { entities: [user], source: visits, aggregations: {
  ["sum_" + days]: sum("amount", days + "d"), ["max_" + days]: max("amount", days + "d"),
  ["min_" + days]: min("amount", days + "d"), ["avg_" + days]: avg("amount", days + "d") } });
${Array.from({ length: VIEWS - 1 }, (_, i) => `export const stats${i + 1} = stats(${i + 1});`).join("\n")}
export const model = featureService("model", { features: [last, ${Array.from({ length: VIEWS - 1 }, (_, i) => `stats${i + 1}`).join(", ")}] });
`;
const CONFIG = `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "visits", definitions: "./features.ts" });
`;

const times = (rows: number, step: bigint) =>
  vectorFromValues(
    { kind: "timestamp" },
    Array.from({ length: rows }, (_, i) => 1_000_000_000_000_000n + BigInt(i) * step),
  );
const users = (rows: number) =>
  vectorFromValues(
    { kind: "int64" },
    Array.from({ length: rows }, (_, i) => BigInt((i * 7919) % 1000)),
  );

async function makeHome(): Promise<string> {
  const home = folderWith({ "edgefeat.config.ts": CONFIG, "features.ts": FEATURES });
  const rows = 20_000;
  const amounts = Array.from({ length: rows }, (_, i) => ((i * 31) % 1000) / 8);
  await writeTableFile(
    join(home, "visits.parquet"),
    tableOf([
      ["user_id", users(rows)],
      ["at", times(rows, 7_000_000n)],
      ["amount", vectorFromValues({ kind: "float64" }, amounts)],
    ]),
  );
  const entities = tableOf([
    ["user_id", users(5_000)],
    ["event_timestamp", times(5_000, 28_000_000n)],
  ]);
  await writeTableFile(join(home, "entities.parquet"), entities);
  return home;
}

const ARGS = ["historical", "--entities", "entities.parquet", "--service", "model", "--out", "t.parquet"];

function partsIn(home: string): string[] {
  const folder = join(home, ".edgefeat/historical");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((run) =>
    readdirSync(join(folder, run)).filter((name) => name.endsWith(".arrow") && !name.startsWith(".")),
  );
}

/** Runs until two views are finished, sends the signal, and resolves to how it ended. */
async function cutOff(home: string, signal: NodeJS.Signals) {
  const child = start(ARGS, { cwd: home });
  let stderr = "";
  child.stderr.on("data", (data) => (stderr += data));
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  while (partsIn(home).length < 2 && child.exitCode === null) await new Promise((next) => setTimeout(next, 2));
  child.kill(signal);
  const [code, by] = await ended;
  return { code, by, stderr, kept: partsIn(home).length };
}

const run = (home: string, ...args: string[]) => edgefeat([...ARGS, ...args, "--json"], { cwd: home });

describe("a training set that was cut off", () => {
  let home: string;
  let cut: Awaited<ReturnType<typeof cutOff>>;
  let parts: string;
  beforeAll(async () => {
    home = await makeHome();
    cut = await cutOff(home, "SIGKILL");
    parts = folderWith();
    cpSync(join(home, ".edgefeat/historical"), parts, { recursive: true });
  });
  const putPartsBack = () => cpSync(parts, join(home, ".edgefeat/historical"), { recursive: true });

  test("by a kill goes on after its last finished view, and ends with the same bytes", async () => {
    expect(cut.by).toBe("SIGKILL");
    expect(existsSync(join(home, "t.parquet"))).toBe(false);
    expect(cut.kept).toBeGreaterThanOrEqual(2);
    expect(cut.kept).toBeLessThan(VIEWS);
    const resumed = await run(home);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.json().resumed).toHaveLength(cut.kept);
    expect(resumed.stderr).toContain(`joined before, by a run that was cut off: ${resumed.json().resumed.join(", ")}`);
    expect(partsIn(home)).toEqual([]);
    const bytes = readFileSync(join(home, "t.parquet"));
    const whole = await run(home, "--no-resume");
    expect(whole.json().resumed).toEqual([]);
    expect(readFileSync(join(home, "t.parquet")).equals(bytes)).toBe(true);
    const counts = (all: { seconds: number }[]) => all.map(({ seconds: _, ...rest }) => rest);
    expect(counts(resumed.json().views)).toEqual(counts(whole.json().views));
    expect(resumed.json()).toMatchObject({ rows: whole.json().rows, nulls: whole.json().nulls });
  });

  // One after another on the same files: each change stays.
  test.each([
    ["--no-resume", () => ["--no-resume"]],
    ["another embargo", () => ["--embargo", "1h"]],
    ["parts that are damaged", () => (damageParts(home), [])],
    ["entity rows that have changed", () => (utimesSync(join(home, "entities.parquet"), 1, 1), [])],
    ["a source that has changed", () => (utimesSync(join(home, "visits.parquet"), 1, 1), [])],
    [
      "other definitions",
      () => (
        writeFileSync(join(home, "features.ts"), FEATURES.replace("float64() }", "float64({ default: 1 }) }")),
        []
      ),
    ],
  ])("is joined anew with %s", async (_, change: () => string[]) => {
    putPartsBack();
    const anew = await run(home, ...change());
    expect(anew.code, anew.stderr).toBe(0);
    expect(anew.json().resumed).toEqual([]);
  });

  test("by Ctrl-C leaves the old file as it was, no half-written one, and says how to go on", async () => {
    const other = await makeHome();
    writeFileSync(join(other, "t.parquet"), "old");
    const stopped = await cutOff(other, "SIGINT");
    expect(stopped.code, stopped.stderr).toBe(1);
    expect(stopped.stderr).toContain("error[cancelled]: stopped; t.parquet was not written");
    expect(stopped.stderr).toMatch(/run the same command again: \d finished views? will not be joined again/);
    expect(readFileSync(join(other, "t.parquet"), "utf8")).toBe("old");
    expect(readdirSync(other).filter((name) => name.startsWith(".") && name !== ".edgefeat")).toEqual([]);
    const resumed = await run(other);
    expect(resumed.json().resumed.length).toBeGreaterThanOrEqual(2);
  });
});

test("goes on where another source was mended; whose entity rows come from a URL keeps nothing: they may be others the next time", async () => {
  const home = await makeHome();
  const entities = readFileSync(join(home, "entities.parquet"));
  const server = createServer((_, answer) => void answer.end(entities)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  // The last view can't be joined: its source is not there.
  const gone = `${FEATURES}\nconst gone = parquet("gone", { path: "gone.parquet", eventTime: "at", schema: { user_id: int64(), at: timestamp(), x: int64() } });
export const lost = featureView("lost", { entities: [user], source: gone, features: { x: int64() } });`;
  writeFileSync(join(home, "features.ts"), gone.replace("{ avg,", "{ timestamp, avg,"));
  const ask = (file: string) =>
    edgefeat(["historical", "--entities", file, "--features", "last:amount,lost:x", "--out", "t.parquet"], {
      cwd: home,
    });
  expect(await ask("entities.parquet")).toMatchObject({ code: 1, stderr: expect.stringContaining("gone.parquet") });
  expect(partsIn(home)).toHaveLength(1);
  writeFileSync(join(home, "gone.parquet"), "no Parquet yet");
  const mended = await ask("entities.parquet");
  expect(mended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("1 finished view will not be joined again"),
  });
  expect(mended.stderr).not.toContain("join last");
  rmSync(join(home, ".edgefeat/historical"), { recursive: true });
  const far = await ask(`http://127.0.0.1:${port}/entities.parquet`);
  server.close();
  expect(far).toMatchObject({ code: 1, stderr: expect.stringContaining("gone.parquet") });
  expect(partsIn(home)).toEqual([]);
});

function damageParts(home: string): void {
  const folder = join(home, ".edgefeat/historical");
  for (const name of readdirSync(folder)) {
    for (const part of readdirSync(join(folder, name))) {
      const file = join(folder, name, part);
      truncateSync(file, statSync(file).size - 100);
    }
  }
}
