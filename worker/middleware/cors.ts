// Cross-origin reads from browsers: off unless origins are named, for read routes alone, never with credentials.

/** What a page may send besides what every page may. */
const REQUEST_HEADERS = "authorization, content-type, cache-control, if-none-match";
/** Without credentials a star stands for every header; Authorization is no credential in this sense. */
const EXPOSED_HEADERS = "*";
/** Browsers remember a preflight's answer for as long as this, or for less. */
const MAX_AGE_S = 7_200;

export class Cors {
  readonly #any: boolean;
  readonly #origins: ReadonlySet<string>;

  /** @param origins such as "https://a.example"; "*" allows all, none allows none */
  constructor(origins: readonly string[]) {
    this.#any = origins.includes("*");
    this.#origins = new Set(origins);
  }

  /** False when no page of another origin is let in. */
  get isOn(): boolean {
    return this.#origins.size > 0;
  }

  /** Returns the answer to a preflight for a path whose read routes take `methods`; null for a request that is none. */
  preflight({ headers }: Request, methods: readonly string[]): Response | null {
    const origin = headers.get("origin");
    if (origin === null || !headers.has("access-control-request-method")) return null;
    const response = new Response(null, { status: 204 });
    if (!this.#name(response, origin)) return response;
    response.headers.set("access-control-allow-methods", methods.join(", "));
    response.headers.set("access-control-allow-headers", REQUEST_HEADERS);
    response.headers.set("access-control-max-age", String(MAX_AGE_S));
    return response;
  }

  /** Lets the page that asked read an answer, if its origin is allowed. */
  allow({ headers }: Request, response: Response): void {
    const origin = headers.get("origin");
    if (this.#name(response, origin)) response.headers.set("access-control-expose-headers", EXPOSED_HEADERS);
  }

  /** Answers differ by origin where origins are listed, so caches must keep them apart even for who sends none. */
  #name(response: Response, origin: string | null): boolean {
    if (!this.#any) response.headers.append("vary", "Origin");
    if (origin === null || !(this.#any || this.#origins.has(origin))) return false;
    response.headers.set("access-control-allow-origin", this.#any ? "*" : origin);
    return true;
  }
}
