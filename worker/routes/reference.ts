// GET /openapi.json and /docs: what every route takes and answers, for tools and for people; made when the package is built.
import { referenceFile } from "../assets.ts";
import { jsonResponse, type Route } from "./route.ts";

export const HTML_TYPE = "text/html; charset=utf-8";

/** For all who may read, limited or not: nothing in either is the project's. */
const FOR_READERS = { method: "GET", access: "read", scope: "handler" } as const;

/** The page holds all it needs, and no script. */
const PAGE_HEADERS = {
  "content-type": HTML_TYPE,
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  "x-content-type-options": "nosniff",
};

export const getOpenApi: Route = {
  ...FOR_READERS,
  path: "/openapi.json",
  async handle(_call, services) {
    return jsonResponse(await referenceFile(services, "openapi.json"));
  },
};

export const getDocs: Route = {
  ...FOR_READERS,
  path: "/docs",
  async handle(_call, services) {
    return jsonResponse(await referenceFile(services, "docs.htm"), 200, PAGE_HEADERS);
  },
};
