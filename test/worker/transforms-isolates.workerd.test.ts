// Transforms and time: how soon every isolate has noticed a change, and what becomes of changes at one time (SEMANTICS 7.3).
import { beforeEach, describe, expect, it } from "vitest";
import { featureView, float64, int64 } from "../../sdk/index.ts";
import { planApply } from "../../sdk/registry/index.ts";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { compiled, lastFlight } from "./support/definitions.ts";
import { type Harness, harness, snapshotFor } from "./support/harness.ts";
import { applied, ask, BOUND_MS, FASTER, PACE, put, remove, replaces } from "./support/transforms.ts";

describe("isolates and transforms: visibleWithinMs after the answer every one has noticed", () => {
  let h: Harness;
  let writer: Harness;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    writer = await applied(h.isolate());
  });

  it("one that is new answers everywhere at once", async () => {
    await ask(h, "last_flight:delay", { request: {} });
    await put(writer, "pace", PACE);
    expect((await ask(h)).json.rows).toEqual([[50.25]]);
  });

  const changes: [string, () => Promise<{ json: any }>, object][] = [
    ["a replaced one", () => put(writer, "pace", FASTER, replaces(1)), { rows: [[100.5]], versions: { pace: 2 } }],
    ["a removed one", () => remove(writer, "pace"), { code: "unknown_view" }],
  ];
  it.each(changes)("%s: on an isolate that answers all it is asked from memory", async (_what, change, after) => {
    await put(writer, "pace", PACE);
    const before = (await ask(h)).json;
    expect(before).toMatchObject({ rows: [[50.25]] });
    h.clock.advance(1);
    const { visibleWithinMs } = (await change()).json;
    expect(visibleWithinMs).toBe(BOUND_MS);
    h.clock.advance(visibleWithinMs - 2);
    h.store.reads.length = 0;
    expect((await ask(h)).json.registry, "within the bound the old one may answer, from memory").toBe(before.registry);
    h.clock.advance(2);
    expect((await ask(h)).json).toMatchObject(after);
  });

  it.each(changes)("%s: on an isolate that was idle for long", async (_what, change, after) => {
    await put(writer, "pace", PACE);
    await ask(h);
    await change();
    h.clock.advance(5 * 3_600_000);
    expect((await ask(h)).json).toMatchObject(after);
  });

  it.each(changes)("%s: on an isolate where another request notices first", async (_what, change, after) => {
    await put(writer, "pace", PACE);
    await ask(h);
    await change();
    h.clock.advance(BOUND_MS);
    const read = h.store.read.bind(h.store);
    const begun = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    h.store.read = async (keys) => {
      h.store.read = read;
      begun.resolve();
      const texts = await read(keys);
      await over.promise;
      return texts;
    };
    const slow = ask(h);
    await begun.promise;
    expect((await ask(h)).json).toMatchObject(after);
    over.resolve();
    expect((await slow).json).toMatchObject(after);
  });

  it.each(changes)("%s: on an isolate that reads other rows all the time", async (_what, change, after) => {
    await put(writer, "pace", PACE);
    await ask(h);
    await change();
    h.clock.advance(10);
    await ask(h, "pace:pace", { entities: { origin: "PDX" } });
    await Promise.all(h.background);
    expect((await ask(h)).json).toMatchObject(after);
  });

  it.each(changes)("%s: on an isolate that was deployed with the old snapshot", async (_what, change, after) => {
    await put(writer, "pace", PACE);
    const { snapshot } = (await h.send("GET", "/v1/registry")).json;
    await change();
    expect((await ask(h.isolate({ snapshot }))).json).toMatchObject(after);
  });

  it.each(changes)("%s: at once for no-cache, and within a request's own bound", async (_what, change, after) => {
    await put(writer, "pace", PACE);
    await ask(h);
    await change();
    const noCache = await h
      .isolate()
      .features(
        { features: ["pace:pace"], entities: { origin: "SEA" }, request: { hours: 2 }, include: ["versions"] },
        { "cache-control": "no-cache" },
      );
    expect(noCache.json).toMatchObject(after);
    h.clock.advance(100);
    expect((await ask(h, "pace:pace", { maxStalenessMs: 100 })).json).toMatchObject(after);
  });

  it("the bound is the server's", async () => {
    const quick = await applied(harness(durableObjectStore(), { cacheTtlMs: 1_000 }));
    const other = quick.isolate();
    await put(quick, "pace", PACE);
    await ask(other);
    const { visibleWithinMs } = (await put(quick, "pace", FASTER, replaces(1))).json;
    expect(visibleWithinMs).toBe(1_000);
    quick.clock.advance(1_000);
    expect((await ask(other)).json.rows).toEqual([[100.5]]);
  });
});

