// serve.cold_start: from starting workerd to the first answer, beside a Worker of one line.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compatibilityDate, startWorkerd } from "../../../sdk/cli/serve/workerd-process.ts";
import { prepareBenchServer } from "../bench-server.ts";
import { post } from "../load.ts";
import type { Metric } from "../metric.ts";
import { interleave } from "../rounds.ts";
import { countValues, featuresRequest, fill, NOW, servingSnapshot } from "../serving.ts";

const ROUNDS = 9;

export const serveColdStart: Metric = {
  name: "serve.cold_start",
  description: "ms from starting workerd to the first feature vector, over a Worker that answers a constant",
  async run() {
    const snapshot = servingSnapshot();
    const { project, environment } = snapshot;
    const prepared = await prepareBenchServer({ project, environment, now: NOW });
    const folder = mkdtempSync(join(tmpdir(), "edgefeat-cold-"));
    try {
      const first = await prepared.start();
      await fill(first, snapshot);
      await first.close();
      const rounds = await interleave(
        ROUNDS,
        async () => {
          const started = performance.now();
          const server = await prepared.start();
          const answer = await post(featuresRequest(server, 1));
          const elapsedMs = performance.now() - started;
          await server.close();
          if (countValues(answer) !== 10) throw new Error(`the answer lacks values: ${answer.slice(0, 200)}`);
          return elapsedMs;
        },
        () => constantWorker(folder),
      );
      return {
        measurements: [{ variant: "", unit: "ms", ...rounds, against: "constant Worker", better: "lower" }],
        notes: [
          "a new process each time: start, compile the Worker, open the Durable Object, read registry and row",
          "without a bundled snapshot, so two reads come before the answer's own; an isolate at Cloudflare starts without the process",
        ],
      };
    } finally {
      prepared.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function constantWorker(folder: string): Promise<number> {
  writeFileSync(join(folder, "constant.js"), "export default { fetch() { return new Response('null'); } };");
  const configFile = join(folder, "constant.capnp");
  writeFileSync(
    configFile,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (compatibilityDate = "${compatibilityDate}", modules = [(name = "worker", esModule = embed "constant.js")]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`,
  );
  const started = performance.now();
  const workerd = await startWorkerd({ configFile, env: {}, log: () => {} });
  await post({ port: workerd.port, path: "/", body: "" });
  const elapsedMs = performance.now() - started;
  await workerd.stop();
  return elapsedMs;
}
