// Every store that settings can describe, held to the port inside workerd: guarded alone, and two of them together.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { runtimeDeps } from "../../../worker/store/clock.ts";
import { openStore, type StoreChoice, type StoreSettings } from "../../../worker/store/open.ts";
import { createDurableObjectStore } from "../../../worker/store/durable-object.ts";
import { onlineStoreConformance } from "../../conformance/online-store.ts";
import { storeNamed } from "../../support/workerd-named-stores.ts";
import { upstash } from "../../support/provided.ts";

/** What runs here at once takes longer than it would in production. */
const readTimeoutMs = 20_000;
const durable: StoreChoice = { kind: "durable-object", shards: 1 };
const redis = upstash === null ? null : ({ kind: "upstash", ...upstash } as const);

function opener(settings: Partial<StoreSettings>, name: string) {
  const deps = {
    ...runtimeDeps,
    durableObject: (options: { readonly shards: number }) =>
      createDurableObjectStore(storeNamed(env.STORES, name), options),
  };
  const store = openStore({ primary: durable, secondary: null, replica: null, readTimeoutMs, ...settings }, deps);
  return () => store;
}

onlineStoreConformance("a guarded durable object", opener({}, "guarded"));

describe.skipIf(redis === null)("with redis-server", () => {
  const primary = redis as NonNullable<typeof redis>;
  onlineStoreConformance("a guarded Upstash", opener({ primary }, "none"));
  onlineStoreConformance("Upstash, then a durable object", opener({ primary, secondary: durable }, "second"));
  onlineStoreConformance("a durable object, then Upstash", opener({ secondary: primary }, "first"));
  onlineStoreConformance("Upstash and a replica", opener({ primary, replica: primary }, "none"));

  it("puts every row into both", async () => {
    const store = opener({ primary, secondary: durable }, "both")();
    const key = `both:${crypto.randomUUID()}`;
    await store.compareAndSet([{ key, expected: null, value: "1", expireInMs: null }]);
    expect(await createDurableObjectStore(storeNamed(env.STORES, "both")).read([key])).toEqual(["1"]);
    expect(store.stats?.().parts).toMatchObject({
      primary: { commands: { evalsha: 2 } },
      secondary: { commands: { write: 1 } },
    });
  });
});
