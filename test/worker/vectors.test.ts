// The conformance vectors online: rows written through the Worker, values, statuses and JSON read back at each entity row's time.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, openEngine } from "../../offline/index.ts";
import { titleOf } from "../conformance/vectors.ts";
import { readVectors } from "../conformance/vectors/format.ts";
import { readOnline, TOKEN } from "../conformance/vectors/online.ts";
import { bitsOfCells } from "../conformance/vectors/tables.ts";
import { startWorkerProcess, type WorkerProcess } from "../support/worker-process.ts";

const ENTRY = fileURLToPath(new URL("../conformance/vectors/worker-entry.ts", import.meta.url));

describe("the conformance vectors on the Worker", () => {
  let engine: Engine;
  let worker: WorkerProcess;
  beforeAll(async () => {
    engine = await openEngine();
    worker = await startWorkerProcess({ EDGEFEAT_TOKEN: TOKEN, EDGEFEAT_AUDIT: "log", PUBLIC_READS: "true" }, ENTRY);
  }, 60_000);
  afterAll(async () => {
    await worker?.close();
    await engine?.close();
  });

  let next = 0;
  for (const { file, cases } of readVectors()) {
    // What was known at another moment (2.2) is a question to history alone.
    const online = cases.filter(({ asKnownAt }) => asKnownAt === undefined);
    if (online.length === 0) continue;
    describe(file, () => {
      it.each(online.map((vector) => [titleOf(vector), vector] as const))("%s", async (_, vector) => {
        const rows = await readOnline(worker, engine, vector, `vectors-${next++}`);
        expect(rows.map(({ bits }) => bits)).toStrictEqual(bitsOfCells(vector.expect));
        const { statuses, json } = vector.expect;
        if (statuses !== undefined) {
          expect(
            rows.map((row, r) => row.statuses.map((status, i) => judged(statuses[r]?.[i]) && status)),
          ).toStrictEqual(statuses.map((row) => row.map((status) => judged(status) && status)));
        }
        if (json !== undefined) {
          expect(rows.map(({ text }) => text)).toStrictEqual(json.map((row) => `[${row.join(",")}]`));
        }
      });
    });
  }
});

const judged = (status: string | null | undefined): boolean => status !== null;
