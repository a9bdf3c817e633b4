// GET and PUT /v1/registry: the snapshot that the project runs on, replaced only by who knows the one it replaces.
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkConsistency, checkSnapshot, snapshotShape } from "../../sdk/registry/index.ts";
import { judged, visibleSnapshot } from "../auth/index.ts";
import { readJson } from "../middleware/body.ts";
import { replaceRegistry } from "../write/registry-change.ts";
import { json } from "./doc.ts";
import { HASH, object, schemaRef } from "../pages/json-schema.ts";
import { jsonResponse, type Route } from "./route.ts";

const REGISTRY = json(object({ registry: HASH }));

export const getRegistry: Route = {
  method: "GET",
  path: "/v1/registry",
  access: "read",
  scope: "handler",
  doc: {
    summary: "The registry snapshot that answers",
    headers: { "if-none-match": "the registry known" },
    answers: { 200: json(object({ registry: HASH, snapshot: schemaRef("Snapshot") })), 304: {} },
    answerHeaders: { etag: "the registry" },
    errors: ["registry_not_found"],
  },
  async handle({ request, caller }, { registry }) {
    const { hash, snapshot } = await registry.load();
    const etag = `"${hash}"`;
    if (etagsOf(request.headers.get("if-none-match")).includes(hash))
      return new Response(null, { status: 304, headers: { etag } });
    const visible = visibleSnapshot(judged(caller), snapshot);
    return jsonResponse(`{"registry":"${hash}","snapshot":${JSON.stringify(visible)}}`, 200, { etag });
  },
};

export const putRegistry: Route = {
  method: "PUT",
  path: "/v1/registry",
  access: "admin",
  doc: {
    summary: "Replaces the registry snapshot",
    headers: { "if-match": "the registry to replace; none, or *, where there is none yet" },
    body: snapshotShape,
    answers: { 200: REGISTRY, 201: REGISTRY },
    answerHeaders: { etag: "the registry" },
    errors: [
      "registry_invalid",
      "registry_conflict",
      "project_mismatch",
      "transform_not_bundled",
      "transform_conflict",
      "definition_invalid",
      "expression_syntax_error",
      "expression_type_error",
    ],
  },
  async handle({ request, act }, { config, registry, store }) {
    const expected = expectedHash(request);
    const snapshot = checkConsistency(checkSnapshot(await readJson(request, config.maxBodyBytes)));
    const hash = await replaceRegistry({ registry, store, config }, snapshot, expected);
    act.name = hash;
    return jsonResponse(`{"registry":"${hash}"}`, expected === null ? 201 : 200, { etag: `"${hash}"` });
  },
};

/** Returns the hash in If-Match; null when the request expects that there is no registry yet: no header, or "*". */
function expectedHash(request: Request): string | null {
  const [hash, ...more] = etagsOf(request.headers.get("if-match"));
  if (more.length > 0)
    throw new EdgefeatError("bad_request", "If-Match names several registries", { hint: "name the one you read" });
  return hash === undefined || hash === "*" ? null : hash;
}

/** Returns the tags of a header such as If-Match, without quotes; a weak one counts as strong, for proxies weaken them. */
export function etagsOf(header: string | null): string[] {
  const parts = (header ?? "").split(",").map((part) =>
    part
      .trim()
      .replace(/^W\//, "")
      .replace(/^"(.*)"$/, "$1"),
  );
  return parts.filter((part) => part !== "");
}
