// Answers as Arrow and as matrices: every type to the bit, against streams that another Arrow library wrote.
import {
  csv,
  entity,
  featureService,
  featureView,
  type Field,
  list,
  max,
  int64,
  float64,
  string,
  timestamp,
} from "edgefeat";
import { createClient } from "edgefeat/client";
import { decodeArrow } from "edgefeat/client/arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { writeArrow } from "../../offline/datasets/arrow-ipc.ts";
import type { ServiceColumn } from "../../sdk/client/service-columns.ts";
import { type Value, type ValueType, typeName } from "../../sdk/types/index.ts";
import { arrowStream } from "../../worker/serve/arrow/stream.ts";
import { bitsOf, valuesOf, valueTypes } from "../support/values.ts";
import { fakeTiming, problem, scriptedServer, type Step } from "./client-fakes.ts";

type Column = readonly [name: string, type: ValueType, values: readonly (Value | null)[]];

const FACTS = {
  now: "2001-03-31T00:00:00Z",
  knownAsOf: "2001-03-30T23:59:59Z",
  registry: "sha256:ab",
  absent: [[1, "v", "NOT_FOUND"]],
  errors: [[0, "v:x", "integer_overflow"]],
  versions: { v: 1 },
};

function streamOf(columns: readonly Column[], metadata: string = JSON.stringify(FACTS)): ArrayBuffer {
  const table = tableOf(columns.map(([name, type, values]) => [name, vectorFromValues(type, values)]));
  const bytes = Buffer.concat([...writeArrow(table, "stream", new Map([["edgefeat", metadata]]))]);
  return new Uint8Array(bytes).buffer;
}

function serverStreamOf(columns: readonly Column[]): ArrayBuffer {
  const named = columns.map(([name, type, values]) => ({ name, type, values }));
  return arrowStream(named, { edgefeat: JSON.stringify(FACTS) }).buffer;
}

const arrow = () => import("edgefeat/client/arrow");

function clientOf(...steps: Step[]) {
  const server = scriptedServer(...steps);
  return { ...server, client: createClient({ url: "http://x", fetch: server.fetch, arrow, timing: fakeTiming() }) };
}

const INT64: ValueType = { kind: "int64" };
const FLOAT64: ValueType = { kind: "float64" };

const user = entity("user", { type: int64() });
const source = csv("events", { path: "events.csv", eventTime: "at" });
const fields = { n: int64(), x: float64(), note: string(), at: timestamp(), tags: list(string()) };
const view = featureView("v", { entities: [user], source, features: fields });

