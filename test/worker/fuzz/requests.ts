// Hostile requests, made from the OpenAPI document: well-formed ones with something wrong, in any part of them.
import fc from "fast-check";
import type { OpenApi, Operation } from "../../../worker/pages/openapi-document.ts";
import { CONTENT_TYPES, HEADER_NAMES, hostileHeader, hostileText, hostileTree } from "./hostile.ts";
import { Members, mutated, type Mutation, textOf, type Tree, treeOf } from "./json-tree.ts";
import { PATH_WORDS, QUERIES, WORDS } from "./seeds.ts";

export interface HostileRequest {
  readonly operationId: string;
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Tree | undefined;
  readonly encoding: Encoding;
  /** Who sends it: one of the world's callers. */
  readonly caller: string;
}

const ENCODINGS = [
  "utf-8",
  "bom",
  "utf-16",
  "latin-1",
  "overlong",
  "cut",
  "packed",
  "twice",
  "chunked",
  "none",
] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Returns requests of a document's operations. `callers` are named as often as they shall come. */
export function hostileRequests(
  document: OpenApi,
  bodies: Readonly<Record<string, readonly unknown[]>>,
  callers: readonly string[],
): fc.Arbitrary<HostileRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return fc.oneof(
    ...operations.map(({ path, method, operation }) => ({
      // What takes a body has more to get wrong.
      weight: operation.requestBody === undefined ? (QUERIES[operation.operationId] === undefined ? 1 : 3) : 5,
      arbitrary: fc.record({
        operationId: fc.constant(operation.operationId),
        method: methodOf(method),
        target: targetOf(path, operation),
        headers: headersOf(operation),
        body: bodyOf(document, operation, bodies[operation.operationId] ?? []),
        encoding: fc.oneof(
          { weight: 12, arbitrary: fc.constant<Encoding>("utf-8") },
          { weight: 2, arbitrary: fc.constantFrom(...ENCODINGS) },
        ),
        caller: fc.constantFrom(...callers),
      }),
    })),
  );
}

/** Returns the bytes of a body, and the headers that go with them. */
export function encoded({ body, encoding }: HostileRequest): {
  bytes: Uint8Array<ArrayBuffer> | undefined;
  headers: Record<string, string>;
} {
  if (body === undefined || encoding === "none") return { bytes: undefined, headers: {} };
  const text = textOf(body);
  const bytes = bytesOf(text, encoding);
  const headers: Record<string, string> = encoding === "packed" ? { "content-encoding": "gzip" } : {};
  // What is sent in chunks declares no length.
  if (encoding !== "chunked") headers["content-length"] = String(bytes.byteLength);
  return { bytes, headers };
}

/** A body that would be answered, packed. */
const GZIPPED = Uint8Array.from(
  atob("H4sIAAAAAAACA6tWSktNLCktSi1WsopWykksLolPy8lMzyixSknNSaxUitVRSs0rySzJBCmoVsovykzPzFOyUgp2dVSqrQUAYP+Mnj4AAAA="),
  (character) => character.charCodeAt(0),
);

function bytesOf(text: string, encoding: Encoding): Uint8Array<ArrayBuffer> {
  const utf8 = new TextEncoder().encode(text);
  switch (encoding) {
    case "bom":
      return joined([0xef, 0xbb, 0xbf], utf8);
    case "utf-16":
      return Uint8Array.from(
        Array.from({ length: 2 * text.length }, (_, i) => (text.charCodeAt(i >> 1) >> (i % 2 === 0 ? 0 : 8)) & 0xff),
      );
    case "latin-1":
      return Uint8Array.from(Array.from(text, (character) => (character.codePointAt(0) as number) & 0xff));
    case "overlong": {
      // In a text: "/" in two bytes, half a surrogate in three, and what is beyond Unicode in four.
      const at = Math.max(0, utf8.lastIndexOf(0x22));
      return joined(utf8.slice(0, at), [0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf5, 0x80, 0x80, 0x80], utf8.slice(at));
    }
    case "cut":
      return utf8.slice(0, Math.floor(utf8.length * 0.7));
    case "packed":
      return GZIPPED.slice();
    case "twice":
      return joined(utf8, utf8);
    default:
      return utf8.slice();
  }
}

