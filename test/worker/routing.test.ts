// Which route a request is for, and what its path says once it is unescaped; as Hono's own reading of paths has it.
import fc from "fast-check";
import { getPath } from "hono/utils/url";
import { describe, expect, it } from "vitest";
import { createRoutes } from "../../worker/routes/index.ts";
import { pathOf, RouteTable } from "../../worker/routing.ts";

const table = new RouteTable(createRoutes());

function found(method: string, path: string): string | null {
  const match = table.find(method, path);
  return match === null ? null : `${match.route.method} ${match.route.path}`;
}

describe("a route", () => {
  it.each([
    ["POST", "/v1/features", "POST /v1/features"],
    ["GET", "/v1/features", "GET /v1/features"],
    ["HEAD", "/health", "GET /health"],
    ["POST", "/v1/rows/delays", "POST /v1/rows/:view"],
    ["GET", "/v1/transforms", "GET /v1/transforms"],
    ["HEAD", "/v1/transforms/pace", "GET /v1/transforms/:name"],
    ["POST", "/v1/tokens/0123456789abcdef/rotate", "POST /v1/tokens/:id/rotate"],
    ["DELETE", "/v1/features", null],
    ["POST", "/v1/rows/", null],
    ["POST", "/v1/rows", null],
    ["POST", "/v1/rows/delays/", null],
    ["POST", "/v1/rows/delays/more", null],
    ["POST", "/v1/features/", null],
    ["GET", "//health", null],
    ["get", "/health", null],
    ["GET", "", null],
  ])("%s %s: %s", (method, path, route) => {
    expect(found(method, path)).toBe(route);
  });

  it("has the parts of the path by name, unescaped once more", () => {
    expect(table.find("POST", "/v1/tokens/a%20b%252Fc/rotate")?.param("id")).toBe("a b%2Fc");
    expect(table.find("POST", "/v1/rows/%C3%A9%zz%ff")?.param("view")).toBe("é%zz%ff");
    expect(table.find("POST", "/v1/rows/delays")?.param("id")).toBe("");
    expect(table.find("GET", "/health")?.param("id")).toBe("");
  });

  it("is listed with the others of its path", () => {
    expect(table.at("/v1/transforms/x").map(({ method }) => method)).toEqual(["GET", "PUT", "DELETE"]);
    expect(table.at("/v2")).toEqual([]);
  });
});

describe("a path", () => {
  it.each([
    ["http://host/v1/features?a=b#c", "/v1/features"],
    ["https://host:8080/a/b", "/a/b"],
    ["http://host", "/"],
    ["http://host?a=/b", "/"],
    ["http://host/v1/%66eatures", "/v1/features"],
    ["http://host/a%2Fb%3Fc%23d", "/a%2Fb%3Fc%23d"],
    ["http://host/%25%32%35/%C3%A9/%ff", "/%2525/é/%ff"],
  ])("of %s is %s", (url, path) => {
    expect(pathOf(new Request(url))).toBe(path);
  });

  const pieces = [
    "%",
    "%25",
    "%2F",
    "%41",
    "%C3%A9",
    "%c3",
    "%00",
    "%ED%A0%80",
    "%3F",
    "/",
    "?",
    "#",
    "a",
    "é",
    "\\",
    "..",
  ];
  it("is what Hono reads, but where an escape begins in what is none", () => {
    const piece = fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (parts) => {
        const text = `http://edgefeat.test/${parts.join("")}`;
        fc.pre(URL.canParse(text) && !/%[0-9A-Fa-f]?%[0-9A-Fa-f]{2}/.test(text));
        const request = new Request(text);
        expect(pathOf(request)).toBe(getPath(request));
      }),
      { numRuns: 2_000 },
    );
  });
});
