// Makes dist/, the package that is published: compiled modules beside their types, and a package.json that names them.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildReference, buildWorkbench, writeHeaders } from "./assets/build.ts";

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
/** A module, or one a condition. */
type Export = string | { [condition: string]: Export };
const compiled = (source: string) => source.replace(/\.ts$/, ".js");
const exported = (target: Export): Export =>
  typeof target === "string"
    ? { types: target.replace(/\.ts$/, ".d.ts"), default: compiled(target) }
    : mapValues(target, exported);
const mapValues = <T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
const exports = mapValues(published["exports"] as Record<string, Export>, exported);
const bin = mapValues(published["bin"] as Record<string, string>, compiled);
const manifest = { ...published, exports, bin, files: ["**", "!sdk/cli/build.*", "!sdk/cli/assets/main.*"] };
writeFileSync(join(dist, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
for (const file of ["LICENSE", "README.md"]) {
  if (existsSync(join(root, file))) copyFileSync(join(root, file), join(dist, file));
}
// Files for other programs: alert rules and a dashboard.
cpSync(join(root, "worker/monitoring"), join(dist, "worker/monitoring"), { recursive: true });
// What a Worker serves besides its answers: a checkout makes it when it is asked for, a package has it.
const assets = join(dist, "assets");
writeHeaders(assets);
await buildReference(join(assets, "reference"));
await buildWorkbench(join(assets, "workbench"));
