// The fuzzer's requests where they are answered in production: in workerd, over the Durable Object.
import { expect, it } from "vitest";
import { fuzzing } from "../../support/provided.ts";
import { durableObjectStore } from "../../support/workerd-stores.ts";
import { fuzz } from "./run.ts";
import { fuzzedWorld } from "./world.ts";

const { seed, path } = fuzzing;
const requests = Math.min(fuzzing.requests ?? 1_000, 1_000);

it(`${requests} hostile requests in workerd: seed ${seed}`, async () => {
  const statuses = await fuzz(await fuzzedWorld(durableObjectStore()), { requests, seed, path, asciiHeaders: true });
  const isWhole = path === null && requests >= 1_000;
  expect(statuses.get(200) ?? 0).toBeGreaterThanOrEqual(isWhole ? 10 : 0);
}, 600_000);
