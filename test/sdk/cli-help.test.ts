// Help, bad usage and the launcher: what the command line says before it does anything.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edgefeat, folderWith, start } from "./cli-harness.ts";

const COMMANDS = [
  "init",
  "plan",
  "apply",
  "historical",
  "audit",
  "materialize",
  "materialize-incremental",
  "runner",
  "jobs",
  "push",
  "reconcile",
  "online",
  "serve",
  "workbench",
];

test("--help lists every command", async () => {
  const { code, stdout, stderr } = await edgefeat(["--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
});

const TAUGHT = [...COMMANDS, "log status", "log compact"];

test.concurrent.each(TAUGHT)("%s --help teaches: purpose, options, two examples, exit codes", async (command) => {
  const { code, stdout, stderr } = await edgefeat([...command.split(" "), "--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(`Usage: edgefeat ${command} [options]`);
  expect(stdout).toContain("--repo <dir>");
  expect(stdout).toContain("--json");
  expect(stdout.match(new RegExp(`^  \\$ edgefeat ${command}\\b`, "gm"))?.length).toBeGreaterThanOrEqual(2);
  expect(stdout).toContain("Exit codes: 0 done, 1 failed, 2 bad usage.");
});

test("what was compiled once is kept for the next start, where that can be", async () => {
  const cache = join(folderWith({}), "compiled");
  const kept = () => (existsSync(cache) ? readdirSync(cache, { recursive: true }).length : 0);
  const off = { NODE_COMPILE_CACHE: cache, NODE_DISABLE_COMPILE_CACHE: "1" };
  expect((await edgefeat(["--help"], { env: off })).code).toBe(0);
  expect(kept()).toBe(0);
  const { stdout } = await edgefeat(["--help"], { env: { NODE_COMPILE_CACHE: cache } });
  expect(kept()).toBeGreaterThan(100);
  // A folder that can't be is no fault.
  for (const place of [cache, "/dev/null/compiled"]) {
    expect(await edgefeat(["--help"], { env: { NODE_COMPILE_CACHE: place } })).toMatchObject({
      code: 0,
      stdout,
      stderr: "",
    });
  }
});

test.concurrent.each([
  [["--help"], 0, ""],
  [["materialize", "--json", "--nonsense"], 2, expect.stringContaining("--nonsense")],
  [["plan", "--json", "--repo", "no-such-folder"], 1, expect.stringContaining("no-such-folder")],
])("a reader that goes away before the end of %j is no fault, and hides none", async (args, expected, words) => {
  const child = start(args, {});
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (data) => (stderr += data));
  const code = await new Promise((done) => child.once("close", done));
  expect([code, stderr]).toEqual([expected, words]);
});

test("what is not told yet is still done when the reader goes away", async () => {
  const folder = folderWith({});
  const child = start(["init", "features"], { cwd: folder });
  child.stdout.destroy();
  expect(await new Promise((done) => child.once("close", done))).toBe(0);
  expect((await edgefeat(["init", "features"], { cwd: folder })).code).toBe(1);
});

test("--version prints the package's version", async () => {
  const { code, stdout } = await edgefeat(["--version"]);
  expect([code, stdout]).toEqual([0, "0.1.0\n"]);
});

const badUsage: [args: string[], error: string][] = [
  [["aply"], "error[bad_request]: unknown command 'aply'\n  hint: did you mean apply?\n"],
  [["plan", "--jsn"], "error[bad_request]: unknown option '--jsn'\n  hint: did you mean --json?\n"],
  [["plan", "extra"], "error[bad_request]: too many arguments for 'plan'"],
  [["materialize", "2001-01-01T00:00:00Z"], "error[bad_request]: missing required argument 'end'"],
  [
    ["materialize", "2001-01-01", "2001-02-01T00:00:00Z"],
    'error[bad_time]: START: "2001-01-01" is not an RFC 3339 time',
  ],
  [
    ["materialize", "2001-01-01T00:00:00Z", "2001-02-01T00:00:00"],
    'error[bad_time]: END: "2001-02-01T00:00:00" has no time zone\n  hint: write "2001-02-01T00:00:00Z" if it is UTC',
  ],
  [
    ["materialize", "2001-02-01T00:00:00Z", "2001-02-01T00:00:00Z"],
    "error[bad_request]: START 2001-02-01T00:00:00Z is not before END",
  ],
  [
    ["materialize", "2001-01-01T00:00:00Z", "2001-02-01T00:00:00Z", "--views", "a,,b"],
    'error[bad_request]: --views: "a,,b" has an empty part',
  ],
  [["materialize-incremental", "yesterday"], 'error[bad_time]: END: "yesterday" is not an RFC 3339 time'],
  [
    ["materialize", "2001-01-01T00:00:00Z", "2001-02-01T00:00:00Z", "--on-bad-rows", "ignore"],
    "error[bad_request]: option '--on-bad-rows <what>' argument 'ignore' is invalid. Allowed choices are fail, quarantine.",
  ],
  [["online", "--entity", "user_id=1"], "error[bad_request]: give either --service or --features"],
  [
    ["online", "--service", "s", "--features", "a:b", "--entity", "user_id=1"],
    "error[bad_request]: give either --service or --features",
  ],
  [["online", "--service", "s", "--entity", "user_id"], 'error[bad_request]: --entity: "user_id" is not NAME=VALUE'],
  [
    ["online", "--service", "s", "--entity", "u=1", "--entity", "u=2"],
    'error[bad_request]: --entity: "u" is given twice',
  ],
  [["historical", "--service", "s", "--out", "t.csv"], "error[bad_request]: give either --entities or --all-entities"],
  [
    [
      "historical",
      "--entities",
      "e.csv",
      "--service",
      "s",
      "--registry",
      "r.json",
      "--registry-version",
      "1",
      "--out",
      "t.csv",
    ],
    "error[bad_request]: give one of --from-server, --registry and --registry-version",
  ],
  [
    ["historical", "--entities", "e.csv", "--service", "s", "--on-bad-rows", "drop", "--out", "t.csv"],
    "error[bad_request]: option '--on-bad-rows <what>' argument 'drop' is invalid",
  ],
  [["audit", "t.csv", "--label", "a:b:c"], 'error[bad_request]: --label: "a:b:c" is not COLUMN or COLUMN:TIME_COLUMN'],
  [
    ["historical", "--entities", "e.csv", "--service", "s"],
    "error[bad_request]: required option '--out <file>' not specified",
  ],
  [
    ["historical", "--entities", "e.csv", "--service", "s", "--out", "t.csv", "--embargo", "1 fortnight"],
    'error[definition_invalid]: --embargo: "1 fortnight" is not a duration\n  hint: write a whole number and a unit',
  ],
  [["serve", "--port", "80808"], 'error[bad_request]: --port: "80808" is not a port'],
  [["serve", "--now", "2001-01-01T00:00:00"], 'error[bad_time]: --now: "2001-01-01T00:00:00" has no time zone'],
];

test.concurrent.each(badUsage)("bad usage exits with 2: edgefeat %j", async (args, error) => {
  const { code, stdout, stderr } = await edgefeat(args, { cwd: folderWith() });
  expect(stderr).toContain(error);
  expect([code, stdout]).toEqual([2, ""]);
});

test("with --json bad usage is one object on standard output, and told on standard error", async () => {
  const run = await edgefeat(["plan", "--jsn", "--json"]);
  expect(run.code).toBe(2);
  expect(run.stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(run.json()).toEqual({
    error: { code: "bad_request", message: "unknown option '--jsn'", hint: "did you mean --json?" },
  });
  expect(run.stderr).toContain("error[bad_request]");
});

test("no command at all prints the help and exits with 2", async () => {
  const { code, stdout, stderr } = await edgefeat([]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("Usage: edgefeat");
});

test.each(["20.19.0", "22.17.1"])("Node %s is refused before anything else loads", async (version) => {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
  const run = await edgefeat(["plan", "--json"], { node: ["--import", pretend] });
  expect(run.code).toBe(1);
  expect(run.stderr).toContain(`edgefeat needs Node 22.18 or newer; this is ${version}`);
  expect(run.json().error).toMatchObject({ code: "config_invalid" });
});
