// Adding a second Redis to one that has served for long: it is filled while writes go on, then stands in.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { controlKey } from "../../../sdk/rows/index.ts";
import { runtimeDeps } from "../../../worker/store/clock.ts";
import { openStore, type StoreChoice } from "../../../worker/store/open.ts";
import { hasRedisServer } from "../../support/redis-server.ts";
import { startUpstash, type Upstash } from "../../support/upstash.ts";

const space = { project: "p", environment: "e" };
const control = controlKey(space);
const keys = Array.from({ length: 2_500 }, (_, i) => `feature:p:e:user:${i}:profile@1`);

describe.skipIf(!hasRedisServer())("a secondary for a primary that has rows", () => {
  let first: Upstash;
  let second: Upstash;
  beforeAll(async () => {
    [first, second] = await Promise.all([startUpstash(), startUpstash()]);
  });
  afterAll(() => Promise.all([first.close(), second.close()]));

  const open = (secondary: StoreChoice | null) =>
    openStore(
      { primary: { kind: "upstash", ...first }, secondary, replica: null, readTimeoutMs: 10_000 },
      {
        ...runtimeDeps,
        space,
        durableObject() {
          throw new Error("there is none here");
        },
      },
    );

  it("serves when it was filled, every row as it is by then", async () => {
    const alone = open(null);
    const row = (key: string, value: string, expected: string | null = null) => ({
      key,
      value,
      expected,
      expireInMs: null,
    });
    await alone.compareAndSet([...keys, control].map((key) => row(key, "old")));

    const both = open({ kind: "upstash", ...second });
    expect((await both.status()).warnings).toEqual([expect.stringContaining("not filled")]);
    let written = 0;
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: { cursor: string | null } | undefined = await both.fill?.(cursor);
      cursor = page?.cursor ?? null;
      pages++;
      // Others write meanwhile.
      const some = keys.slice(written, written + 100);
      await both.compareAndSet(some.map((key) => row(key, "new", "old")));
      written += some.length;
    } while (cursor !== null);
    expect(pages).toBeGreaterThan(1);
    expect((await both.status()).warnings).toEqual([]);

    await first.kill();
    const values = await both.read([...keys, control]);
    expect(values).toEqual([...keys.map((_, i) => (i < written ? "new" : "old")), "old"]);
  });
});
