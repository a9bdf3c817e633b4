#!/usr/bin/env node
// The launcher: checks Node before anything newer than it loads. Plain JavaScript, so that an old Node can read it too.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  // What was compiled once starts twice as fast. In the system's folder for temporary files; NODE_DISABLE_COMPILE_CACHE=1 leaves it out.
  const { enableCompileCache } = await import("node:module");
  enableCompileCache();
  const { run } = await import("./run.ts");
  process.exitCode = await run(process.argv.slice(2));
} else {
  const message = `edgefeat needs Node 22.18 or newer; this is ${process.versions.node}`;
  const hint = "install a newer Node, or in a checkout run it as: npm run -s edgefeat -- …";
  process.stderr.write(`error[config_invalid]: ${message}\n  hint: ${hint}\n`);
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ error: { code: "config_invalid", message, hint } })}\n`);
  }
  process.exitCode = 1;
}
