// The Upstash adapter held to the port, inside workerd, through the gateway over a real Redis.
import { afterEach, describe, expect, it, vi } from "vitest";
import { onlineStoreConformance } from "../../conformance/online-store.ts";
import { upstash } from "../../support/provided.ts";
import { createUpstashStore } from "../../../worker/store/upstash.ts";

describe.skipIf(upstash === null)("with redis-server", () => {
  onlineStoreConformance("upstash", () => createUpstashStore(upstash as NonNullable<typeof upstash>));
});

describe("a server that stays silent", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is given up on in workerd too", async () => {
    vi.stubGlobal("fetch", (_url: string, { signal }: { signal: AbortSignal }) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const store = createUpstashStore({ url: "http://127.0.0.1:9", token: "t", readTimeoutMs: 20 });
    await expect(store.read(["a"])).rejects.toMatchObject({
      code: "store_unavailable",
      message: expect.stringContaining("in time"),
    });
  });
});
