// Native DuckDB: the engine's suite on one thread and on many, and what is its own.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tableOf, vectorFromTyped } from "../../../offline/datasets/index.ts";
import { openEngine } from "../../../offline/index.ts";
import { engineConformance } from "../../conformance/engine.ts";

for (const threads of [1, 4]) {
  engineConformance(`native DuckDB, ${threads} ${threads === 1 ? "thread" : "threads"},`, {
    open: (options) => openEngine({ engine: "native", threads, ...options }),
    builtIns: true,
  });
}

it("is taken where it is installed", async () => {
  const engine = await openEngine();
  expect(engine.name).toMatch(/^duckdb \d/);
  await engine.close();
});

it("sorts more than its memory by spilling to its folder, and leaves nothing there", async () => {
  const spillFolder = await mkdtemp(join(tmpdir(), "edgefeat-test-"));
  const engine = await openEngine({ engine: "native", threads: 2, memoryLimitBytes: 200_000_000, spillFolder });
  await engine.query(
    "CREATE TABLE wide AS SELECT hash(i) AS k, i, repeat(i::VARCHAR, 10) AS word FROM range(3000000) r(i)",
  );
  const spilled = (await readdir(spillFolder, { recursive: true })).filter((file) => file.endsWith(".tmp"));
  expect(spilled).not.toEqual([]);
  // Its own folder is all that it may reach.
  const inside = `SELECT * FROM read_blob('${spillFolder}/../*')`;
  await expect(engine.query(inside)).rejects.toMatchObject({ code: "sql_error" });
  const sorted = await engine.query(
    "SELECT count(*) FILTER (k < before) FROM (SELECT k, lag(k) OVER (ORDER BY k) AS before FROM wide)",
  );
  expect(sorted.getChildAt(0)?.get(0)).toBe(0n);
  await engine.close();
  expect(await readdir(spillFolder)).toEqual([]);
  await rm(spillFolder, { recursive: true });
}, 60_000);

it("without room to spill, in memory or on disk, a load says so, and what was loaded stays", async () => {
  const engine = await openEngine({ engine: "native", threads: 2, memoryLimitBytes: 40_000_000 });
  await engine.query("SET max_temp_directory_size='1MB'");
  const large = tableOf([
    [
      "a",
      vectorFromTyped(
        { kind: "float64" },
        Float64Array.from({ length: 6_000_000 }, (_, i) => Math.sin(i)),
      ),
    ],
  ]);
  await engine.load("kept", large.slice(0, 10));
  await expect(engine.load("large", large)).rejects.toMatchObject({
    code: "engine_failed",
    message: expect.stringMatching(/^out of memory while loading the table "large"/),
    hint: expect.stringContaining("spillFolder"),
  });
  expect((await engine.query("SELECT count(*) FROM kept")).getChildAt(0)?.get(0)).toBe(10n);
  await engine.close();
}, 60_000);

const module = JSON.stringify(join(import.meta.dirname, "../../../offline/index.ts"));

/** Runs a script in a process of its own, without the native engine's package where `installed` is false. */
function run(script: string, { installed = true } = {}): { stdout: string; stderr: string; status: number | null } {
  const hide = `
    import Module from "node:module";
    const resolve = Module._resolveFilename;
    Module._resolveFilename = (request, ...rest) => {
      if (request === "@duckdb/node-api") throw Object.assign(new Error("hidden"), { code: "MODULE_NOT_FOUND" });
      return resolve(request, ...rest);
    };
  `;
  const text = `${installed ? "" : hide}\nconst { openEngine } = await import(${module});\n${script}`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", text], { encoding: "utf8", timeout: 60_000 });
}

it("takes times to be UTC, whatever the machine's time zone", () => {
  const script = `
    process.env.TZ = "America/New_York";
    const engine = await openEngine({ engine: "native" });
    const found = await engine.query("SELECT CAST(CAST('2024-01-01T23:30:00-02:00' AS TIMESTAMPTZ) AS TIMESTAMP) AS t");
    console.log(new Date(Number(found.getChild("t").get(0))).toISOString());
    await engine.close();
  `;
  expect(run(script)).toMatchObject({ stdout: "2024-01-02T01:30:00.000Z\n", stderr: "", status: 0 });
});

it("is not missed where it is not installed, unless it is asked for by name", () => {
  const { stdout, stderr, status } = run(
    `
    const engine = await openEngine();
    console.log(engine.name.replace(/ .*/, ""));
    await engine.close();
    await openEngine({ engine: "native" }).catch(({ code, hint }) => console.log(code, hint));
  `,
    { installed: false },
  );
  expect([stdout, stderr, status]).toEqual([
    expect.stringMatching(/^duckdb-wasm\nengine_unavailable install it.*npm install @duckdb\/node-api/),
    "",
    0,
  ]);
});

it.each([
  ["left open", ""],
  ["closed", "await engine.close();"],
  ["closed with a call pending", 'engine.query("SELECT 1").catch(() => {}); await engine.close();'],
])("a process whose engine is %s ends by itself", (_, end) => {
  const { stdout, stderr, status } = run(`
    const engine = await openEngine({ engine: "native" });
    await engine.query("SELECT * FROM nowhere").catch((error) => console.log(error.code));
    engine.query("SELECT count(*) AS n FROM range(20000) a(i), range(10000) b(i)").then(
      (table) => console.log(table.getChild("n").get(0)),
      (error) => console.log(error.code),
    );
    ${end}
  `);
  expect([stdout, stderr, status]).toEqual([`sql_error\n${end === "" ? "200000000n" : "engine_failed"}\n`, "", 0]);
});