function joined(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A word that means something, or a letter less of it. */
const knownWord = fc.oneof(
  fc.constantFrom<string>(...WORDS),
  fc.tuple(fc.constantFrom<string>(...WORDS), fc.nat(20)).map(([word, at]) => {
    const i = at % word.length;
    return word.slice(0, i) + word.slice(i + 1);
  }),
);

function methodOf(method: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 30, arbitrary: fc.constant(method) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "post",
        "PROPFIND",
        "constructor",
      ),
    },
  );
}

function targetOf(path: string, { operationId }: Operation): fc.Arbitrary<string> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const values = names.map((name) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...(PATH_WORDS[name] ?? WORDS)) },
      { weight: 2, arbitrary: hostileText },
    ),
  );
  const filled = fc.tuple(...values, fc.boolean()).map((parts) => {
    const raw = parts.pop() as boolean;
    return path.replace(/\{\w+\}/g, () => {
      const value = parts.shift() as string;
      return raw ? value : escaped(value);
    });
  });
  const paths = fc.oneof(
    { weight: 25, arbitrary: filled },
    {
      weight: 1,
      arbitrary: fc.tuple(filled, PATH_TRICKS).map(([target, trick]) => trick(target)),
    },
  );
  return fc.tuple(paths, queryOf(operationId)).map(([target, query]) => target + query);
}

const PATH_TRICKS = fc.constantFrom<(path: string) => string>(
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.toUpperCase(),
  (path) => `${path}%00`,
  (path) => `${path}%2F..%2F..%2Fv1%2Ftokens`,
  (path) => `${path}/../tokens`,
  (path) => `/v1/./%2e%2e${path}`,
  (path) => `${path}%c0%af`,
  (path) => `${path}%ff`,
  (path) => `${path}%`,
  (path) => `${path};a=b`,
  (path) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => `${path}#x`,
  (path) => path.replaceAll("/", "\\"),
  (path) => `${path}/${"a/".repeat(2_000)}`,
  (path) => `${path}${"x".repeat(100_000)}`,
);

function queryOf(operationId: string): fc.Arbitrary<string> {
  const seeds = QUERIES[operationId];
  const text = fc.oneof({ weight: 2, arbitrary: knownWord }, { weight: 3, arbitrary: hostileText });
  const pair = fc.tuple(text, text);
  if (seeds === undefined) {
    return fc.oneof(
      { weight: 20, arbitrary: fc.constant("") },
      { weight: 1, arbitrary: pair.map(([name, value]) => `?${escaped(name)}=${value}`) },
    );
  }
  return fc
    .record({
      seed: fc.constantFrom(...seeds),
      more: fc.array(pair, { maxLength: 2 }),
      at: fc.nat(20),
      value: text,
      change: fc.constantFrom("nothing", "value", "name", "raw", "drop"),
    })
    .map(({ seed, more, at, value, change }) => {
      const i = at % seed.length;
      const pairs = [...seed.filter((_, index) => change !== "drop" || index !== i), ...more].map(
        ([name, given], index) => {
          if (index !== i) return `${escaped(name)}=${escaped(given)}`;
          if (change === "name") return `${escaped(value)}=${escaped(given)}`;
          return `${escaped(name)}=${change === "value" ? escaped(value) : change === "raw" ? value : escaped(given)}`;
        },
      );
      return `?${pairs.join("&")}`;
    });
}

/** Half a surrogate pair can't be escaped: it is sent as UTF-8 would write it, if it could. */
function escaped(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) as number;
    return code >= 0xd800 && code <= 0xdfff ? "%ED%A0%80" : encodeURIComponent(character);
  }).join("");
}

function headersOf({ requestBody, parameters }: Operation): fc.Arbitrary<Record<string, string>> {
  const own = parameters.filter((each) => each.in === "header").map(({ name }) => name);
  const type =
    requestBody === undefined
      ? fc.constant({})
      : fc.oneof(
          { weight: 15, arbitrary: fc.constant({ "content-type": "application/json" }) },
          { weight: 1, arbitrary: fc.constant({}) },
          { weight: 1, arbitrary: fc.constantFrom(...CONTENT_TYPES).map((value) => ({ "content-type": value })) },
        );
  const hostile = fc.dictionary(fc.constantFrom(...HEADER_NAMES, ...own), hostileHeader, { maxKeys: 2 });
  return fc
    .tuple(
      type,
      fc.oneof({ weight: 3, arbitrary: fc.constant<Record<string, string>>({}) }, { weight: 2, arbitrary: hostile }),
    )
    .map(([declared, more]) => ({ ...declared, ...more }));
}

