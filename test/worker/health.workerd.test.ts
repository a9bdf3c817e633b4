// What GET /health costs the store: anybody may ask, as often as they like.
import { describe, expect, it } from "vitest";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { harness } from "./support/harness.ts";

describe("health that anybody may ask for", () => {
  it("costs a command a second, whoever asks how often", async () => {
    const h = harness(durableObjectStore());
    const ask = async () => (await h.send("GET", "/health")).json;
    const before = await ask();
    const registry = await h.apply();
    h.store.reads.length = 0;
    for (let i = 0; i < 5; i++) expect((await ask()).registry).toBe(before.registry);
    h.clock.advance(999);
    await ask();
    expect(h.store.reads).toEqual([]);
    h.clock.advance(1);
    const told = await Promise.all([ask(), ask(), ask()]);
    expect(told.map((answer) => answer.registry)).toContain(registry);
    expect(h.store.reads).toHaveLength(1);
    expect((await ask()).registry).toBe(registry);
  });

  it("asks again at once after a failure", async () => {
    const h = harness(durableObjectStore());
    await h.send("GET", "/health");
    h.clock.advance(1_000);
    h.store.failing = true;
    expect((await h.send("GET", "/health")).status).toBe(503);
    h.store.failing = false;
    expect((await h.send("GET", "/health")).status).toBe(200);
  });
});
