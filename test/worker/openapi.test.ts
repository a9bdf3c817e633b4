// The OpenAPI document: valid, complete by the route table, true to the schemas that routes check with.
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { errorCodes } from "../../sdk/errors.ts";
import { snapshotShape, transformShape } from "../../sdk/registry/index.ts";
import { statusOf } from "../../worker/middleware/problem.ts";
import { documentedRoutes } from "../../worker/pages/documented-routes.ts";
import { errorCodesOf, openApiOf, type Operation } from "../../worker/pages/openapi-document.ts";
import { jsonSchemaOf } from "../../worker/pages/zod-json-schema.ts";
import { createRoutes } from "../../worker/routes/index.ts";
import { auditRecord } from "../../worker/write/audit.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { harness, NO_HEADER } from "./support/harness.ts";

const routes = documentedRoutes();
const document = openApiOf(routes, false);
const operationOf = (method: string, path: string) =>
  document.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()] as Operation;

it("is a valid document of OpenAPI 3.1", async () => {
  const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
});

it("has every route, and no other", () => {
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
  );
  expect(documented.toSorted()).toEqual(
    createRoutes()
      .map(({ method, path }) => `${method} ${path}`)
      .toSorted(),
  );
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (_name, route) => {
  const { method, path, access, doc } = route;
  const { security, parameters, requestBody, responses, summary } = operationOf(method, path);
  expect(security).toEqual(access === "open" ? [] : [{ token: [access] }]);
  expect(summary).toMatch(/^[A-Z].*[^.]$/);
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  expect(parameters.filter((each) => each.in === "path").map(({ name }) => name)).toEqual(inPath);
  // Routes that take a body are those whose handler reads one; the fuzzer would find the others out.
  expect(requestBody !== undefined).toBe(doc.body !== undefined);
  for (const code of errorCodesOf(route)) {
    expect(errorCodes).toContain(code);
    expect(Object.keys(responses)).toContain(String(statusOf(code)));
  }
  for (const status of Object.keys(doc.answers)) expect(Object.keys(responses)).toContain(status);
});

it("where reads are public, says that they need no token", () => {
  const open = openApiOf(routes, true).paths;
  expect(open["/v1/features"]?.["post"]?.security).toEqual([{}, { token: ["read"] }]);
  expect(open["/v1/registry"]?.["put"]?.security).toEqual([{ token: ["admin"] }]);
});

describe("the JSON Schema of a zod schema is zod's own", () => {
  const bodies = routes.flatMap(({ method, path, doc: { body } }) =>
    body === undefined ? [] : [[`${method} ${path}`, body] as const],
  );
  it.each<readonly [string, z.core.$ZodType]>([
    ...bodies,
    ["snapshot", snapshotShape],
    ["transform", transformShape],
    ["audit record", auditRecord],
    ["nullable enum", z.nullable(z.enum(["a", "b"]))],
    ["limits", z.array(z.number().check(z.gt(0), z.lt(9))).check(z.minLength(1), z.maxLength(3))],
    ["open object", z.catchall(z.object({ a: z.optional(z.string()) }), z.int())],
  ])("%s", (_name, schema) => {
    expect(settled(jsonSchemaOf(schema))).toEqual(
      settled(
        z.toJSONSchema(schema, {
          io: "input",
          unrepresentable: "any",
          override: ({ zodSchema, jsonSchema }) => {
            if (zodSchema._zod.def.type === "custom") jsonSchema.type = "object";
          },
        }),
      ),
    );
  });
});

/** Evens out what two schemas may say differently and mean alike. */
function settled(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(settled);
  if (typeof node !== "object" || node === null) return node;
  const { $schema: _, anyOf, ...rest } = node as Record<string, unknown>;
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, settled(value)]));
  // Of both, the stricter is meant.
  if ("exclusiveMinimum" in copy) delete copy["minimum"];
  if (copy["minimum"] === Number.MIN_SAFE_INTEGER && copy["type"] === "integer") delete copy["minimum"];
  if (copy["maximum"] === Number.MAX_SAFE_INTEGER && copy["type"] === "integer") delete copy["maximum"];
  if ("const" in copy) delete copy["type"];
  if (JSON.stringify(copy["propertyNames"]) === '{"type":"string"}') delete copy["propertyNames"];
  if (anyOf === undefined) return copy;
  const [first, second, ...more] = settled(anyOf) as Record<string, unknown>[];
  const isNullable = more.length === 0 && second?.["type"] === "null" && typeof first?.["type"] === "string";
  if (isNullable && !("enum" in first)) return { ...copy, ...first, type: [first["type"], "null"] };
  return { ...copy, anyOf: settled(anyOf) };
}

describe("over HTTP", () => {
  const h = harness(new MemoryStore(), { publicReads: false });
  it("is served to who may read, and to nobody else", async () => {
    const { status, json } = await h.send("GET", "/openapi.json");
    expect(status).toBe(200);
    expect(json).toEqual(JSON.parse(JSON.stringify(document)));
    expect((await h.send("GET", "/openapi.json", undefined, { authorization: NO_HEADER })).status).toBe(401);
    const made = await h.send("POST", "/v1/tokens", { name: "one view", access: "read", views: ["delays"] });
    const limited = await h.send("GET", "/openapi.json", undefined, { authorization: `Bearer ${made.json.token}` });
    expect(limited.status).toBe(200);
  });
});
