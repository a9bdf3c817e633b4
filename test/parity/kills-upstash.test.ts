// Upstash's protocol over a real Redis that writes each command to disk before it answers; it is killed too.
import { afterAll, describe } from "vitest";
import { type Upstash, startUpstash } from "../support/upstash.ts";
import { upstash } from "../support/provided.ts";
import { killsTest } from "./kills.ts";

describe.skipIf(upstash === null)("with redis-server", () => {
  let own: Upstash;
  afterAll(() => own?.close());

  killsTest("upstash", async () => {
    own = await startUpstash({ durable: true });
    const { url, token } = own;
    return { online: { type: "upstash", url, token }, kill: () => own.kill(), restart: () => own.restart() };
  });
});
