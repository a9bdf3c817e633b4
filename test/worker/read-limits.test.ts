// What one request may take: how much it may ask for, bring from the store, and be answered.
import { beforeAll, describe, expect, it } from "vitest";
import { entity, featureView, int32, int64, parquet, string, timestamp, vector } from "../../sdk/index.ts";
import { sizeOf } from "../../sdk/types/index.ts";
import { checkAsked, checkRead, valuesPerRow } from "../../worker/serve/read-limits.ts";
import { compressText } from "../../worker/store/compressed-text.ts";
import { faultOf } from "../support/faults.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { compiled } from "./support/definitions.ts";
import { type Harness, harness, NOW } from "./support/harness.ts";

const user = entity("user", { joinKey: "user_id", type: int64() });
const source = parquet("all", {
  path: "all.parquet",
  eventTime: "at",
  schema: { user_id: int64(), at: timestamp(), text: string(), n: int32(), embedding: vector(1_536) },
});
const texts = featureView("texts", { entities: [user], source, features: { text: string(), n: int32() } });
const embeddings = featureView("embeddings", { entities: [user], source, features: { embedding: vector(1_536) } });

/** Of which a hundredth lies in the store. */
const LARGE = "a".repeat(1_900_000);
const ids = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("a request", () => {
  let h: Harness;
  beforeAll(async () => {
    h = harness(new MemoryStore(), { cacheTtlMs: 0 });
    await h.apply(compiled({ texts, embeddings }));
    for (const user_id of ids(9)) {
      const row = { entities: { user_id }, eventTime: NOW, createdTime: null, values: { text: LARGE, n: user_id } };
      await h.writeRows("texts", [row]);
    }
  });
  const ask = (path: string, body: Record<string, unknown>, accept = "application/json") =>
    h.app.fetch(
      new Request(`http://edgefeat.test${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", accept },
        body: JSON.stringify(body),
      }),
    );

  it("is refused where the rows it reads are larger together than 16 MB, before they are uncompressed", async () => {
    const few = await ask("/v1/features", { features: ["texts:n"], entities: { user_id: ids(8) } });
    expect(await few.json()).toMatchObject({ rows: ids(8).map((n) => [n]) });
    const many = await ask("/v1/features", { features: ["texts:n"], entities: { user_id: ids(9) } });
    expect([many.status, await many.json()]).toEqual([
      413,
      expect.objectContaining({
        code: "request_too_large",
        detail: expect.stringMatching(/^the rows that were asked for have 171\d{5} characters/),
        hint: "at most 16000000 a request: ask for fewer rows",
      }),
    ]);
  });

  it.each([
    ["JSON", "/v1/features", "application/json"],
    ["Arrow", "/v1/features", "application/vnd.apache.arrow.stream"],
    ["Feast's shape", "/get-online-features", "application/json"],
  ])("is refused where its answer as %s is longer than 24 MB, though it reads one row", async (_name, path, accept) => {
    const body = (rows: number) => ({ features: ["texts:text"], entities: { user_id: ids(rows).map(() => 1) } });
    const few = await ask(path, body(12), accept);
    expect([few.status, (await few.arrayBuffer()).byteLength > 12 * LARGE.length]).toEqual([200, true]);
    const many = await ask(path, body(13), accept);
    expect([many.status, await many.text()]).toEqual([413, expect.stringContaining("longer than 24000000 characters")]);
  });

  it("as values in the Worker itself has the same bound", async () => {
    const ask = (rows: number) =>
      h.app.getFeatures({ features: ["texts:text"], entities: { user_id: ids(rows).map(() => 1n) } });
    expect((await ask(12)).rows.length).toBe(12);
    await expect(ask(13)).rejects.toMatchObject({ code: "request_too_large" });
  });

  it("is refused for a million values, each number of a vector counted, before anything is read", async () => {
    const body = (rows: number) => ({ features: ["embeddings:embedding"], entities: { user_id: ids(rows) } });
    expect((await ask("/v1/features", body(651))).status).toBe(200);
    const reads = h.store.reads.length;
    const many = await ask("/v1/features", body(652));
    expect([many.status, await many.json(), h.store.reads.length]).toEqual([
      413,
      expect.objectContaining({
        code: "request_too_large",
        detail: "the request asks for 652 rows of 1536 values, each number of a vector counted",
        hint: "at most 1000000 values: ask for 651 rows at a time, or for fewer features",
      }),
      reads,
    ]);
  });
});

describe("the limits", () => {
  it.each([
    [1_000, 10, 1_000, null],
    [1_001, 1, 1, "1001 rows of 1 views"],
    [1_000, 11, 1, "1000 rows of 11 views"],
    [1_000, 1, 1_001, "1000 rows of 1001 values"],
    [1, 1, 1_000_001, "1 rows of 1000001 values"],
  ])("%d rows of %d views and %d values each", (rows, reads, perRow, refused) => {
    if (refused === null) expect(() => checkAsked(rows, reads, perRow)).not.toThrow();
    else expect(faultOf(() => checkAsked(rows, reads, perRow)).message).toContain(refused);
  });

  it("count a compressed row by what it holds, and only rows that are read for the answer", () => {
    const row = `["${"a".repeat(999_996)}"]`;
    expect(() => checkRead(Array<string>(16).fill(row), 16)).not.toThrow();
    expect(() => checkRead(Array<string>(17).fill(row), 17)).toThrow(/17000000 characters/);
    expect(() => checkRead(Array<string>(17).fill(compressText(row)), 17)).toThrow(/17000000 characters/);
    expect(() => checkRead(Array<string>(17).fill(row), 16)).not.toThrow();
    // What is damaged is told by decoding it, and hides nothing.
    expect(() => checkRead([null, "zz", ...Array<string>(16).fill(row)], 18)).not.toThrow();
    expect(() => checkRead([null, "zz", ...Array<string>(17).fill(row)], 19)).toThrow(/17000000 characters/);
  });

  it("count values by what they take", () => {
    expect(valuesPerRow([])).toBe(0);
    const sizes = [null, 1, 1n, true, "abcde", new Uint8Array(7), new Float32Array(3), ["ab", "c"], ["", ""]].map(
      sizeOf,
    );
    expect(sizes).toEqual([8, 8, 8, 8, 5, 7, 12, 19, 16]);
  });
});
