// GET and PUT /v1/rows/:view: what rows say of themselves, and rows in place of others that are wrong.
import { beforeEach, describe, expect, it } from "vitest";
import { durableObjectStore, stores } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, NOW } from "./support/harness.ts";
import { eventOf, flightAt, pushDefinitions } from "./support/push.ts";
import { packedTiles } from "./support/tiles.ts";

const EARLIER = "2001-03-31T09:00:00Z";
const NOTHING = { written: 0, unchanged: 0, superseded: 0, expired: 0, conflicts: 0, version: 1 };

describe.each(stores)("rows listed and replaced over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore(), { auditIn: "store" });
    await h.apply();
  });

  const list = async (view: string, query = "", by = h) => (await by.send("GET", `/v1/rows/${view}${query}`)).json;
  const all = async (view: string) => {
    const rows = [];
    let cursor: string | null = null;
    do {
      const page: any = await list(view, cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`);
      rows.push(...page.rows);
      cursor = page.cursor;
    } while (cursor !== null);
    return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  };
  const revision = async (view: string, id: string) =>
    (await list(view, `?id=${encodeURIComponent(id)}`)).rows[0]?.revision;
  const put = (view: string, body: object, headers = {}) =>
    h.send("PUT", `/v1/rows/${view}`, { until: NOW, ...body }, headers);
  const delay = async (origin = "SEA") =>
    (await h.features({ features: ["last_flight:delay"], entities: { origin } }, { "cache-control": "no-cache" })).json
      .rows[0][0];

  it("lists every key of a view, of that view alone, with its times and revision", async () => {
    const origins = ["SEA", "PDX", "a:b+c %", ""];
    await h.writeRows(
      "last_flight",
      origins.map((origin) => flightRow(origin, EARLIER)),
    );
    const packed = packedTiles([{ time: "2001-03-31T11:45:00Z", delay: 11n, distance: 1 }], NOW);
    await h.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin: "SEA" }, packed }] });
    const rows = await all("last_flight");
    expect(rows.map(({ id }) => id)).toEqual(["", "PDX", "SEA", "a%3Ab%2Bc%20%25"]);
    expect(rows[1]).toEqual({
      id: "PDX",
      revision: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventTime: EARLIER,
      writtenAt: NOW,
    });
    expect(await all("delays")).toMatchObject([{ id: "SEA", eventTime: "2001-03-31T11:45:00Z", boundary: NOW }]);
    const some = await list("last_flight", `?id=SEA&id=${encodeURIComponent("a%3Ab%2Bc%20%25")}&id=nobody`);
    expect([some.rows.length, some.cursor]).toEqual([2, null]);
    const before = await revision("last_flight", "PDX");
    await h.writeRows("last_flight", [flightRow("PDX", NOW, { delay: 9 })]);
    expect(await revision("last_flight", "PDX")).not.toBe(before);
  });

  it("takes no id that is none", async () => {
    for (const id of ["a:b", "x/../y", "a b", "é"]) {
      expect((await h.send("GET", `/v1/rows/last_flight?id=${encodeURIComponent(id)}`)).status).toBe(400);
    }
    expect((await h.send("GET", "/v1/rows/last_flight?version=x")).status).toBe(400);
    expect((await h.send("GET", "/v1/rows/last_flight?version=9")).json.code).toBe("unknown_version");
  });

  it("writes an older row over a newer one, which no other write can", async () => {
    await h.writeRows("last_flight", [flightRow("SEA", NOW, { delay: 1 })]);
    const row = flightRow("SEA", EARLIER, { delay: 2 });
    expect((await h.writeRows("last_flight", [row])).json).toEqual({ ...NOTHING, superseded: 1 });
    const seen = await revision("last_flight", "SEA");
    expect((await put("last_flight", { rows: [{ ...row, revision: seen }] })).json).toEqual({ ...NOTHING, written: 1 });
    expect(await delay()).toBe(2);
    // The same again finds another revision.
    expect((await put("last_flight", { rows: [{ ...row, revision: seen }] })).json).toEqual({
      ...NOTHING,
      superseded: 1,
    });
  });

  it("takes a row away, makes one where there is none, and does neither where it is otherwise by then", async () => {
    await h.writeRows("last_flight", [flightRow("SEA", EARLIER, { delay: 1 })]);
    const entities = { origin: "SEA" };
    expect((await put("last_flight", { rows: [{ entities, values: null, revision: null }] })).json).toEqual({
      ...NOTHING,
      superseded: 1,
    });
    const seen = await revision("last_flight", "SEA");
    expect((await put("last_flight", { rows: [{ entities, values: null, revision: seen }] })).json).toEqual({
      ...NOTHING,
      written: 1,
    });
    expect([await delay(), await revision("last_flight", "SEA")]).toEqual([null, undefined]);
    const row = { ...flightRow("SEA", EARLIER, { delay: 5 }), revision: null };
    expect((await put("last_flight", { rows: [row] })).json).toEqual({ ...NOTHING, written: 1 });
    expect(await delay()).toBe(5);
  });

  it("leaves a row that is still to come where it is", async () => {
    const soon = "2001-03-31T12:00:03Z";
    await h.writeRows("last_flight", [flightRow("SEA", EARLIER, { delay: 1 }), flightRow("SEA", soon, { delay: 7 })]);
    const row = {
      ...flightRow("SEA", "2001-03-31T08:00:00Z", { delay: 2 }),
      revision: await revision("last_flight", "SEA"),
    };
    expect((await put("last_flight", { rows: [row] })).json).toEqual({ ...NOTHING, written: 1 });
    expect(await delay()).toBe(2);
    expect((await list("last_flight", "?id=SEA")).rows[0].eventTime).toBe(soon);
  });

  it("refuses a row without a revision, a time that is none, and who is no admin", async () => {
    const row = flightRow("SEA", EARLIER);
    expect((await put("last_flight", { rows: [row] })).json).toMatchObject({ code: "bad_request", pointer: "/rows/0" });
    expect((await put("last_flight", { until: "yesterday", rows: [] })).json).toMatchObject({
      code: "bad_time",
      pointer: "/until",
    });
    expect((await put("last_flight", { tiles: [] })).json.code).toBe("bad_request");
    const tokens = {} as Record<string, string>;
    for (const access of ["read", "write", "admin"]) {
      tokens[access] = (await h.send("POST", "/v1/tokens", { name: access, access })).json.token;
    }
    const as = (access: string) => ({ authorization: `Bearer ${tokens[access]}` });
    const statuses = [];
    for (const access of ["read", "write", "admin"]) {
      statuses.push([
        (await h.send("GET", "/v1/rows/last_flight", undefined, as(access))).status,
        (await put("last_flight", { rows: [] }, as(access))).status,
      ]);
    }
    expect(statuses).toEqual([
      [403, 403],
      [200, 403],
      [200, 200],
    ]);
    expect(
      (await h.send("GET", "/v1/audit")).json.records.find(({ route }: any) => route.startsWith("PUT /v1/rows")),
    ).toMatchObject({
      route: "PUT /v1/rows/:view",
      view: "last_flight",
      status: 200,
    });
  });
});

describe("tiles replaced", () => {
  it("keep B and what is pending; of what was pushed before, nothing counts again", async () => {
    const h = harness(durableObjectStore());
    await h.apply(pushDefinitions());
    const push = async (...ids: string[]) =>
      (await h.send("POST", "/v1/push/pushed", { events: ids.map((id) => eventOf(flightAt(id, TIMES[id] as string))) }))
        .json;
    const TIMES: Record<string, string> = {
      a: "2001-03-31T11:30:00Z",
      b: "2001-03-31T11:59:00Z",
      soon: "2001-03-31T12:00:02Z",
      later: "2001-03-31T11:59:30Z",
    };
    expect(await push("a", "b", "soon")).toMatchObject({ accepted: 3 });
    const [row] = (await h.send("GET", "/v1/rows/pushed")).json.rows;
    expect(row).toMatchObject({ id: "SEA", eventTime: TIMES["b"], boundary: null });
    // Nothing in place of two events: as if they had never been.
    const tiles = [{ entities: { origin: "SEA" }, packed: null, revision: row.revision }];
    expect((await h.send("PUT", "/v1/rows/pushed", { until: NOW, tiles })).json).toEqual({ ...NOTHING, written: 1 });
    const read = async () =>
      (
        await h.features(
          { features: ["pushed:events_1h"], entities: { origin: "SEA" } },
          { "cache-control": "no-cache" },
        )
      ).json.rows[0][0];
    expect(await read()).toBe(0);
    expect(await push("a", "b")).toMatchObject({ accepted: 0, deferred: 2 });
    // What is pending is still known, and later than all that was there.
    expect(await push("soon")).toMatchObject({ accepted: 0 });
  });
});
