// Cross-origin reads: off unless origins are named, for reads alone, without credentials.
import { describe, expect, it } from "vitest";
import { durableObjectStore } from "../../support/workerd-stores.ts";
import { harness, NO_HEADER } from "../support/harness.ts";

const PAGE = "https://a.example";
const ASKED = { features: ["last_flight:delay"], entities: { origin: "SEA" } };
const OF_CORS = [
  "access-control-allow-origin",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-expose-headers",
  "access-control-allow-credentials",
  "access-control-max-age",
  "vary",
] as const;

function corsOf(headers: Headers): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of OF_CORS) {
    const value = headers.get(name);
    // Answers may differ by other headers too.
    if (name === "vary" ? /\bOrigin\b/.test(value ?? "") : value !== null)
      given[name] = name === "vary" ? "Origin" : (value as string);
  }
  return given;
}
const preflight = (origin = PAGE, method = "POST") => ({
  origin,
  "access-control-request-method": method,
  "access-control-request-headers": "authorization,content-type",
  authorization: NO_HEADER,
});

describe("pages of other origins", () => {
  it("may read nothing by default: no header, and a preflight is a 405", async () => {
    const h = harness(durableObjectStore());
    await h.apply();
    const answer = await h.features(ASKED, { origin: PAGE });
    expect([answer.status, corsOf(answer.headers)]).toEqual([200, {}]);
    const asked = await h.send("OPTIONS", "/v1/features", undefined, preflight());
    expect([asked.status, corsOf(asked.headers)]).toEqual([405, {}]);
  });

  const LISTED = { corsOrigins: [PAGE, "https://b.example"] };
  const ALLOWED = {
    "access-control-allow-methods": "POST, GET",
    "access-control-allow-headers": "authorization, content-type, cache-control, if-none-match",
    "access-control-max-age": "7200",
  };

  it.each<[string, { corsOrigins: string[] }, string, Record<string, string>]>([
    ["a listed one", LISTED, PAGE, { "access-control-allow-origin": PAGE, vary: "Origin", ...ALLOWED }],
    [
      "another listed one",
      LISTED,
      "https://b.example",
      { "access-control-allow-origin": "https://b.example", vary: "Origin", ...ALLOWED },
    ],
    ["one that is not", LISTED, "https://evil.example", { vary: "Origin" }],
    ["one that begins alike", LISTED, `${PAGE}.evil.example`, { vary: "Origin" }],
    ["one of another scheme", LISTED, "http://a.example", { vary: "Origin" }],
    ["a sandboxed page", LISTED, "null", { vary: "Origin" }],
    [
      "any, where all are let in",
      { corsOrigins: ["*"] },
      "https://c.example",
      { "access-control-allow-origin": "*", ...ALLOWED },
    ],
  ])("preflight of %s", async (_name, options, origin, expected) => {
    const h = harness(durableObjectStore(), { ...options, publicReads: false });
    const answer = await h.send("OPTIONS", "/v1/features", undefined, preflight(origin));
    expect([answer.status, answer.text, corsOf(answer.headers)]).toEqual([204, "", expected]);
  });

  it.each<[string, { corsOrigins: string[] }, string, Record<string, string>]>([
    [
      "a listed one",
      LISTED,
      PAGE,
      { "access-control-allow-origin": PAGE, "access-control-expose-headers": "*", vary: "Origin" },
    ],
    ["one that is not", LISTED, "https://evil.example", { vary: "Origin" }],
    ["none", LISTED, NO_HEADER, { vary: "Origin" }],
    [
      "any, where all are let in",
      { corsOrigins: ["*"] },
      "https://c.example",
      { "access-control-allow-origin": "*", "access-control-expose-headers": "*" },
    ],
  ])("a read by %s, its errors too", async (_name, options, origin, expected) => {
    const h = harness(durableObjectStore(), options);
    await h.apply();
    const wrong = { ...ASKED, features: ["no_such:view"] };
    for (const [body, status] of [
      [ASKED, 200],
      [wrong, 404],
    ] as const) {
      const answer = await h.features(body, { origin });
      expect([answer.status, corsOf(answer.headers)]).toEqual([status, expected]);
    }
    const refused = await h.isolate({ publicReads: false }).features(ASKED, { origin, authorization: NO_HEADER });
    expect([refused.status, corsOf(refused.headers)]).toEqual([401, expected]);
  });

  it("write nowhere: no header on a route that writes, and no preflight for its method", async () => {
    const h = harness(durableObjectStore(), LISTED);
    const written = await h.send("POST", "/v1/rows/last_flight", { rows: [] }, { origin: PAGE });
    expect(corsOf(written.headers)).toEqual({});
    expect((await h.send("OPTIONS", "/v1/rows/last_flight", undefined, preflight())).status).toBe(405);
    const shared = await h.send("OPTIONS", "/v1/registry", undefined, preflight(PAGE, "PUT"));
    expect(shared.headers.get("access-control-allow-methods")).toBe("GET");
  });

  it("an OPTIONS that is no preflight is a 405", async () => {
    const h = harness(durableObjectStore(), LISTED);
    const answer = await h.send("OPTIONS", "/v1/features");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST, GET, HEAD"]);
  });
});
