// /v1/transforms: on-demand views registered, read and removed at run time; part of the registry snapshot.
import { EdgefeatError } from "../../sdk/errors.ts";
import {
  checkTransform,
  describeTransform,
  type ExpectedTransform,
  listTransforms,
  registerTransform,
  removeTransform,
} from "../../sdk/registry/index.ts";
import { readJson } from "../middleware/body.ts";
import { changeRegistry } from "../write/registry-change.ts";
import { etagsOf } from "./registry.ts";
import { answerJson, jsonResponse, type Route, type Services } from "./route.ts";

export const putTransform: Route = {
  method: "PUT",
  path: "/v1/transforms/:name",
  access: "admin",
  async handle({ request, param, act }, services) {
    const name = param("name");
    const expected = expectedBy(request.headers, "free");
    const definition = checkTransform(await readJson(request, services.config.maxBodyBytes));
    const { made, registry } = await changeRegistry(services, (current) =>
      registerTransform(current, name, definition, expected),
    );
    const { version, created } = made;
    act.name = name;
    act.version = version;
    const body = { name, version, registry: registry.hash, visibleWithinMs: visibleWithinMs(services) };
    return answerJson(body, created ? 201 : 200, { etag: `"${version}"` });
  },
};

export const deleteTransform: Route = {
  method: "DELETE",
  path: "/v1/transforms/:name",
  access: "admin",
  async handle({ request, param, act }, services) {
    const name = param("name");
    const expected = expectedBy(request.headers, "any");
    const { registry } = await changeRegistry(services, (current) => ({
      snapshot: removeTransform(current, name, expected),
    }));
    act.name = name;
    // What answers under the name from now on: the definitions' version, or nothing.
    const version = registry.snapshot.views[name]?.latest ?? null;
    const body = { name, version, registry: registry.hash, visibleWithinMs: visibleWithinMs(services) };
    return answerJson(body);
  },
};

export const getTransform: Route = {
  method: "GET",
  path: "/v1/transforms/:name",
  access: "read",
  async handle({ param }, { registry }) {
    const { hash, snapshot } = await registry.load();
    const transform = describeTransform(snapshot, param("name"));
    const body = JSON.stringify({ ...transform, registry: hash }, exactNumbers);
    return jsonResponse(body, 200, { etag: `"${transform.version}"` });
  },
};

export const getTransforms: Route = {
  method: "GET",
  path: "/v1/transforms",
  access: "read",
  async handle(_call, { registry }) {
    const { hash, snapshot } = await registry.load();
    const transforms = listTransforms(snapshot);
    return jsonResponse(JSON.stringify({ registry: hash, transforms }, exactNumbers));
  },
};

/**
 * Returns how long after a change an isolate may still answer from the registry before it, while the store answers: no
 * answer is made from a snapshot that was not seen to be the current one within the cache's bound.
 */
function visibleWithinMs({ config }: Services): number {
  return config.cacheTtlMs;
}

declare global {
  interface JSON {
    /** Returns what JSON.stringify writes as this text. */
    rawJSON(text: string): unknown;
  }
}

/** Keeps a default what it is: 64 bits of an integer, the sign of a zero. */
function exactNumbers(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return JSON.rawJSON(String(value));
  return Object.is(value, -0) ? JSON.rawJSON("-0") : value;
}

/** Returns what a request's headers expect to find; `otherwise` where they say nothing. @throws bad_request */
function expectedBy(headers: Headers, otherwise: "free" | "any"): ExpectedTransform {
  const noneMatch = headers.get("if-none-match");
  const match = headers.get("if-match");
  if (noneMatch !== null) {
    if (noneMatch.trim() === "*" && match === null) return "new";
    throw new EdgefeatError("bad_request", "If-None-Match can only be *, and without If-Match", {
      hint: 'send If-None-Match: * for a new transform, If-Match: "1" to replace version 1',
    });
  }
  if (match === null) return otherwise;
  const versions = etagsOf(match);
  return versions.includes("*") ? "any" : versions;
}
