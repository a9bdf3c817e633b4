// Which route a request is for: a look-up for fixed paths, part by part for those with parameters. A library's router brings
// patterns, a context and middleware, which nothing here uses: Hono's take 6 kB gzipped of a bundle limited to 100, and a
// twentieth of a cached answer's time.
import type { Route } from "./routes/route.ts";

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
  /** The parts of each one's path. */
  readonly #patterns: readonly (readonly string[])[];
  /** Routes without parameters, by method and path. */
  readonly #fixed = new Map<string, FoundRoute>();

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    this.#patterns = routes.map(({ path }) => path.split("/"));
    for (const [index, route] of routes.entries()) {
      const { method, path } = route;
      if (!path.includes(":")) this.#fixed.set(`${method} ${path}`, { route, index, param: () => "" });
    }
  }

  find(method: string, path: string): FoundRoute | null {
    const asked = method === "HEAD" ? "GET" : method;
    const fixed = this.#fixed.get(`${asked} ${path}`);
    if (fixed !== undefined) return fixed;
    const parts = path.split("/");
    const index = this.#patterns.findIndex(
      (pattern, i) => this.#routes[i]?.method === asked && matches(pattern, parts),
    );
    if (index === -1) return null;
    const param = (name: string) =>
      unescaped(parts[this.#patterns[index]?.indexOf(`:${name}`) ?? -1] ?? "", decodeURIComponent);
    return { route: this.#routes[index] as Route, index, param };
  }

  /** The routes at a path, whatever the method. */
  at(path: string): readonly Route[] {
    const parts = path.split("/");
    return this.#routes.filter((_, i) => matches(this.#patterns[i] as string[], parts));
  }
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((part, i) => part === parts[i] || (part.startsWith(":") && parts[i] !== ""))
  );
}

/** Returns the path of a request, unescaped but for what would make other parts of it, and for %25: a part is unescaped once more. */
export function pathOf({ url }: Request): string {
  const from = url.indexOf("/", url.indexOf(":") + 3);
  const end = url.search(/[?#]/);
  const path = end === -1 ? url.slice(from) : url.slice(from, end);
  return path.includes("%") ? unescaped(path, (text) => decodeURI(text.replaceAll("%25", "%2525"))) : path;
}

/** What is no escape, or none of UTF-8, stays as it is. */
function unescaped(text: string, decode: (escaped: string) => string): string {
  try {
    return decode(text);
  } catch {
    return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escaped) => {
      try {
        return decode(escaped);
      } catch {
        return escaped;
      }
    });
  }
}
