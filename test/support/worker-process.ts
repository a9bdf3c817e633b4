// The real Worker in a workerd process of its own, as it runs deployed, with variables of the test's choice.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { capnpConfig } from "../../sdk/cli/serve/capnp.ts";
import { compatibilityDate, startWorkerd } from "../../sdk/cli/serve/workerd-process.ts";
import { bundle, WORKER_ENTRY } from "../bench/bundle.ts";

export interface WorkerProcess {
  readonly url: string;
  /** What it has printed. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts it on a free port of the loopback interface, with a Durable Object's folder that goes with it. `entry` is a
 * module that exports the Worker and its Durable Object in the place of worker/index.ts.
 */
export async function startWorkerProcess(
  variables: Readonly<Record<string, string>>,
  entry: string = WORKER_ENTRY,
): Promise<WorkerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-worker-"));
  const dataDir = join(folder, "rows");
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const log: string[] = [];
  try {
    mkdirSync(dataDir);
    writeFileSync(join(folder, "worker.js"), await bundle(entry, { minify: false }));
    const names = { module: "worker.js", objectClass: "EdgefeatStore", objectBinding: "STORE" };
    const config = capnpConfig({ ...names, compatibilityDate, dataDir, port: 0, variables, secrets: [] });
    writeFileSync(join(folder, "config.capnp"), config);
    const workerd = await startWorkerd({
      configFile: join(folder, "config.capnp"),
      env: {},
      log: (line) => void log.push(line),
    });
    return {
      url: `http://127.0.0.1:${workerd.port}`,
      log,
      async close() {
        await workerd.stop();
        remove();
      },
    };
  } catch (fault) {
    remove();
    throw fault;
  }
}
