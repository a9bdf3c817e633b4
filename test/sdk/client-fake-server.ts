// A fetch that records what the client sends and answers as told.

export interface Sent {
  url: string;
  method: string | undefined;
  headers: Record<string, string>;
  body: string | undefined;
}

/** Returns a fetch that answers `body` with `status`, and what was sent to it so far. */
export function fakeServer(body: string, status = 200): { fetch: typeof fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const fake = (url: string, init: RequestInit = {}): Promise<Response> => {
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    sent.push({ url, method: init.method, headers, body: init.body as string | undefined });
    return Promise.resolve(new Response(body, { status }));
  };
  return { fetch: fake as typeof fetch, sent };
}

/** Returns the JSON text of an answer with one row. */
export function answerOf(features: readonly string[], row: string): string {
  return `{"now":"2001-03-31T00:00:00Z","knownAsOf":"2001-03-30T23:59:59Z","registry":"sha256:ab",
    "features":${JSON.stringify(features)},"rows":[[${row}]],"absent":[[0,"delays","NOT_FOUND"]],"errors":[]}`;
}
