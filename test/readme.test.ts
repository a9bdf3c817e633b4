// The README's snippets, extracted and run as a newcomer would.
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const checkout = join(import.meta.dirname, "..");
const readme = readFileSync(join(checkout, "README.md"), "utf8");

/** Returns the code block that follows `<!-- kind: name -->`. */
function snippet(kind: "file" | "run", name: string): string {
  const found = new RegExp(`<!-- ${kind}: ${name.replaceAll(".", "\\.")} -->\\n\`\`\`\\w+\\n(.*?)\`\`\``, "s").exec(
    readme,
  );
  if (found === null) throw new Error(`the README has no snippet ${name}`);
  return found[1] as string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

describe("the README's snippets", () => {
  // A folder that looks like the checkout to the snippets: `drivers/` and the data beside it.
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-readme-"));
  let port = 0;
  const run = promisify(execFile);
  const shell = (script: string) =>
    run(
      "bash",
      [
        "-euc",
        script
          .replaceAll("npm run -s edgefeat --", `node ${checkout}/sdk/cli/main.ts`)
          .replaceAll("8787", String(port)),
      ],
      {
        cwd: folder,
        timeout: 120_000,
      },
    );

  beforeAll(async () => {
    port = await freePort();
    mkdirSync(join(folder, "drivers"));
    mkdirSync(join(folder, "test/fixtures"), { recursive: true });
    cpSync(join(checkout, "test/fixtures/driver_stats.parquet"), join(folder, "test/fixtures/driver_stats.parquet"));
    for (const file of ["drivers/edgefeat.config.ts", "drivers/features.ts", "drivers/rank.ts"]) {
      writeFileSync(join(folder, file), snippet("file", file).replaceAll("8787", String(port)));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A server of its own, started by the snippet and stopped by its port. */
  async function pushed(): Promise<void> {
    const own = await freePort();
    mkdirSync(join(folder, "clicks"));
    writeFileSync(join(folder, "clicks/features.ts"), snippet("file", "clicks/features.ts"));
    const script = snippet("run", "push").replaceAll("8788", String(own));
    const { stdout } = await shell(`trap 'kill %1; wait' EXIT\n${script}`);
    expect(stdout).toMatch(/2 events?[^]*accepted[^]*clicks_1h[^]*2[^]*hat/);
  }

  it("train: a training set of four rows, the unknown driver's included", { timeout: 120_000 }, async () => {
    await shell(snippet("run", "train"));
    const lines = readFileSync(join(folder, "drivers/training.csv"), "utf8").trim().split("\n");
    expect(lines[0]).toBe(
      "driver_id,event_timestamp,kilometres,accepted,conv_rate,avg_daily_trips,hours_1d,acc_rate_7d,score,is_long",
    );
    expect(lines).toHaveLength(5);
    expect(lines[4]).toBe("9999,2022-04-05T06:30:00Z,3.2,false,,0,0,,,0");
  });

  it("look back: every driver, day by day, and nothing that leaks", { timeout: 120_000 }, async () => {
    const { stdout } = await shell(snippet("run", "look back"));
    expect(stdout).toContain("60 rows in drivers/daily.parquet");
    expect(stdout.trimEnd()).toMatch(/No leak found[^\n]*$/);
  });

  it("serve: the curl and the typed client answer", { timeout: 120_000 }, async () => {
    const [, rest] = snippet("run", "serve").split("sleep 5\n");
    const server = spawn(
      "node",
      [
        join(checkout, "sdk/cli/main.ts"),
        "serve",
        "--repo",
        "drivers",
        "--now",
        "2022-04-12T12:00:00Z",
        "--port",
        String(port),
      ],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    try {
      await new Promise((done) => server.stdout.once("data", done));
      const { stdout } = await shell(rest as string);
      const answer = JSON.parse(stdout.slice(stdout.indexOf('{"now"'))) as { rows: unknown[][]; statuses: string[][] };
      expect(answer.rows[1]).toStrictEqual([null, 0, 0, null, null, 0]);
      expect(answer.statuses[0]).toStrictEqual(Array.from({ length: 6 }, () => "PRESENT"));
      expect(answer.statuses[1]).toStrictEqual([
        "NOT_FOUND",
        "NOT_FOUND",
        "NOT_FOUND",
        "NOT_FOUND",
        "NULL_VALUE",
        "PRESENT",
      ]);
      const registered = await shell(snippet("run", "register"));
      const [put, got] = registered.stdout.split("}{") as [string, string];
      expect(put).toContain('"name":"trip_value","version":1');
      expect((JSON.parse(`{${got}`) as { rows: unknown[][] }).rows).toEqual([[expect.any(Number)]]);
      const jobs = await shell(snippet("run", "jobs"));
      expect(jobs.stdout).toMatch(/2 jobs done\nID +STATE .*\n2 +succeeded +lately .*\n1 +succeeded +latest .* keys/);
      const reconciled = await shell(snippet("run", "reconcile"));
      expect(reconciled.stdout).toMatch(/latest@1: 5 keys\n[^]*online equals offline for \d+ keys/);
      await pushed();
      // The client's snippet imports the package by name, so it runs where the package is: in the checkout.
      const inside = mkdtempSync(join(checkout, "test", ".readme-"));
      try {
        for (const file of ["features.ts", "rank.ts"]) cpSync(join(folder, "drivers", file), join(inside, file));
        const ranked = await run("node", [join(inside, "rank.ts")], { cwd: dirname(inside) });
        expect(ranked.stdout).toMatch(/after \d+ hours/);
      } finally {
        rmSync(inside, { recursive: true, force: true });
      }
    } finally {
      const closed = new Promise((done) => server.once("close", done));
      server.kill("SIGTERM");
      await closed;
    }
  });
});
