// The reference of the routes as files: the OpenAPI document and its page, for those who need a token to read and for all.
import { docsPage } from "./docs-page.ts";
import { documentedRoutes } from "./documented-routes.ts";
import { openApiOf } from "./openapi-document.ts";

/** Returns the text of each file by its path, as worker/assets.ts asks for them. */
export function referenceFiles(): ReadonlyMap<string, string> {
  const routes = documentedRoutes();
  const files = new Map<string, string>();
  for (const edition of ["public", "token"] as const) {
    const document = openApiOf(routes, edition === "public");
    files.set(`reference/${edition}/openapi.json`, JSON.stringify(document));
    // Hosts of static assets answer a name that ends in .html with a redirect.
    files.set(`reference/${edition}/docs.htm`, docsPage(document));
  }
  return files;
}