function bodyOf(
  document: OpenApi,
  { requestBody }: Operation,
  seeds: readonly unknown[],
): fc.Arbitrary<Tree | undefined> {
  if (requestBody === undefined) return fc.constant(undefined);
  const schema = requestBody.content["application/json"]?.schema as JsonSchema;
  const made = { weight: 1, arbitrary: treeBy(schema, document.components.schemas, 0) };
  const valid =
    seeds.length === 0
      ? made.arbitrary
      : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...seeds.map(treeOf)) }, made);
  const mutation: fc.Arbitrary<Mutation> = fc.record({
    kind: fc.constantFrom(
      "value",
      "value",
      "value",
      "replace",
      "replace",
      "delete",
      "rename",
      "duplicate",
      "add",
      "wrap",
      "repeat",
    ),
    at: fc.nat(10_000),
    value: fc.oneof({ weight: 3, arbitrary: hostileTree }, { weight: 1, arbitrary: knownWord }),
    name: fc.oneof(hostileText, knownWord),
  });
  const mutations = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(mutation) },
    { weight: 2, arbitrary: fc.array(mutation, { minLength: 2, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  return fc.oneof(
    {
      weight: 20,
      arbitrary: fc.tuple(valid, mutations).map(([tree, mutations]) => mutations.reduce(mutated, tree)),
    },
    { weight: 1, arbitrary: hostileTree },
  );
}

type JsonSchema = Readonly<Record<string, unknown>>;

/** Returns trees that a schema takes, or nearly: their words are known ones, and rarely what the schema can't say. */
function treeBy(schema: JsonSchema, shared: Readonly<Record<string, JsonSchema>>, depth: number): fc.Arbitrary<Tree> {
  const of = (part: unknown): fc.Arbitrary<Tree> => treeBy(part as JsonSchema, shared, depth + 1);
  const { $ref, anyOf, oneOf, type, items, properties = {}, additionalProperties, required = [] } = schema;
  if (depth > 12) return fc.constant(null);
  if (typeof $ref === "string") return of(shared[$ref.slice($ref.lastIndexOf("/") + 1)]);
  const choices = (anyOf ?? oneOf) as JsonSchema[] | undefined;
  if (choices !== undefined) return fc.oneof(...choices.map(of));
  if ("const" in schema) return fc.constant(schema["const"] as Tree);
  if (schema["enum"] !== undefined) return fc.constantFrom(...(schema["enum"] as Tree[]));
  if (Array.isArray(type)) return fc.oneof(...type.map((one) => of({ ...schema, type: one as unknown })));
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: (schema["minimum"] as number | undefined) ?? -5, max: 2_000_000_000 });
    case "number":
      return fc.double({
        noNaN: true,
        noDefaultInfinity: true,
        min: Math.max(-1e9, (schema["minimum"] as number) ?? -1e9),
        max: 1e9,
      });
    case "string":
      return fc.constantFrom<Tree>(...WORDS);
    case "array":
      return fc.array(of(items ?? {}), { maxLength: 3 });
    case "object":
      break;
    default:
      return fc.oneof(hostileTree, fc.constantFrom<Tree>(...WORDS));
  }
  const members = Object.entries(properties as object).map(([name, member]) => {
    const value = of(member).map((tree) => [[name, tree]] as [string, Tree][]);
    const none = fc.constant<[string, Tree][]>([]);
    return (required as string[]).includes(name) ? value : fc.oneof(value, none);
  });
  const free =
    additionalProperties === false
      ? fc.constant<[string, Tree][]>([])
      : fc.array(
          fc.tuple(
            fc.constantFrom<string>(...WORDS),
            of(additionalProperties === undefined || additionalProperties === true ? {} : additionalProperties),
          ),
          {
            maxLength: 2,
          },
        );
  return fc.tuple(...members, free).map((parts) => new Members(parts.flat()));
}
