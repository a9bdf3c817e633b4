// `edgefeat serve --worker`: a user's own Workers beside the feature server, bound to it.
import { join } from "node:path";
import { expect, test } from "vitest";
import { edgefeat, folderWith, serve } from "./cli-harness.ts";
import { FEATURES, REPO } from "./cli-repo.ts";

const NOW = "2001-03-03T00:00:00Z";
const transform = FEATURES.replace(
  /expressions: \{[^}]*\}/,
  "transform: (row: any) => ({ share: Number(row.cents_1d) / row.limit })",
);

/** Over the binding, by expressions and TypeScript transforms alike. */
const BOUND = `import type { FeaturesBinding } from "edgefeat/worker";
import type * as definitions from "./features.ts";
export default {
  async fetch(_: Request, env: { FEATURES: FeaturesBinding<typeof definitions> }) {
    const { rows } = await env.FEATURES.get({ service: "risk_model", entities: { user_id: [2n, 3n] }, request: { limit: 2 } });
    return Response.json({ bindings: Object.keys(env).sort(), shares: rows.map(({ share }) => share), cents: typeof rows[0]!.cents_1d });
  },
};
`;

/** From the same store, in its own isolate. */
const IN_PROCESS = `import { createFeatureStore, type WorkerEnv } from "edgefeat/worker";
const features = createFeatureStore();
export default {
  async fetch(_: Request, env: WorkerEnv) {
    const { rows } = await features(env).get({ features: ["last_payment:shop"], entities: { user_id: 1n } });
    return Response.json(rows);
  },
};
`;

test("Workers beside the server read its features by their bindings, without the write token", async () => {
  const files = { ...REPO, "features.ts": transform, "bound.ts": BOUND, "in-process.ts": IN_PROCESS };
  const cwd = folderWith(files);
  const args = ["--port", "0", "--now", NOW, "--worker", "bound.ts", "--worker", join(cwd, "in-process.ts")];
  const { workers } = await serve(args, { cwd });
  for (const step of [["apply"], ["materialize-incremental", NOW]]) {
    expect([step, (await edgefeat(step, { cwd })).code]).toEqual([step, 0]);
  }
  expect(workers.map(({ file }) => file)).toEqual(["bound.ts", join(cwd, "in-process.ts")]);
  const [bound, inProcess] = await Promise.all(workers.map(async ({ url }) => (await fetch(url)).json()));
  expect(bound).toEqual({
    bindings: [
      "EDGEFEAT_CACHE_TTL",
      "EDGEFEAT_ENVIRONMENT",
      "EDGEFEAT_NOW",
      "EDGEFEAT_PROJECT",
      "EDGEFEAT_STALE_IF_ERROR",
      "EDGEFEAT_STORE",
      "FEATURES",
      "PUBLIC_READS",
      "STORE",
    ],
    shares: [4_503_599_627_370_496, 0],
    cents: "bigint",
  });
  expect(inProcess).toEqual([{ shop: "food, fresh" }]);
});

test.each([
  ["none.ts", undefined, "error[file_not_found]: there is no file"],
  ["rank.ts", "export default {\n  fetch: () => new Response(featurs,\n};\n", "at rank.ts:3:"],
  ["rank.ts", 'import { createFeatureStor } from "edgefeat/worker";\ncreateFeatureStor();\n', "at rank.ts:1:10"],
])("a Worker in %s that can't be bundled is told with its place", async (file, code, words) => {
  const cwd = folderWith(code === undefined ? REPO : { ...REPO, [file]: code });
  const run = await edgefeat(["serve", "--port", "0", "--worker", file], { cwd });
  expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(words)]);
});
