// 10,000 hostile requests to every route, over a real store: no 5xx, no hang, no leak, and nothing written that was refused.
// EDGEFEAT_FUZZ_SEED replays a run, EDGEFEAT_FUZZ_PATH one request of it, EDGEFEAT_FUZZ_REQUESTS sends more or fewer.
import { expect, it } from "vitest";
import { createUpstashStore } from "../../../worker/store/upstash.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { fuzzing, upstash } from "../../support/provided.ts";
import { fuzz } from "./run.ts";
import { fuzzedWorld } from "./world.ts";

const { seed, path } = fuzzing;
const requests = fuzzing.requests ?? 10_000;
/** What must be among so many answers: it is not that nothing got through, or all of it. */
const EXPECTED = [200, 201, 400, 401, 403, 404, 405, 409, 412, 413, 415, 501];

it(`${requests} hostile requests in Node, over ${upstash === null ? "memory" : "Redis"}: seed ${seed}`, async () => {
  process.stdout.write(`  fuzz: EDGEFEAT_FUZZ_SEED=${seed}\n`);
  const world = await fuzzedWorld(upstash === null ? new MemoryStore() : createUpstashStore(upstash));
  const statuses = await fuzz(world, { requests, seed, path });
  const told = [...statuses].toSorted(([a], [b]) => a - b).map(([status, n]) => `${status}: ${n}`);
  process.stdout.write(`  fuzz: answered ${told.join(", ")}\n`);
  const isWhole = path === null && requests >= 10_000;
  expect(isWhole ? EXPECTED.filter((status) => !statuses.has(status)) : []).toEqual([]);
}, 600_000);
