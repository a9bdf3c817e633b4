// Configs, definitions and files that are wrong: what is said, and where.
import { expect, test } from "vitest";
import { edgefeat, folderWith } from "./cli-harness.ts";
import { CONFIG, FEATURES, PAYMENTS, REPO } from "./cli-repo.ts";

const historical = ["historical", "--entities", "entities.csv", "--service", "risk_model", "--out", "out.csv"];

interface Case {
  what: string;
  files: Record<string, string>;
  /** Without these files of the repo. */
  without?: string[];
  code: string;
  says: string[];
}

const changed = (from: string | RegExp, to: string | ((text: string) => string)) => ({
  "features.ts": FEATURES.replace(from, to as string),
});

const cases: Case[] = [
  {
    what: "no config",
    files: {},
    without: ["edgefeat.config.ts"],
    code: "config_invalid",
    says: ["there is no edgefeat.config.ts in", "hint: go to the folder that has one, name it with --repo"],
  },
  {
    what: "a config field of the wrong type",
    files: { "edgefeat.config.ts": CONFIG.replace('"pay"', "7") },
    code: "config_invalid",
    says: ["edgefeat.config.ts: project: expected string, got number", "at edgefeat.config.ts:2:16"],
  },
  {
    what: "an unknown config field",
    files: { "edgefeat.config.ts": CONFIG.replace("definitions", "cach: {}, definitions") },
    code: "config_invalid",
    says: ["edgefeat.config.ts", '"cach"', "at edgefeat.config.ts:2:16"],
  },
  {
    what: "a config without default export",
    files: { "edgefeat.config.ts": "export const config = {};" },
    code: "config_invalid",
    says: ["edgefeat.config.ts has no default export"],
  },
  {
    what: "no definitions file",
    files: {},
    without: ["features.ts"],
    code: "definitions_not_found",
    says: ["there is no file features.ts", "hint: make it, or correct definitions in edgefeat.config.ts"],
  },
  {
    what: "a syntax error",
    files: changed("export const risk =", "export const risk = ="),
    code: "definitions_do_not_compile",
    says: [
      'Unexpected "="',
      "at features.ts:23:21",
      '   23 | export const risk = = onDemandView("risk", {',
      `        | ${" ".repeat(20)}^`,
    ],
  },
  {
    what: "a misspelt import of ours",
    files: changed(/featureService/g, "featureServise"),
    code: "definitions_do_not_compile",
    says: [
      'No matching export in "edgefeat:edgefeat" for import "featureServise"',
      "at features.ts:2:",
      'hint: did you mean "featureService"?',
    ],
  },
  {
    what: "an import of nothing",
    files: { "features.ts": `import "./mor.ts";\n${FEATURES}` },
    code: "definitions_do_not_compile",
    says: ['Could not resolve "./mor.ts"', "at features.ts:1:8"],
  },
  {
    what: "code that throws, in a file of its own",
    files: {
      "features.ts": `import "./more.ts";\n${FEATURES}`,
      "more.ts": 'export {};\nthrow new Error("not today");\n',
    },
    code: "definitions_do_not_compile",
    says: ["features.ts failed while it ran: Error: not today", "at more.ts:2:7"],
  },
  {
    what: "a wrong definition",
    files: changed('ttl: "7d"', 'ttl: "7d", aggregations: {}'),
    code: "definition_invalid",
    says: [
      'view "last_payment": it needs either features or aggregations',
      "at features.ts:8:",
      "hint: features make a stored view",
    ],
  },
  {
    what: "two definitions of one name",
    files: changed('onDemandView("risk"', 'onDemandView("payment_stats"'),
    code: "definition_invalid",
    says: ['"payment_stats" is both a feature view and an on-demand view'],
  },
  {
    what: "no definitions at all",
    files: { "features.ts": "export const none = 1;" },
    code: "definition_invalid",
    says: ["features.ts exports no views"],
  },
  {
    what: "an expression of the wrong type",
    files: changed('"spent_1d / limit"', '"spent_1d / shop_name"'),
    code: "expression_type_error",
    says: ["shop_name"],
  },
  {
    what: "no file of a source",
    files: {},
    without: ["data/payments.csv"],
    code: "file_not_found",
    says: ["there is no file data/payments.csv"],
  },
  {
    what: "a source without a feature's column",
    files: changed(/shop: string\(\)|"shop"/g, (text) => text.replace("shop", "shopp")),
    code: "missing_column",
    says: ['there is no column of source "payments" called "shopp"', 'hint: did you mean "shop"?'],
  },
  {
    what: "a source without an aggregation's column",
    files: changed('sum("amount"', 'sum("amout"'),
    code: "missing_column",
    says: ['"amout"', 'hint: did you mean "amount"?'],
  },
  {
    what: "an aggregation of the wrong type",
    files: changed('sum("amount", "1d")', 'sum("shop", "1d")'),
    code: "type_mismatch",
    says: ['view "payment_stats": spent_1d: sum does not take string'],
  },
  {
    what: "a CSV cell of the wrong type",
    files: { "data/payments.csv": PAYMENTS.replace("2.5", "two") },
    code: "type_mismatch",
    says: ["data/payments.csv", "line 3", "amount"],
  },
  {
    what: "no entity file",
    files: {},
    without: ["entities.csv"],
    code: "file_not_found",
    says: ["there is no file entities.csv"],
  },
  {
    what: "an entity file without the join key",
    files: { "entities.csv": "user,event_timestamp,limit\n1,2001-03-02T00:00:00Z,5\n" },
    code: "missing_column",
    says: ["user_id"],
  },
  {
    what: "an entity file without times",
    files: { "entities.csv": "user_id,at,limit\n1,2001-03-02T00:00:00Z,5\n" },
    code: "missing_column",
    says: ["event_timestamp"],
  },
  {
    what: "an entity file without request data",
    files: { "entities.csv": "user_id,event_timestamp\n1,2001-03-02T00:00:00Z\n" },
    code: "missing_column",
    says: ["limit"],
  },
];

