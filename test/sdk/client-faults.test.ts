// Faults of a real network: connections that drop, answers that break off, servers that hang or ask for patience.
import { execFile } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { createClient } from "edgefeat/client";
import { afterEach, expect, test } from "vitest";
import { answerOf } from "./client-fake-server.ts";

type Step = (response: ServerResponse, request: IncomingMessage) => void;

const ANSWER = answerOf(["v:x"], "1");
const query = { features: ["v:x"], entities: { user: 1 } };

const answers: Step = (response) => response.end(ANSWER);
const drops: Step = (response) => response.destroy();
const breaksOff: Step = (response) => {
  response.writeHead(200, { "content-length": ANSWER.length });
  response.write(ANSWER.slice(0, 20), () => response.destroy());
};

let close = () => {};
afterEach(() => close());

/** Returns a server whose requests go as `steps` say, one each. */
async function serverOf(...steps: Step[]): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((request, response) => steps[requests++]?.(response, request));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
}

test("dropped connections and a broken answer cost two more attempts", async () => {
  const { url, requests } = await serverOf(drops, breaksOff, answers);
  expect((await createClient({ url }).getFeatures(query)).rows).toEqual([{ x: 1 }]);
  expect(requests()).toBe(3);
});

test("a server that hangs costs the time limit, and hears that nobody waits any more", async () => {
  let leave = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  const { url, requests } = await serverOf((_response, request) => request.socket.on("close", leave));
  const start = performance.now();
  await expect(createClient({ url, timeoutMs: 200 }).getFeatures(query)).rejects.toMatchObject({
    code: "server_unreachable",
    message: `${url} did not answer within 200 ms`,
  });
  expect(performance.now() - start).toBeGreaterThanOrEqual(195);
  await left;
  expect(requests()).toBe(1);
});

test("Retry-After is waited for", async () => {
  const { url } = await serverOf((response) => {
    response.writeHead(503, { "retry-after": "1" });
    response.end('{"code":"store_unavailable"}');
  }, answers);
  const start = performance.now();
  await createClient({ url }).getFeatures(query);
  expect(performance.now() - start).toBeGreaterThanOrEqual(995);
});

test("a call that is over keeps no process alive", async () => {
  const { url } = await serverOf(answers, drops, drops, drops);
  const script = `import { createClient } from "edgefeat/client";
    const client = createClient({ url: "${url}", timeoutMs: 600_000 });
    console.log((await client.getFeatures({ features: ["v:x"], entities: { user: 1 } })).rows[0].x);
    console.log(await client.getFeatures({ features: ["v:x"], entities: { user: 1 } }).catch((error) => error.code));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    timeout: 15_000,
  });
  expect(stdout).toBe("1\nserver_unreachable\n");
});
