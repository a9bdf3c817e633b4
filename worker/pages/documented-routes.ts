// Every route with what the OpenAPI document says of it, which is kept apart so that no Worker carries it.
import { createRoutes } from "../routes/index.ts";
import type { Route } from "../routes/route.ts";
import { featuresDocs } from "./route-docs/features.ts";
import { jobsDocs } from "./route-docs/jobs.ts";
import { operationsDocs } from "./route-docs/operations.ts";
import { registryDocs } from "./route-docs/registry.ts";
import type { RouteDoc, RouteDocs } from "./route-docs/route-doc.ts";
import { rowsDocs } from "./route-docs/rows.ts";

export interface DocumentedRoute extends Route {
  readonly doc: RouteDoc;
}

const DOCS: RouteDocs = { ...featuresDocs, ...rowsDocs, ...jobsDocs, ...registryDocs, ...operationsDocs };

/** Returns the routes of an app, in their order. @throws where one is told of that there isn't, or not told of */
export function documentedRoutes(): readonly DocumentedRoute[] {
  const untold = new Map(Object.entries(DOCS));
  const routes = createRoutes().map((route) => {
    const name = `${route.method} ${route.path}`;
    const doc = untold.get(name);
    if (doc === undefined) throw new Error(`worker/pages/route-docs says nothing of ${name}`);
    untold.delete(name);
    return { ...route, doc };
  });
  const [extra] = untold.keys();
  if (extra !== undefined) throw new Error(`worker/pages/route-docs tells of ${extra}, which is no route`);
  return routes;
}