test.concurrent.each(cases)("$what is $code", async ({ files, without = [], code, says }) => {
  const repo = Object.fromEntries(Object.entries(REPO).filter(([name]) => !without.includes(name)));
  const run = await edgefeat(historical, { cwd: folderWith({ ...repo, ...files }) });
  expect(run.stderr).toContain(`error[${code}]: `);
  for (const text of says) expect(run.stderr).toContain(text);
  expect([run.code, run.stdout]).toEqual([1, ""]);
});

test("with --json an error is one object, with the place in the file", async () => {
  const folder = folderWith({ ...REPO, ...changed("export const risk =", "export const risk = =") });
  const run = await edgefeat([...historical, "--json"], { cwd: folder });
  expect(run.code).toBe(1);
  expect(run.stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(run.json()).toEqual({
    error: {
      code: "definitions_do_not_compile",
      message: 'Unexpected "="',
      file: "features.ts",
      position: { line: 23, column: 21 },
      details: { errors: [{ text: 'Unexpected "="', line: 23, column: 21 }] },
    },
  });
});

test("an environment variable that the config names and nobody sets is config_invalid", async () => {
  const config = CONFIG.replace("defineConfig }", "defineConfig, env }").replace(
    "definitions:",
    'online: { type: "upstash", url: env("REDIS_URL"), token: env("REDIS_TOKEN") }, definitions:',
  );
  const cwd = folderWith({ ...REPO, "edgefeat.config.ts": config });
  const run = await edgefeat(["plan"], { cwd });
  expect([run.code, run.stderr]).toEqual([
    1,
    "error[config_invalid]: online.url: the environment variable REDIS_URL is not set\n  hint: set it: export REDIS_URL=…\n",
  ]);
  // It is asked for only where it is needed.
  expect((await edgefeat(historical, { cwd })).code).toBe(0);
});

test("without a server plan says how to start one", async () => {
  const run = await edgefeat(["plan"], { cwd: folderWith(REPO) });
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("error[server_unreachable]: no server runs for this folder");
  expect(run.stderr).toContain("edgefeat serve");
});

test("a server that does not answer is server_unreachable", async () => {
  const config = CONFIG.replace(
    "definitions:",
    'online: { type: "durable-object", url: "http://127.0.0.1:9" }, definitions:',
  );
  const run = await edgefeat(["plan"], { cwd: folderWith({ ...REPO, "edgefeat.config.ts": config }) });
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("error[server_unreachable]: http://127.0.0.1:9 cannot be reached");
});
