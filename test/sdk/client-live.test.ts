// The clients against a real server: every type from the admin call to a typed row and back (SEMANTICS 6).
import { createAdminClient, createClient } from "edgefeat/client";
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { checkSnapshot } from "../../sdk/registry/index.ts";
import { parseTypeName, valueToJson } from "../../sdk/types/index.ts";
import { edgefeat, folderWith } from "./cli-harness.ts";
import { everything } from "./client-live-features.ts";

const NOW = "2001-03-31T00:00:00Z";
const cwd = folderWith({
  "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
    export default defineConfig({ project: "types", definitions: ${JSON.stringify(new URL("client-live-features.ts", import.meta.url).pathname)} });`,
  "none.csv": "user_id,at,bool,int32,int64,float32,float64,decimal,string,bytes,timestamp,list,vector\n",
});
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  server = await startServer({ repo: cwd, nowUs: Date.parse(NOW) * 1000 });
  const { code, stderr } = await edgefeat(["apply"], { cwd });
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => server.close());

const rows = {
  "9223372036854775807": {
    bool: true,
    int32: -(2 ** 31),
    int64: -(2n ** 63n),
    float32: Math.fround(0.1),
    float64: Number.NaN,
    decimal: "-12.30",
    string: 'é"\n',
    bytes: new Uint8Array([0, 255]),
    timestamp: 985_996_800_000_001n,
    list: [1n, 2n ** 63n - 1n],
    vector: new Float32Array([0.5, -0]),
  },
  "-1": {
    bool: false,
    int32: 0,
    int64: 7n,
    float32: Infinity,
    float64: -0,
    decimal: "0.00",
    string: "",
    bytes: new Uint8Array(),
    timestamp: -1n,
    list: [],
    vector: new Float32Array([1, 2]),
  },
  "0": {
    bool: null,
    int32: null,
    int64: null,
    float32: null,
    float64: null,
    decimal: null,
    string: null,
    bytes: null,
    timestamp: null,
    list: null,
    vector: null,
  },
};

test("rows posted by the admin client come back as they were, typed, and null for an unknown id", async () => {
  const admin = createAdminClient({ url: server.url, token: server.token });
  const registry = await admin.getRegistry();
  const { spec } = checkSnapshot(registry?.snapshot).views["all_types"]!.versions["1"]!;
  const body = Object.entries(rows).map(([id, values]) => {
    const members = spec.features.map(
      ({ name, type }) => `"${name}":${valueToJson(parseTypeName(type), values[name as keyof typeof values])}`,
    );
    return `{"entities":{"user_id":${id}},"eventTime":"2001-03-30T00:00:00Z","createdTime":null,"values":{${members.join(",")}}}`;
  });
  const counts = await admin.postRows("all_types", `{"version":1,"rows":[${body.join(",")}]}`);
  expect(counts).toMatchObject({ written: 3, unchanged: 0 });
  await admin.completeMaterialization("all_types", `{"version":1,"start":null,"end":"${NOW}","rows":3}`);
  expect(await admin.getMaterializations()).toMatchObject({ "all_types@1": { start: null, end: NOW } });

  const client = createClient({ url: server.url });
  const answer = await client.getFeatures({
    service: everything,
    entities: { user_id: [9223372036854775807n, -1, 0n, 5, null] },
    include: ["statuses", "eventTimes", "versions"],
  });
  expectTypeOf(answer.rows[0]!.vector).toEqualTypeOf<Float32Array | null>();
  const nothing = rows["0"];
  expect(answer.rows).toStrictEqual([rows["9223372036854775807"], rows["-1"], nothing, nothing, nothing]);
  expect(answer.statuses?.map((status) => status.bool)).toEqual([
    "PRESENT",
    "PRESENT",
    "NULL_VALUE",
    "NOT_FOUND",
    "NOT_FOUND",
  ]);
  expect(answer.eventTimes?.map((time) => time.bool)).toEqual([
    ...Array.from({ length: 3 }, () => "2001-03-30T00:00:00Z"),
    null,
    null,
  ]);
  expect(answer).toMatchObject({
    now: NOW,
    versions: { all_types: 1 },
    absent: [
      [3, "all_types", "NOT_FOUND"],
      [4, "all_types", "NOT_FOUND"],
    ],
  });
});

test("as Arrow, the rows are the same as by JSON, and by their own types without a definition", async () => {
  const client = createClient({ url: server.url, arrow: () => import("edgefeat/client/arrow") });
  const entities = { user_id: [9223372036854775807n, -1, 0n, 5, null] };
  const [json, typed, untyped] = await Promise.all([
    client.getFeatures({ service: everything, entities }),
    client.getFeaturesArrow({ service: everything, entities }),
    client.getFeaturesArrow({ service: "everything", entities }),
  ]);
  expect(typed.rows()).toStrictEqual(json.rows);
  expect(untyped.rows()).toStrictEqual(json.rows);
  expect(typed.column("vector")).toStrictEqual(json.rows.map((row) => row.vector));
  const { now, registry, features, absent, errors } = json;
  expect(typed).toMatchObject({ now, registry, features, absent, errors, versions: { all_types: 1 }, rowCount: 5 });
});

test("as a matrix, numbers, booleans and vectors are float32, and what is missing NaN", async () => {
  const client = createClient({ url: server.url });
  const features = ["bool", "int64", "vector", "float32"].map((name) => `all_types:${name}`);
  const matrix = await client.getFeatureMatrix({ features, entities: { user_id: [-1, 5, 9223372036854775807n] } });
  expect(matrix).toMatchObject({
    rows: 3,
    columns: 5,
    features,
    now: NOW,
    absentCount: 1,
    errorCount: 0,
  });
  const nothing = [Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const expected = [[0, 7, 1, 2, Infinity], nothing, [1, -(2 ** 63), 0.5, -0, Math.fround(0.1)]];
  expect([...matrix.values]).toEqual(expected.flat());
  await expect(client.getFeatureMatrix({ service: everything, entities: { user_id: -1 } })).rejects.toMatchObject({
    code: "type_mismatch",
  });
});

test("the server's errors are typed errors, and a replaced registry is a conflict", async () => {
  const client = createClient({ url: server.url });
  await expect(client.getFeatures({ features: ["all_types:strin"], entities: { user_id: 1 } })).rejects.toMatchObject({
    name: "EdgefeatError",
    code: "unknown_feature",
    hint: 'did you mean "string"?',
    pointer: "/features/0",
    details: { status: 404 },
  });
  const admin = createAdminClient({ url: server.url, token: server.token });
  const registry = await admin.getRegistry();
  await expect(
    admin.putRegistry({ ...(registry?.snapshot as object), services: {} }, `sha256:${"0".repeat(64)}`),
  ).rejects.toMatchObject({
    code: "registry_conflict",
  });
  await expect(createAdminClient({ url: server.url, token: "wrong" }).putRegistry({}, null)).rejects.toMatchObject({
    code: "unauthorized",
  });
});