describe("transforms and those who change the registry at the same time", () => {
  let h: Harness;
  let other: Harness;
  beforeEach(async () => {
    h = await applied(harness(durableObjectStore()));
    other = h.isolate();
    await put(h, "pace", PACE);
  });
  const first = (work: () => Promise<unknown>) => {
    h.store.beforeWrite = async () => {
      h.store.beforeWrite = undefined;
      await work();
    };
  };
  const names = async () => (await h.send("GET", "/v1/transforms")).json.transforms.map((t: any) => t.name);

  it("of two names both are there", async () => {
    first(() => put(other, "rest", PACE));
    expect((await put(h, "more", PACE)).status).toBe(201);
    expect(await names()).toEqual(["more", "pace", "rest", "risk", "shout"]);
  });

  it("of two that replace one version, one wins and the other is told", async () => {
    first(() => put(other, "pace", FASTER, replaces(1)));
    const third = { ...PACE, features: { pace: { type: "float64", expression: "distance" } } };
    const late = await put(h, "pace", third, replaces(1));
    expect([late.status, late.json.details]).toEqual([412, { version: 2 }]);
  });

  it("of two that put the same, both are answered alike", async () => {
    first(() => put(other, "pace", FASTER, replaces(1)));
    const late = await put(h, "pace", FASTER, replaces(1));
    expect([late.status, late.json.version]).toEqual([200, 2]);
  });

  it("an apply in between is kept, and its new versions are checked against", async () => {
    const changed = featureView("last_flight", {
      entities: lastFlight.entities,
      source: lastFlight.source,
      features: { delay: int64(), distance: float64({ default: -2 }) },
    });
    first(async () => {
      const { registry, snapshot } = (await other.send("GET", "/v1/registry")).json;
      const next = planApply(snapshot, compiled({ changed })).snapshot;
      const answer = await other.send("PUT", "/v1/registry", next, { "if-match": `"${registry}"` });
      expect(answer.status, answer.text).toBe(200);
    });
    expect((await put(h, "pace", FASTER, replaces(1))).json.version).toBe(2);
    const { views } = (await h.send("GET", "/v1/registry")).json.snapshot;
    expect([views.last_flight.latest, views.risk.latest, views.pace.latest]).toEqual([2, null, 2]);
    expect((await ask(h)).json.versions).toEqual({ pace: 2, last_flight: 1 });
  });

  it("an apply that read the registry before is told, and writes nothing over it", async () => {
    const { registry } = (await h.send("GET", "/v1/registry")).json;
    await put(h, "more", PACE);
    const late = await h.send("PUT", "/v1/registry", snapshotFor(h.project), { "if-match": `"${registry}"` });
    expect([late.status, late.json.code]).toEqual([412, "registry_conflict"]);
    expect(await names()).toContain("more");
  });

  it("gives up when others are always faster", async () => {
    let n = 0;
    h.store.beforeWrite = async () => void (await put(other, `other_${n++}`, PACE));
    const answer = await put(h, "more", PACE);
    expect([answer.status, answer.json.code]).toEqual([503, "store_conflict"]);
  });
});
