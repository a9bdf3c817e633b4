// POST /v1/push/:view by an isolate that knows the definitions of before (SEMANTICS 7.2, 7.3).
import { beforeEach, describe, expect, it } from "vitest";
import { stores } from "../../support/workerd-stores.ts";
import { type Harness, harness, NOW } from "../support/harness.ts";
import { counts, eventOf, flightAt, pushDefinitions, pushedNext } from "../support/push.ts";

const NONE = { accepted: 0, duplicate: 0, deferred: 0, rejected: [], logged: false, version: 1 };

describe.each(stores)("pushing over %s by an isolate that knows the definitions of before", (_, makeStore) => {
  let h: Harness;
  let other: Harness;
  const into = async (view: string, events: unknown[]) => (await other.send("POST", `/v1/push/${view}`, events)).json;
  beforeEach(async () => {
    h = harness(makeStore());
    await h.apply(pushDefinitions());
    other = h.isolate();
    await other.features({ features: ["pushed:events_1h"], entities: { origin: "PDX" } });
    other.store.reads.length = 0;
  });

  const applyNext = () => h.applyNext(pushDefinitions({ pushed: pushedNext }));

  it("takes one read and one write while they are the same", async () => {
    expect(await into("pushed", [eventOf(flightAt("a", NOW))])).toEqual({ ...NONE, accepted: 1 });
    expect([other.store.reads.length, other.store.writes.length]).toEqual([1, 1]);
    expect(await into("latest", [{ time: NOW, values: {} }])).toMatchObject({
      accepted: 0,
      rejected: [{ index: 0 }],
    });
    expect(await into("nowhere", [{}])).toMatchObject({ code: "unknown_view" });
    expect([other.store.reads.length, other.store.writes.length]).toEqual([3, 1]);
  });

  it("7.2 goes to the versions that there are", async () => {
    await applyNext();
    expect(await into("pushed", [eventOf(flightAt("a", NOW))])).toEqual({ ...NONE, accepted: 1, version: 2 });
    const count = async (version: number, name: string) =>
      (
        await h.features(
          { features: [`pushed@${version}:${name}`], entities: { origin: "SEA" } },
          { "cache-control": "no-cache" },
        )
      ).json;
    expect((await count(1, "events_1h")).rows).toEqual([[1]]);
    expect(other.store.writes).toHaveLength(1);
  });

  it("refuses nothing that they allow by now", async () => {
    await applyNext();
    const bare = { id: "a", time: NOW, values: { origin: "SEA" } };
    expect(await into("pushed", [bare])).toMatchObject({ accepted: 1, rejected: [], version: 2 });
    await h.apply(pushDefinitions({ counts }));
    expect(await into("counts", [bare])).toMatchObject({ accepted: 1 });
  });

  it("gives up where they are others all the time", async () => {
    let next = 0;
    other.store.beforeRead = async () => {
      if (other.store.purposes.at(-1) === "write")
        await h.apply(pushDefinitions(next++ % 2 === 0 ? { pushed: pushedNext } : {}));
    };
    expect(await into("pushed", [eventOf(flightAt("a", NOW))])).toMatchObject({ code: "store_conflict" });
    other.store.beforeRead = undefined;
    expect(await into("pushed", [eventOf(flightAt("a", NOW))])).toMatchObject({ accepted: 1 });
  });
});
