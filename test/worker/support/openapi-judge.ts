// Holds answers of an app to its OpenAPI document: the status, the media type, the shape to its last member, the code.
// Runs in Node and in workerd, where no validator may make code of a schema.
import { type Schema, Validator } from "@cfworker/json-schema";
import type { OpenApi, Operation } from "../../../worker/pages/openapi-document.ts";

export interface ToJudge {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface FoundOperation {
  readonly operation: Operation;
  /** In the document: "/v1/rows/{view}". */
  readonly path: string;
  readonly method: string;
}

const PROBLEM = "application/problem+json";

export class OpenApiJudge {
  readonly #document: OpenApi;
  readonly #closed: OpenApi;
  readonly #validators = new Map<unknown, Validator>();

  constructor(document: OpenApi) {
    this.#document = document;
    this.#closed = closed(document) as OpenApi;
  }

  /** Returns the operation that a request is for; undefined when the document has none. */
  find(method: string, path: string): FoundOperation | undefined {
    const name = (method === "HEAD" ? "GET" : method).toLowerCase();
    const given = path.split("/");
    const isFor = (pattern: string) => {
      const parts = pattern.split("/");
      return (
        parts.length === given.length &&
        parts.every((part, i) => (part.startsWith("{") ? given[i] !== "" : part === given[i]))
      );
    };
    for (const [pattern, operations] of Object.entries(this.#document.paths)) {
      const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (operation !== undefined && isFor(pattern)) return { operation, path: pattern, method: name };
    }
    return undefined;
  }

  /** Returns what is wrong with an answer; null for nothing. */
  fault({ method, path, status, headers, text }: ToJudge): string | null {
    const found = this.find(method, path);
    const type = headers.get("content-type") ?? "";
    if (found === undefined) {
      if (method === "HEAD") return [404, 405].includes(status) ? null : `${status} where there is no route`;
      const fault = this.#shapeFault(this.#closed.components.schemas["Problem"], text);
      const code = status === 404 ? "not_found" : "method_not_allowed";
      if (fault !== null || type !== PROBLEM) return fault ?? `told as ${type}`;
      const said = JSON.parse(text) as { code: string; status: number };
      return said.code === code && said.status === status ? null : `${status} ${said.code} where there is no route`;
    }
    const answer = found.operation.responses[String(status)];
    if (answer === undefined)
      return `${status} is not documented for ${found.method} ${found.path}: ${text.slice(0, 300)}`;
    const { content = {} } = answer;
    if (Object.keys(content).length === 0) return text === "" ? null : "a body where none is documented";
    const media = Object.keys(content).find((documented) => documented === type);
    if (media === undefined) return `${type} is not documented for ${status} of ${found.method} ${found.path}`;
    if (method === "HEAD" || !media.includes("json")) return null;
    const { schema } = this.#closed.paths[found.path]?.[found.method]?.responses[status]?.content?.[media] ?? {};
    const fault = this.#shapeFault(schema, text);
    if (fault !== null || media !== PROBLEM) return fault;
    const said = JSON.parse(text) as { status: number };
    return said.status === status ? null : `a problem of status ${said.status} with ${status}`;
  }

  #shapeFault(schema: unknown, text: string): string | null {
    let validator = this.#validators.get(schema);
    if (validator === undefined) {
      const { components } = this.#closed;
      validator = new Validator({ ...(schema as Schema), components }, "2020-12");
      this.#validators.set(schema, validator);
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return `not JSON: ${text.slice(0, 200)}`;
    }
    const { valid, errors } = validator.validate(json);
    if (valid) return null;
    const said = errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
    return `${said.join("; ")}: ${text.slice(0, 500)}`;
  }
}

/**
 * Returns a document whose objects have no members but those described. Clients must bear new members, so the document
 * itself leaves them open; but what is answered today shall be in it.
 */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== "object" || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const isOpen = copy["type"] === "object" && "properties" in copy && !("additionalProperties" in copy);
  return isOpen ? { ...copy, additionalProperties: false } : copy;
}
