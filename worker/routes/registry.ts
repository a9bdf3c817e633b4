// GET and PUT /v1/registry: the snapshot that the project runs on, or ran on once, replaced only by who knows the one it replaces.
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkConsistency, checkSnapshot } from "../../sdk/registry/index.ts";
import { judged, visibleSnapshot } from "../auth/index.ts";
import { readJson } from "../middleware/body.ts";
import { replaceRegistry } from "../write/registry-change.ts";
import { jsonResponse, type Route } from "./route.ts";

export const getRegistry: Route = {
  method: "GET",
  path: "/v1/registry",
  access: "read",
  scope: "handler",
  async handle({ request, caller }, { registry }) {
    const version = versionOf(new URL(request.url).searchParams);
    const { hash, snapshot } = await (version === null ? registry.load() : registry.earlier(version));
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
  async handle({ request, act }, { config, registry, store }) {
    const expected = expectedHash(request);
    const snapshot = checkConsistency(checkSnapshot(await readJson(request, config.maxBodyBytes)));
    const hash = await replaceRegistry({ registry, store, config }, snapshot, expected);
    act.name = hash;
    return jsonResponse(`{"registry":"${hash}"}`, expected === null ? 201 : 200, { etag: `"${hash}"` });
  },
};

/** Returns the hash that the query asks for; null for the snapshot that answers. */
function versionOf(query: URLSearchParams): string | null {
  const [version, ...more] = query.getAll("version");
  if (version === undefined) return null;
  if (more.length === 0 && /^sha256:[0-9a-f]{64}$/.test(version)) return version;
  throw new EdgefeatError("bad_request", "version: expected the hash of one registry", {
    hint: 'write version=sha256:…, with the 64 digits that the "registry" of an answer had',
  });
}

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