describe("SEMANTICS 6 in Arrow", () => {
  const columnLists = fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.array(fc.constantFrom(...valueTypes), { minLength: 1, maxLength: 6 }))
    .chain(([rows, types]) =>
      fc.tuple(
        ...types.map((type, i) =>
          fc
            .array(fc.option(valuesOf(type)), { minLength: rows, maxLength: rows })
            .map((values): Column => [`view:f${i}`, type, values]),
        ),
      ),
    );

  const writers: [name: string, write: (columns: readonly Column[]) => ArrayBuffer][] = [
    ["apache-arrow", (columns) => streamOf(columns)],
    ["the server", serverStreamOf],
  ];
  it.each(writers)("every value of every type that %s wrote comes back to the bit", (_writer, write) => {
    fc.assert(
      fc.property(columnLists, fc.boolean(), (columns, typed) => {
        const known = columns.map(([reference, type], i): ServiceColumn => ({ reference, name: `f${i}`, type }));
        const answer = decodeArrow(write(columns), typed ? known : undefined);
        const expected = columns.map(([, , values]) => values.map(bitsOf));
        const { rows: all, column } = answer;
        expect(columns.map((_, i) => column(`f${i}`).map((v) => bitsOf(v as Value)))).toEqual(expected);
        expect(columns.map((_, i) => all().map((row) => bitsOf(row[`f${i}`] as Value)))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it.each(valueTypes.map((type) => [typeName(type), type] as const))(
    "%s is checked against the definition",
    (_, type) => {
      const stream = streamOf([["v:x", type, [null]]]);
      for (const other of valueTypes) {
        const decode = () => decodeArrow(stream, [{ reference: "v:x", name: "x", type: other }]);
        if (typeName(other) === typeName(type)) expect(decode().rowCount).toBe(1);
        else expect(decode).toThrow(expect.objectContaining({ code: "server_failed" }));
      }
    },
  );
});

describe("getFeaturesArrow", () => {
  const service = featureService("s", { features: [view] });
  const typeOf = (field: Field<any>): ValueType => field.type;
  const columns: Column[] = [
    ["v:n", typeOf(fields.n), [2n ** 63n - 1n, null]],
    ["v:x", typeOf(fields.x), [-0, Number.NaN]],
    ["v:note", typeOf(fields.note), ["é", null]],
    ["v:at", typeOf(fields.at), [-(2n ** 63n), 985_996_800_000_001n]],
    ["v:tags", typeOf(fields.tags), [["a", ""], []]],
  ];
  const rows = [
    { n: 2n ** 63n - 1n, x: -0, note: "é", at: -(2n ** 63n), tags: ["a", ""] },
    { n: null, x: Number.NaN, note: null, at: 985_996_800_000_001n, tags: [] },
  ];
  const query = { service, entities: { user: [1, 2] } };

  it("asks for a stream, and gives columns, rows, the table, and what JSON would tell beside them", async () => {
    const { client, sent } = clientOf(new Response(streamOf(columns)));
    const answer = await client.getFeaturesArrow(query);
    expect(sent[0]).toMatchObject({
      method: "POST",
      url: "http://x/v1/features",
      headers: { accept: "application/vnd.apache.arrow.stream", "content-type": "application/json" },
      body: '{"service":"s","entities":{"user":[1,2]}}',
    });
    expect(answer).toMatchObject({ ...FACTS, features: columns.map(([name]) => name), rowCount: 2 });
    expect(answer.rows()).toStrictEqual(rows);
    expect(answer.column("note")).toEqual(["é", null]);
    expect(answer.table.getChild("v:x").toArray()).toEqual(new Float64Array([-0, Number.NaN]));
  });

  it("needs no definition, and then names what two views share by both", async () => {
    const both: Column[] = [
      ["home:n", INT64, [1n]],
      ["away@2:n", INT64, [2n]],
      ["home:x", FLOAT64, [0.5]],
    ];
    const { client } = clientOf(new Response(streamOf(both)));
    const answer = await client.getFeaturesArrow({ features: both.map(([name]) => name), entities: { user: 1 } });
    expect(answer.rows()).toEqual([{ home__n: 1n, "away@2__n": 2n, x: 0.5 }]);
    expect(() => answer.column("n")).toThrow(expect.objectContaining({ code: "unknown_feature" }));
  });

  it("takes the server's type for an aggregate that the definition can't type", async () => {
    const totals = featureView("t", { entities: [user], source, aggregations: { most: max("amount", "1h") } });
    const { client } = clientOf(new Response(streamOf([["t:most", INT64, [5n]]])));
    const answer = await client.getFeaturesArrow({
      service: featureService("s", { features: [totals] }),
      entities: { user: 1 },
    });
    expect(answer.column("most")).toEqual([5n]);
  });

  const wrong: [what: string, answer: () => Response][] = [
    ["JSON", () => new Response('{"rows":[]}')],
    ["nothing", () => new Response("")],
    ["Arrow without the rest of the answer", () => new Response(streamOf(columns, ""))],
    ["other features", () => new Response(streamOf(columns.slice(1)))],
    ["another type", () => new Response(streamOf([["v:n", FLOAT64, [1, 2]], ...columns.slice(1)]))],
  ];
  it.each(wrong)("%s is no answer", async (_what, answer) => {
    const { client } = clientOf(answer());
    await expect(client.getFeaturesArrow(query)).rejects.toMatchObject({ code: "server_failed" });
  });

  it("fails and tries again as JSON does", async () => {
    const { client, sent } = clientOf(problem(503, "store_unavailable"), problem(404, "unknown_service"));
    await expect(client.getFeaturesArrow(query)).rejects.toMatchObject({ code: "unknown_service" });
    expect(sent).toHaveLength(2);
  });
});

describe("getFeatureMatrix", () => {
  const matrix = (values: number[], rows: unknown, columns: unknown, features: unknown) =>
    new Response(new Float32Array(values).buffer, {
      headers: {
        "edgefeat-rows": String(rows),
        "edgefeat-columns": String(columns),
        "edgefeat-features": typeof features === "string" ? features : encodeURIComponent(JSON.stringify(features)),
        "edgefeat-now": "2001-03-31T00:00:00Z",
        "edgefeat-known-as-of": "2001-03-30T23:59:59Z",
        "edgefeat-registry": "sha256:ab",
        "edgefeat-absent": "1",
        "edgefeat-errors": "0",
      },
    });
  const query = { features: ["v:x", "v:é"], entities: { user: [1, 2] }, noCache: true, maxStalenessMs: 5 };

  it("asks for bytes, and gives them row after row", async () => {
    const { client, sent } = clientOf(matrix([1, 2, Number.NaN, -0], 2, 2, ["v:x", "v:é"]));
    expect(await client.getFeatureMatrix(query)).toStrictEqual({
      values: new Float32Array([1, 2, Number.NaN, -0]),
      rows: 2,
      columns: 2,
      features: ["v:x", "v:é"],
      widths: null,
      now: "2001-03-31T00:00:00Z",
      knownAsOf: "2001-03-30T23:59:59Z",
      registry: "sha256:ab",
      absentCount: 1,
      errorCount: 0,
    });
    expect(sent[0]).toMatchObject({
      headers: { accept: "application/octet-stream", "cache-control": "no-cache" },
      body: '{"features":["v:x","v:é"],"entities":{"user":[1,2]},"maxStalenessMs":5}',
    });
  });

  it("says what it was told of: names that were too many for a header are null, a vector takes several columns", async () => {
    const answer = matrix([1, 2, 3], 1, 3, ["v:x", "v:é"]);
    answer.headers.delete("edgefeat-features");
    answer.headers.set("edgefeat-widths", "2,1");
    expect(await clientOf(answer).client.getFeatureMatrix(query)).toMatchObject({ features: null, widths: [2, 1] });
  });

  it("is refused in another order than the definition's: a model would take one feature for another", async () => {
    const { client } = clientOf(matrix([1, 2], 1, 2, ["v:x", "v:n"]), matrix([1, 2], 1, 2, ["v@3:n", "v:x"]));
    const numbers = featureService("numbers", { features: [view.pick("n", "x")] });
    const asked = { service: numbers, entities: { user: 1 } };
    await expect(client.getFeatureMatrix(asked)).rejects.toMatchObject({ code: "server_failed" });
    expect((await client.getFeatureMatrix(asked)).features).toEqual(["v@3:n", "v:x"]);
  });

  const wrong: [what: string, answer: () => Response][] = [
    ["JSON", () => new Response('{"rows":[]}')],
    ["fewer bytes", () => matrix([1, 2, 3], 2, 2, ["v:x", "v:y"])],
    ["more bytes", () => matrix([1, 2, 3, 4, 5], 2, 2, ["v:x", "v:y"])],
    ["no numbers", () => matrix([1, 2], "two", 1, ["v:x"])],
    ["no names", () => matrix([1, 2], 2, 1, { "v:x": 1 })],
    ["names in no JSON", () => matrix([1, 2], 2, 1, "v:x")],
    ["names that are badly escaped", () => matrix([1, 2], 2, 1, "%")],
  ];
  it.each(wrong)("%s is no matrix", async (_what, answer) => {
    const { client } = clientOf(answer());
    await expect(client.getFeatureMatrix(query)).rejects.toMatchObject({ code: "server_failed" });
  });
});
