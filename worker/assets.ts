// The files that come with the Worker: the reference of its routes, and the workbench. None holds anything of a project.
import { EdgefeatError } from "../sdk/errors.ts";

/** Answers requests for files by their path; Cloudflare's binding of static assets is one. */
export interface Assets {
  fetch(request: Request): Promise<Response>;
}

/** What a file of the reference is chosen by. */
interface ReferenceParts {
  /** null: none are bound. */
  readonly assets: Assets | null;
  readonly config: { readonly publicReads: boolean };
}

/** Returns the text of a file, of the edition that says who may read here. @throws assets_not_bound */
export async function referenceFile(
  { assets, config }: ReferenceParts,
  name: "openapi.json" | "docs.htm",
): Promise<string> {
  const path = `/reference/${config.publicReads ? "public" : "token"}/${name}`;
  // The name of the host does not matter, as for every service binding.
  const found = await bound(assets).fetch(new Request(`https://assets.invalid${path}`));
  if (found.ok) return found.text();
  if (found.status !== 404) throw new Error(`the static assets answer ${found.status}`);
  throw notBound(`the folder bound as ASSETS has no ${path.slice(1)}`);
}

/**
 * Returns what answers a request for the workbench; null when it is for something else, or for a file that there isn't.
 * Open to all: a browser sends no token for a page, and the page asks its user for one. @throws assets_not_bound
 */
export async function workbenchFile(assets: Assets | null, request: Request, path: string): Promise<Response | null> {
  const { method } = request;
  if (!/^\/workbench(?:\/|$)/.test(path) || (method !== "GET" && method !== "HEAD")) return null;
  if (path === "/workbench") return new Response(null, { status: 308, headers: { location: "/workbench/" } });
  const found = await bound(assets).fetch(request);
  return found.status === 404 ? null : found;
}

function bound(assets: Assets | null): Assets {
  if (assets !== null) return assets;
  throw notBound("this Worker was deployed without its files");
}

function notBound(what: string): EdgefeatError {
  return new EdgefeatError("assets_not_bound", what, {
    hint: "bind the folder of the package's assets as ASSETS: see [assets] in wrangler.toml",
  });
}
