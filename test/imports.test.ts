// The lint rules that keep the tree's direction, proven on a tree that breaks each of them.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

const IMPORTS = "eslint(no-restricted-imports)";
const GLOBALS = "eslint(no-restricted-globals)";
const PROPERTIES = "eslint(no-restricted-properties)";

const cases: [file: string, code: string, rule: string | null][] = [
  // worker → sdk, offline → sdk, and only sdk/cli imports both
  ["sdk/a.ts", 'import { x } from "../worker/x.ts";', IMPORTS],
  ["sdk/deep/er/a.ts", 'import { x } from "../../../worker/store/x.ts";', IMPORTS],
  ["sdk/b.ts", 'import type { X } from "../offline/x.ts";', IMPORTS],
  ["sdk/c.ts", 'export { x } from "../offline/index.ts";', IMPORTS],
  ["sdk/client/a.ts", 'export * from "../../worker/index.ts";', IMPORTS],
  ["sdk/d.ts", 'import { x } from "./cli/x.ts";', IMPORTS],
  ["sdk/e.ts", 'import { x } from "../test/x.ts";', IMPORTS],
  ["sdk/cli/a.ts", 'import { x } from "../../worker/x.ts"; import { y } from "../../offline/y.ts"; x(y);', null],
  ["sdk/cli/b.ts", 'import { x } from "../../test/x.ts";', IMPORTS],
  ["worker/a.ts", 'import { x } from "../offline/x.ts";', IMPORTS],
  ["worker/routes/a.ts", 'import { x } from "../../offline/x.ts";', IMPORTS],
  ["worker/b.ts", 'import { x } from "../sdk/cli/x.ts";', IMPORTS],
  ["worker/c.ts", 'import { x } from "../sdk/x.ts"; x();', null],
  ["worker/index.ts", 'import { x } from "../offline/x.ts";', IMPORTS],
  ["offline/a.ts", 'import { x } from "../worker/x.ts";', IMPORTS],
  ["offline/join/a.ts", 'import { x } from "../../worker/x.ts";', IMPORTS],
  ["offline/b.ts", 'import { x } from "../sdk/cli/x.ts";', IMPORTS],
  ["offline/c.ts", 'import { x } from "../sdk/x.ts"; x();', null],
  ["test/a.ts", 'import { x } from "../worker/x.ts"; import { y } from "../offline/y.ts"; x(y);', null],
  // platforms
  ["sdk/f.ts", 'import { x } from "node:fs";', IMPORTS],
  ["sdk/g.ts", 'import { x } from "cloudflare:workers";', IMPORTS],
  ["sdk/h.ts", 'import { x } from "hono";', IMPORTS],
  ["sdk/i.ts", 'import { x } from "@duckdb/duckdb-wasm";', IMPORTS],
  ["worker/d.ts", 'import { x } from "node:fs";', IMPORTS],
  ["worker/e.ts", 'import { x } from "cloudflare:workers";', IMPORTS],
  ["worker/f.ts", 'import { x } from "@duckdb/duckdb-wasm";', IMPORTS],
  ["worker/store/durable-object.ts", 'import { x } from "cloudflare:workers"; x();', null],
  ["offline/d.ts", 'import { x } from "hono";', IMPORTS],
  ["offline/e.ts", 'import { x } from "@upstash/redis";', IMPORTS],
  // clocks and randomness are passed in
  ["sdk/j.ts", "export const t = () => Date.now();", GLOBALS],
  ["sdk/k.ts", "export const t = () => new Date();", GLOBALS],
  ["sdk/l.ts", "export const r = () => Math.random();", PROPERTIES],
  ["worker/g.ts", "export const t = () => Date.now();", GLOBALS],
  ["worker/h.ts", "export const t = () => performance.now();", GLOBALS],
  ["worker/i.ts", "export const r = () => crypto.randomUUID();", PROPERTIES],
  ["offline/f.ts", "export const t = () => new Date();", GLOBALS],
  ["offline/g.ts", "export const t = () => globalThis.Date.now();", PROPERTIES],
  ["worker/clock.ts", "export const t = () => Date.now();", null],
  ["sdk/cli/c.ts", "export const t = () => Date.now();", null],
];

describe("the lint rules of the tree", () => {
  let tree: string;
  let found: Map<string, string[]>;

  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), "edgefeat-imports-"));
    copyFileSync(join(ROOT, ".oxlintrc.json"), join(tree, ".oxlintrc.json"));
    for (const [file, code] of cases) {
      mkdirSync(dirname(join(tree, file)), { recursive: true });
      writeFileSync(join(tree, file), `${code}\n`);
    }
    const oxlint = join(ROOT, "node_modules/.bin/oxlint");
    const { stdout } = spawnSync(oxlint, ["--format", "json"], { cwd: tree, encoding: "utf8" });
    const report = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
    found = new Map(cases.map(([file]) => [file, []]));
    for (const { code, filename } of report.diagnostics) found.get(filename)?.push(code);
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  it.each(cases.filter(([, , rule]) => rule !== null))("refuse in %s: %s", (file, _code, rule) => {
    expect(found.get(file)).toContain(rule);
  });

  it.each(cases.filter(([, , rule]) => rule === null))("allow in %s: %s", (file) => {
    const restricted = found.get(file)?.filter((code) => [IMPORTS, GLOBALS, PROPERTIES].includes(code));
    expect(restricted).toEqual([]);
  });
});
