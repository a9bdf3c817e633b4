// The OpenAPI document as a page to read: every route with what it takes and answers, in HTML and CSS alone.
import type { JsonSchema } from "./json-schema.ts";
import type { Answer, Content, OpenApi, Operation, Parameter } from "./openapi-document.ts";

const STYLE = `:root{color-scheme:light dark}body{margin:auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
a{color:light-dark(#0550ae,#7ab7ff)}small{color:light-dark(#555,#aaa)}code,pre{font-family:ui-monospace,monospace;font-size:.875em}
pre{background:#8882;padding:.75rem;white-space:pre-wrap}ul{list-style:none;padding:0;columns:20rem}
section{border-top:1px solid #8888;margin-top:2rem}h2{font-size:1.25rem}h3{font-size:1rem;margin:1rem 0 0}p,dl,dd,pre{margin:.25rem 0}dd{margin-left:1rem}`;

/** Returns the page of a document. */
export function docsPage({ info, paths, components }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      title: `<code>${method.toUpperCase()} ${path}</code>`,
      operation,
    })),
  );
  const links = operations.map(({ title, operation }) => `<li><a href="#${operation.operationId}">${title}</a>`);
  const sections = [
    ...operations.map(({ title, operation }) => section(operation.operationId, title, operationHtml(operation))),
    ...Object.entries(components.schemas).map(([name, schema]) => section(name, name, schemaHtml(schema))),
  ];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${info.title}</title><style>${STYLE}</style><main><h1>${info.title} <small>${info.version}</small></h1><p>${info.description} For tools: <a href="openapi.json">openapi.json</a>. A token is sent as <code>Authorization: Bearer …</code><nav><ul>${links.join("")}</ul></nav>${sections.join("")}</main></html>`;
}

function section(id: string, title: string, body: string): string {
  return `<section id="${id}"><h2>${title}</h2>${body}</section>`;
}

function operationHtml({ summary, description, parameters, requestBody, responses }: Operation): string {
  const answers = Object.entries(responses);
  const errors = answers.filter(([status]) => status >= "400");
  return `<p>${escape(summary)}.<p><small>${description}</small>${
    parameters.length === 0 ? "" : `<h3>Parameters</h3><dl>${parameters.map(parameterHtml).join("")}</dl>`
  }${requestBody === undefined ? "" : `<h3>Body</h3>${contentHtml(requestBody.content)}`}${answers
    .filter(([status]) => status < "400")
    .map(answerHtml)
    .join(
      "",
    )}<h3>Errors</h3>${errors.map(([status, { description: codes }]) => `<p><code>${status}</code> ${codes}`).join("")}`;
}

function parameterHtml({ name, in: place, description, schema }: Parameter): string {
  return definition(name, `${place}, ${typeText(schema)}`, description ?? schema["description"]);
}

function answerHtml([status, { headers = {}, content = {} }]: [string, Answer]): string {
  const told = Object.entries(headers).map(([name, header]) => definition(name, "header", header.description));
  return `<h3>Answer <code>${status}</code></h3>${contentHtml(content)}<dl>${told.join("")}</dl>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Returns a text as HTML, for content and for attributes in double quotes. */
function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
}

function definition(name: string, kind: string, said: unknown = ""): string {
  return `<dt><code>${name}</code> <small>${escape(kind)}</small><dd>${escape(String(said))}`;
}

function contentHtml(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<p><small>${type}</small>${schemaHtml(schema)}`)
    .join("");
}

function schemaHtml(schema: JsonSchema): string {
  return `<pre>${escape(typeText(schema)).replace(/#(\w+)/g, '<a href="#$1">$1</a>')}</pre>`;
}

/** Returns a schema as a reader of types would write it; what is told elsewhere as #Name. */
function typeText(schema: JsonSchema, indent = ""): string {
  const { $ref, type, format, items, prefixItems, properties, additionalProperties, required = [] } = schema;
  const of = (part: unknown, more = ""): string => typeText(part as JsonSchema, indent + more);
  const each = (parts: unknown, between: string): string => (parts as unknown[]).map((part) => of(part)).join(between);
  const values = schema["enum"] ?? ("const" in schema ? [schema["const"]] : undefined);
  const choices = schema["anyOf"] ?? schema["oneOf"];
  const [kind, orNull] = [type].flat();
  if (typeof $ref === "string") return $ref.replace(/.*\//, "#");
  if (values !== undefined) return (values as unknown[]).map((value) => JSON.stringify(value)).join(" | ");
  if (choices !== undefined) return each(choices, " | ");
  if (prefixItems !== undefined) return `[${each(prefixItems, ", ")}]`;
  if (orNull === "null") return `${of({ ...schema, type: kind })} | null`;
  if (items !== undefined) {
    const element = of(items);
    return /^[^{]* \| /.test(element) ? `(${element})[]` : `${element}[]`;
  }
  if (properties !== undefined) {
    const lines = Object.entries(properties as object).map(
      ([name, member]) =>
        `${indent}  ${name}${(required as string[]).includes(name) ? "" : "?"}: ${of(member, "  ")};\n`,
    );
    return `{\n${lines.join("")}${indent}}`;
  }
  if (typeof additionalProperties === "object") return `{ [name]: ${of(additionalProperties)} }`;
  return type === undefined ? "any" : String(format ?? [type].flat().join(" | "));
}
