// Which route a request is for: Hono's router and reading of paths, without its context and middleware, which nothing here
// uses: they take 5 kB gzipped of a bundle limited to 100, and a twentieth of a cached answer's time.
import { RegExpRouter } from "hono/router/reg-exp-router";
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

/** Finds routes by method and path; a HEAD request is for the route of its GET. */
export class RouteTable {
  readonly #routes: readonly Route[];
  // It finds a fixed path by one look-up, where others try a pattern a route.
  readonly #router = new RegExpRouter<number>();

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    for (const [index, { method, path }] of routes.entries()) this.#router.add(method, path, index);
  }

  find(method: string, path: string): FoundRoute | null {
    const [found, parts] = this.#router.match(method === "HEAD" ? "GET" : method, path);
    const [first] = found;
    if (first === undefined) return null;
    const [index, places] = first;
    return {
      route: this.#routes[index] as Route,
      index,
      param: (name) => tryDecode((parts as readonly string[])[places[name] as number] ?? "", decodeURIComponent),
    };
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
