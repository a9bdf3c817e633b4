// DuckDB-WASM in Node: the engine's suite, and what is Node's own.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openWasmEngine } from "../../../offline/engine/index.ts";
import { openEngine } from "../../../offline/index.ts";
import { engineConformance } from "../../conformance/engine.ts";

engineConformance("DuckDB-WASM in Node", {
  open: (options) => openEngine({ engine: "wasm", ...options }),
  builtIns: false,
});

const module = JSON.stringify(join(import.meta.dirname, "../../../offline/index.ts"));

it.each([
  ["left open", ""],
  ["closed", "await engine.close();"],
  ["closed with a call pending", 'engine.query("SELECT 1").catch(() => {}); await engine.close();'],
])("a process whose engine is %s ends by itself, and prints nothing but its own", (_, end) => {
  const script = `
    const { openEngine } = await import(${module});
    const engine = await openEngine({ engine: "wasm" });
    await engine.query("SELECT * FROM nowhere").catch((error) => console.log(error.code));
    // A long call alone must keep the process up.
    engine.query("SELECT count(*) AS n FROM range(20000) a(i), range(10000) b(i)").then(
      (table) => console.log(table.getChild("n").get(0)),
      (error) => console.log(error.code),
    );
    ${end}
  `;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect([stdout, stderr, status]).toEqual([`sql_error\n${end === "" ? "200000000n" : "engine_failed"}\n`, "", 0]);
});

it("a worker that ends is an error of the call under way, and of those after it", async () => {
  let end: (reason: unknown) => void = () => {};
  const opening = openWasmEngine(
    {
      post: () => setTimeout(() => end("exit code 1")),
      onReply() {},
      onLost: (listener) => (end = listener),
      keepAlive() {},
      terminate: async () => {},
    },
    { wasm: "" },
  );
  await expect(opening).rejects.toMatchObject({
    code: "engine_failed",
    message: expect.stringContaining("exit code 1"),
  });
});
