// GET /openapi.json and /docs: what every route takes and answers, for tools and for people.
import { docsPage } from "../pages/docs-page.ts";
import { HTML_TYPE, htmlResponse } from "../pages/html.ts";
import { TEXT } from "../pages/json-schema.ts";
import { type OpenApi, openApiOf } from "../pages/openapi-document.ts";
import { json } from "./doc.ts";
import { jsonResponse, type Route } from "./route.ts";

/** For all who may read, limited or not: nothing in either is the project's. */
const FOR_READERS = { method: "GET", access: "read", scope: "handler" } as const;

/** Returns the routes that tell of `others` and of themselves. */
export function createDocRoutes(others: readonly Route[]): readonly Route[] {
  let known: OpenApi | undefined;
  const openApi: Route = {
    ...FOR_READERS,
    path: "/openapi.json",
    doc: { summary: "This document", answers: { 200: json({ type: "object" }) } },
    async handle(_call, { config }) {
      return jsonResponse(JSON.stringify(documentFor(config.publicReads)));
    },
  };
  const docs: Route = {
    ...FOR_READERS,
    path: "/docs",
    doc: { summary: "This document as a page", answers: { 200: { [HTML_TYPE]: TEXT } } },
    async handle(_call, { config }) {
      return htmlResponse(docsPage(documentFor(config.publicReads)));
    },
  };
  const documentFor = (publicReads: boolean) => (known ??= openApiOf([...others, openApi, docs], publicReads));
  return [openApi, docs];
}
