// What is huge, in the place of any part of any body: refused soon, by an answer that is not huge itself.
import { beforeAll, describe, expect, it } from "vitest";
import { documentedRoutes } from "../../../worker/pages/documented-routes.ts";
import { openApiOf } from "../../../worker/pages/openapi-document.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { type Harness, harness, TOKEN } from "../support/harness.ts";
import { OpenApiJudge } from "../support/openapi-judge.ts";
import { DEEP_ARRAYS } from "./hostile.ts";
import { Members, Raw, textOf, type Tree, treeOf } from "./json-tree.ts";
import { bodiesOf, PATH_WORDS } from "./seeds.ts";

/** More than a call of a function can have arguments. */
const MANY = 150_000;
const MAX_DEPTH = 3;
const MAX_BREADTH = 6;
const MAX_ANSWER = 20_000;

const listOf = (element: string): Tree => new Raw(`[${`${element},`.repeat(MANY)}${element}]`);
const membersOf = (value: string): Tree =>
  new Raw(`{${Array.from({ length: MANY }, (_, i) => `"k${i}":${value}`).join(",")}}`);
const HUGE: readonly (readonly [string, Tree])[] = [
  ["a list of numbers", listOf("1")],
  ["a list of texts", listOf('"a"')],
  ["a list of objects", listOf("{}")],
  ["an object of many members", membersOf("{}")],
  ["lists in lists", DEEP_ARRAYS],
  ["a text", new Raw(`"${"x".repeat(1_000_000)}"`)],
  ["a name", new Raw(`{"${"x".repeat(1_000_000)}":1}`)],
];

const document = openApiOf(documentedRoutes(), false);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** Yields a tree with `put` in the place of each of its parts, of which large objects' first few stand for all. */
function* withEach(tree: Tree, put: Tree, at = "", depth = 0): Generator<readonly [at: string, Tree]> {
  yield [at, put];
  if (depth === MAX_DEPTH) return;
  if (tree instanceof Members) {
    for (const [i, [name, member]] of tree.entries.slice(0, MAX_BREADTH).entries())
      for (const [place, changed] of withEach(member, put, `${at}/${name}`, depth + 1))
        yield [place, new Members(tree.entries.map((entry, j) => (j === i ? [name, changed] : entry)))];
  } else if (Array.isArray(tree) && tree.length > 0) {
    const [first, ...rest] = tree as readonly Tree[];
    for (const [place, changed] of withEach(first as Tree, put, `${at}/0`, depth + 1))
      yield [place, [changed, ...rest]];
  }
}

describe("huge parts of bodies", () => {
  let h: Harness;
  beforeAll(async () => {
    h = harness(new MemoryStore());
    await h.apply();
  });
  const judge = new OpenApiJudge(document);
  const withBodies = operations.filter(({ operation }) => operation.requestBody !== undefined);

  it.each(withBodies.map(({ operation, ...rest }) => [operation.operationId, rest] as const))(
    "%s",
    async (operationId, { path, method }) => {
      const [body] = bodiesOf(h.project)[operationId] ?? [];
      expect(body, "a seed for each route that takes a body").toBeDefined();
      const url = path.replace(/\{(\w+)\}/g, (_, name: string) => PATH_WORDS[name]?.[0] ?? name);
      for (const [what, put] of HUGE) {
        for (const [at, tree] of withEach(treeOf(body), put)) {
          const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
          const response = await h.app.fetch(
            new Request(`http://edgefeat.test${url}`, { method, headers, body: textOf(tree) }),
          );
          const text = await response.text();
          const where = `${what} at ${at}: ${response.status} ${text.slice(0, 300)}`;
          expect(h.internal, where).toEqual([]);
          expect(
            judge.fault({ method, path: url, status: response.status, headers: response.headers, text }),
            where,
          ).toBeNull();
          if (response.status >= 400) expect(text.length, where).toBeLessThan(MAX_ANSWER);
        }
      }
    },
    120_000,
  );
});
