// The forms of an answer: JSON, an Arrow stream, a matrix of float32; each says the same.
import { tableFromIPC } from "@uwdata/flechette";
import { beforeEach, describe, expect, it } from "vitest";
import { entity, featureView, float64, parquet, string } from "../../sdk/index.ts";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { compiled } from "./support/definitions.ts";
import { flightRow, type Harness, harness, NOW, TOKEN } from "./support/harness.ts";
import { packedTiles } from "./support/tiles.ts";

const ARROW = "application/vnd.apache.arrow.stream";
const MATRIX = "application/octet-stream";

describe("answers in other forms than JSON", () => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    await h.apply();
    await h.writeRows("last_flight", [
      flightRow("SEA", NOW),
      flightRow("PDX", NOW, { delay: null, carrier: "ß\u0000" }),
    ]);
    const flights = [{ time: "2001-03-31T11:45:00Z", delay: 7n, distance: 800 }];
    await h.send("POST", "/v1/rows/delays", {
      tiles: [{ entities: { origin: "SEA" }, packed: packedTiles(flights, NOW) }],
    });
    await h.writeRows("everything", [
      { entities: { user_id: 1 }, eventTime: NOW, createdTime: null, values: EVERYTHING },
    ]);
  });

  const ask = async (accept: string | null, body: Record<string, unknown>, path = "/v1/features") => {
    const headers = new Headers({ "content-type": "application/json", authorization: `Bearer ${TOKEN}` });
    if (accept !== null) headers.set("accept", accept);
    const request = new Request(`http://edgefeat.test${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return h.app.fetch(request, undefined, { waitUntil: () => {} });
  };
  const MODEL = {
    service: "model",
    entities: { origin: ["SEA", "ZZZ", "PDX"] },
    request: { scheduled: 55, seats: [2, 0, 1] },
  };

  it("Arrow holds the columns of the JSON answer, and the rest as metadata", async () => {
    const json = await (await ask(null, { ...MODEL, include: ["versions"] })).json<Record<string, any>>();
    const response = await ask(ARROW, { ...MODEL, include: ["versions"] });
    expect([response.status, response.headers.get("content-type"), response.headers.get("cache-control")]).toEqual([
      200,
      ARROW,
      "no-store",
    ]);
    const table = tableFromIPC(await response.arrayBuffer(), { useBigInt: true });
    const { features, rows, ...facts } = json;
    expect(table.names).toEqual(features);
    expect(JSON.parse(table.schema.metadata?.get("edgefeat") ?? "")).toEqual(facts);
    const columns = table.names.map((name) =>
      [...table.getChild(name)].map((v) => (typeof v === "bigint" ? Number(v) : v)),
    );
    expect(rows).toEqual(rows.map((_: unknown, r: number) => columns.map((column) => column[r])));
  });

  it("a matrix holds the numbers, NaN where one is missing", async () => {
    interface Answer {
      features: string[];
      rows: (number | null)[][];
      absent: unknown[];
      errors: unknown[];
    }
    const json = await (await ask(null, MODEL)).json<Answer>();
    const response = await ask(MATRIX, MODEL);
    const { headers } = response;
    const numbers = new Float32Array(await response.arrayBuffer());
    const width = json.features.length;
    expect(
      Object.fromEntries(
        ["rows", "columns", "absent", "errors"].map((name) => [name, headers.get(`edgefeat-${name}`)]),
      ),
    ).toEqual({
      rows: "3",
      columns: String(width),
      absent: String(json.absent.length),
      errors: String(json.errors.length),
    });
    expect(JSON.parse(decodeURIComponent(headers.get("edgefeat-features") ?? ""))).toEqual(json.features);
    expect([...numbers]).toEqual(json.rows.flat().map((value) => (value === null ? Number.NaN : Math.fround(value))));
  });

  it("a matrix takes booleans, and a column for each number of a vector", async () => {
    const features = ["a_bool", "embedding", "an_int64", "a_float32"].map((name) => `everything:${name}`);
    const response = await ask(MATRIX, { features, entities: { user_id: [1, 2] } });
    const numbers = [...new Float32Array(await response.arrayBuffer())];
    expect(response.headers.get("edgefeat-columns")).toBe("6");
    expect(response.headers.get("edgefeat-widths")).toBe("1,3,1,1");
    expect(numbers.slice(0, 6)).toEqual([1, 0.5, -2, 3, 2 ** 62, 1.5]);
    expect(numbers.slice(6)).toEqual(Array.from({ length: 6 }, () => Number.NaN));
  });

  it("a matrix leaves the names out where they are too many for a header", async () => {
    const long = Array.from({ length: 150 }, (_, i) => `wide:a_feature_with_a_rather_long_name_${i}`);
    await h.apply(wideDefinitions());
    const many = await ask(MATRIX, { features: long, entities: { origin: "SEA" } });
    expect([many.status, many.headers.get("edgefeat-features"), many.headers.get("edgefeat-columns")]).toEqual([
      200,
      null,
      "150",
    ]);
  });

  it("a matrix refuses what is no number, by name", async () => {
    const response = await ask(MATRIX, {
      features: ["last_flight:delay", "last_flight:carrier"],
      entities: { origin: "SEA" },
    });
    expect([response.status, response.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    expect(await response.json()).toMatchObject({
      code: "type_mismatch",
      detail: expect.stringContaining("last_flight:carrier"),
    });
  });

  it.each([
    [ARROW, ["versions", "statuses"], "/include/1"],
    [MATRIX, ["versions"], "/include/0"],
  ])("%s can't include %j", async (accept, include, pointer) => {
    const response = await ask(accept, { ...MODEL, include });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: "bad_request", pointer }),
    ]);
  });

  it.each([
    [null, "application/json"],
    ["", "application/json"],
    ["*/*", "application/json"],
    ["text/html", "application/json"],
    ["application/json, application/vnd.apache.arrow.stream", "application/json"],
    ["application/vnd.apache.arrow.stream, application/json;q=0.5", ARROW],
    ["APPLICATION/OCTET-STREAM ; q=1", MATRIX],
    ["text/html, application/*", "application/json"],
  ])("Accept: %s is answered as %s", async (accept, type) => {
    const response = await ask(accept, MODEL);
    expect(response.headers.get("content-type")).toBe(type);
    await response.arrayBuffer();
  });

  it("tells how long each stage took", async () => {
    const response = await ask(null, MODEL);
    const stages = (response.headers.get("server-timing") ?? "")
      .split(", ")
      .map((part) => /^(\w+);dur=(\d+(?:\.\d+)?)$/.exec(part));
    expect(stages.map((match) => match?.[1])).toEqual(["plan", "cache", "store", "transform", "encode"]);
    await response.arrayBuffer();
  });
});

function wideDefinitions() {
  const origin = entity("airport", { joinKey: "origin", type: string() });
  const names = Array.from({ length: 150 }, (_, i) => `a_feature_with_a_rather_long_name_${i}`);
  const features = Object.fromEntries(names.map((name) => [name, float64()]));
  const source = parquet("wide_source", { path: "w.parquet", eventTime: "at" });
  return compiled({ wide: featureView("wide", { entities: [origin], source, features }) });
}

const EVERYTHING = {
  a_bool: true,
  an_int32: 1,
  an_int64: 2 ** 62,
  a_float32: 1.5,
  a_float64: 0.1,
  a_decimal: "1.5000",
  a_string: "x",
  some_bytes: "AA==",
  a_time: NOW,
  names: ["a"],
  numbers: [1],
  embedding: [0.5, -2, 3],
};
