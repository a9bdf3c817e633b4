// A materialization that is cut off goes on where it stopped, and ends with the same rows.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edgefeat, folderWith, serve } from "./cli-harness.ts";
import { CONFIG, FEATURES, REPO } from "./cli-repo.ts";

/** Returns a proxy to `target` that fails every batch of rows but the first until it is told to be kind. */
async function breakingProxy(target: string) {
  const seen = { batches: 0, kind: false };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url?.startsWith("/v1/rows/") === true && ++seen.batches > 1 && !seen.kind) {
      response.writeHead(502).end("<html>Bad Gateway</html>");
      return;
    }
    const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    const answer = await fetch(`${target}${request.url}`, { method: request.method ?? "GET", headers, ...body });
    response
      .writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
      .end(await answer.text());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, seen, close: () => server.close() };
}

test("a run that was cut off resumes, and running it again changes nothing", async () => {
  const rows = Array.from({ length: 2500 }, (_, i) => `${i},2001-03-01T00:00:00Z,${i / 4},${i},s${i}`);
  const files = {
    ...REPO,
    "features.ts": FEATURES,
    "data/payments.csv": `user_id,at,amount,cents,shop\n${rows.join("\n")}\n`,
  };
  const home = folderWith(files);
  const { url } = await serve(["--port", "0", "--now", "2001-03-02T00:00:00Z"], { cwd: home });
  const { token } = JSON.parse(readFileSync(join(home, ".edgefeat/serve.json"), "utf8"));
  const proxy = await breakingProxy(url);
  const config = CONFIG.replace(
    "definitions:",
    `online: { type: "durable-object", url: "${proxy.url}", token: "${token}" }, definitions:`,
  );
  const cwd = folderWith({ ...files, "edgefeat.config.ts": config });
  const materialize = (start: string) =>
    edgefeat(["materialize", start, "2001-03-02T00:00:00Z", "--views", "last_payment", "--json"], { cwd });
  try {
    expect((await edgefeat(["apply"], { cwd })).code).toBe(0);
    const cut = await materialize("2001-02-01T00:00:00Z");
    // The first, and the second in three attempts.
    expect([cut.code, cut.json().error.code, proxy.seen.batches]).toEqual([1, "server_failed", 4]);
    proxy.seen.kind = true;
    proxy.seen.batches = 0;
    const resumed = await materialize("2001-02-01T00:00:00Z");
    expect(resumed.json().views).toMatchObject([{ keys: 2500, resumed: 1000, written: 1500 }]);
    expect(resumed.stderr).toContain("1,000 written before, by a run that was cut off");
    expect(proxy.seen.batches).toBe(2);
    const whole = await materialize("2001-02-01T00:00:00Z");
    expect(whole.json().views).toMatchObject([{ keys: 2500, resumed: 0, written: 0, unchanged: 2500 }]);
  } finally {
    proxy.close();
  }
});
