// Which route a request is for: Hono's router and reading of paths, without its context and middleware, which nothing here
// uses: they take 5 kB gzipped of a bundle limited to 100, and a twentieth of a cached answer's time.
import { PatternRouter } from "hono/router/pattern-router";
import { getPath, tryDecode } from "hono/utils/url";
import type { Route } from "./routes/route.ts";

export { getPath };

export interface FoundRoute {
  readonly route: Route;
  /** Its place in the table. */
  readonly index: number;
  /** Returns a part of the path that the route names with a colon, unescaped. */
  param(name: string): string;
}

/** What the router answers: the index of each route that matches, and the parts of the path by name. */
type Matched = [[index: number, parts: Record<string, string>][]];

/** Finds routes by method and path; a HEAD request is for the route of its GET. */
export class RouteTable {
  readonly #routes: readonly Route[];
  /** Routes without parameters, by method and path: one look-up, where the router tries a pattern a route. */
  readonly #fixed = new Map<string, FoundRoute>();
  readonly #router = new PatternRouter<number>();

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    for (const [index, route] of routes.entries()) {
      const { method, path } = route;
      if (path.includes(":")) this.#router.add(method, path, index);
      else this.#fixed.set(`${method} ${path}`, { route, index, param: () => "" });
    }
  }

  find(method: string, path: string): FoundRoute | null {
    const asked = method === "HEAD" ? "GET" : method;
    const fixed = this.#fixed.get(`${asked} ${path}`);
    if (fixed !== undefined) return fixed;
    const [[first]] = this.#router.match(asked, path) as Matched;
    // The router takes a trailing slash for none.
    if (first === undefined || path.endsWith("/")) return null;
    const [index, parts] = first;
    const param = (name: string) => tryDecode(parts[name] ?? "", decodeURIComponent);
    return { route: this.#routes[index] as Route, index, param };
  }

  /** The routes at a path, whatever the method. */
  at(path: string): readonly Route[] {
    return this.#routes.filter((route) => matches(route.path, path));
  }
}

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split("/");
  const given = path.split("/");
  return (
    parts.length === given.length &&
    parts.every((part, i) => part === given[i] || (part.startsWith(":") && given[i] !== ""))
  );
}
