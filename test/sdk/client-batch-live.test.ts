// Batched and alone are the same, against a real server: values, statuses, errors, for good callers and bad.
import { createAdminClient, createClient, type EntityId } from "edgefeat/client";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../../sdk/cli/serve/index.ts";
import type { Encodable } from "../../sdk/client/encode.ts";
import { scaling } from "./client-batch-features.ts";
import { edgefeat, folderWith } from "./cli-harness.ts";

const NOW = "2001-03-31T00:00:00Z";
const cwd = folderWith({
  "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
    export default defineConfig({ project: "batches", definitions: ${JSON.stringify(new URL("client-batch-features.ts", import.meta.url).pathname)} });`,
  "none.csv": "user_id,at,n,note\n",
});
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  server = await startServer({ repo: cwd, nowUs: Date.parse(NOW) * 1000 });
  const { code, stderr } = await edgefeat(["apply"], { cwd });
  if (code !== 0) throw new Error(stderr);
  const admin = createAdminClient({ url: server.url, token: server.token });
  const row = (id: number, eventTime: string, n: bigint | null) =>
    `{"entities":{"user_id":${id}},"eventTime":"${eventTime}","createdTime":null,"values":{"n":${n},"note":"of ${id}"}}`;
  const rows = [
    ...Array.from({ length: 1_000 }, (_, id) => row(id, "2001-03-30T12:00:00Z", BigInt(id))),
    row(1_000, "2001-03-30T12:00:00Z", 2n ** 62n),
    row(1_001, "2001-03-30T12:00:00Z", null),
    row(1_002, "2001-03-01T00:00:00Z", 5n),
  ];
  await admin.postRows("totals", `{"version":1,"rows":[${rows.join(",")}]}`);
  await admin.completeMaterialization("totals", `{"version":1,"start":null,"end":"${NOW}","rows":${rows.length}}`);
});
afterAll(() => server.close());

function countingClient(batch: boolean) {
  let requests = 0;
  const counting: typeof fetch = (input, init) => {
    requests++;
    return fetch(input, init);
  };
  return { client: createClient({ url: server.url, fetch: counting, batch }), requests: () => requests };
}

test("a thousand concurrent reads are one request, and each has its row", async () => {
  const { client, requests } = countingClient(true);
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, id) =>
      client.getFeatures({ service: scaling, entities: { user_id: id }, request: { factor: 2n } }),
    ),
  );
  expect(requests()).toBe(1);
  expect(answers.map(({ rows }) => rows[0]!.product)).toEqual(answers.map((_, id) => BigInt(id) * 2n));
});

const ids = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 1_010 }) },
  { weight: 3, arbitrary: fc.constantFrom<EntityId>(null, 1_000, 1_001, 1_002, 5n, 2n ** 63n - 1n) },
  { weight: 1, arbitrary: fc.constantFrom<EntityId>("SEA", 1.5, 2n ** 63n, "", "5") },
);
const factors = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<Encodable>(1, 2n, -1) },
  { weight: 1, arbitrary: fc.constantFrom<Encodable>(null, "two", 1.5, true) },
);
const callers = fc.array(fc.record({ id: ids, factor: factors }), { minLength: 1, maxLength: 30 });

test("whatever is read together is as if each had been read alone", async () => {
  await fc.assert(
    fc.asyncProperty(callers, async (list) => {
      const outcomes = async (batch: boolean) => {
        const { client, requests } = countingClient(batch);
        const calls = list.map(({ id, factor }) =>
          client.getFeatures({
            service: scaling,
            entities: { user_id: id },
            request: { factor },
            include: ["statuses", "eventTimes", "versions"],
            // Or knownAsOf would tell when each was read.
            noCache: true,
          }),
        );
        const settled = await Promise.allSettled(calls);
        return { settled: settled.map(outcomeOf), requests: requests() };
      };
      const together = await outcomes(true);
      const alone = await outcomes(false);
      expect(together.settled).toEqual(alone.settled);
      const bad = alone.settled.filter((outcome) => "code" in outcome).length;
      expect(together.requests).toBeLessThanOrEqual(bad === 0 ? 1 : 2 * list.length);
    }),
    { numRuns: 60 },
  );
});

function outcomeOf(result: PromiseSettledResult<object>): object {
  if (result.status === "fulfilled") return result.value;
  const { code, message, hint, pointer, details } = result.reason;
  return { code, message, hint, pointer, details };
}
