// Makes dist/, the package that is published: compiled modules beside their types, and a package.json that names them.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
// --force, because what an earlier run compiled was just removed; an error leaves files out, so only its exit code counts.
const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-b", "--force"], { cwd: root, stdio: "inherit" });
if (tsc.status !== 0) process.exit(1);

const {
  scripts: _,
  devDependencies: __,
  overrides: ___,
  allowScripts: ____,
  ...published
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
const compiled = (source: string) => source.replace(/\.ts$/, ".js");
const exports = Object.fromEntries(
  Object.entries(published["exports"] as Record<string, string>).map(([name, source]) => [
    name,
    { types: source.replace(/\.ts$/, ".d.ts"), default: compiled(source) },
  ]),
);
const bin = Object.fromEntries(
  Object.entries(published["bin"] as Record<string, string>).map(([name, source]) => [name, compiled(source)]),
);
const manifest = { ...published, exports, bin, files: ["**", "!sdk/cli/build.*"] };
writeFileSync(join(dist, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
for (const file of ["LICENSE", "README.md"]) {
  if (existsSync(join(root, file))) copyFileSync(join(root, file), join(dist, file));
}
// Files for other programs: alert rules and a dashboard.
cpSync(join(root, "worker/monitoring"), join(dist, "worker/monitoring"), { recursive: true });
