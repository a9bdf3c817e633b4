// `edgefeat serve` on a folder of its own, with the view that the flights are pushed into.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type RunningServer, startServer } from "../../sdk/cli/serve/start-server.ts";
import { createAdminClient } from "../../sdk/client/index.ts";
import type { Us } from "../../sdk/time.ts";
import { snapshotFrom } from "../support/snapshots.ts";
import { post } from "./load.ts";
import { airportDelays } from "./push-definitions.ts";

export const PROJECT = { project: "bench", environment: "dev" };

export interface PushServer extends RunningServer {
  /** Sends a push, and returns its counts. @throws where any event is rejected */
  push(body: string): Promise<{ accepted: number; duplicate: number; deferred: number }>;
  /** Compares every key with the log's join; returns the report. @throws where a value differs */
  reconcile(): Promise<{ keys: number }>;
  /** Returns one feature of an airport. */
  read(feature: string, origin: string, headers?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** Starts one; `upstash` in the place of the embedded store, `nowUs` for a clock that stands still. */
export async function startPushServer({
  upstash,
  nowUs,
}: {
  upstash?: { url: string; token: string };
  nowUs?: Us;
}): Promise<PushServer> {
  const repo = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
  const online =
    upstash === undefined
      ? ""
      : `online: ${JSON.stringify({ type: "upstash", url: upstash.url, token: upstash.token })},`;
  writeFileSync(
    join(repo, "edgefeat.config.ts"),
    `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "${PROJECT.project}", environment: "${PROJECT.environment}", definitions: "./features.ts", ${online} });`,
  );
  const definitions = fileURLToPath(new URL("push-definitions.ts", import.meta.url));
  writeFileSync(join(repo, "features.ts"), `export * from ${JSON.stringify(definitions)};\n`);
  const server = await startServer({ repo, ...(nowUs === undefined ? {} : { nowUs }) });
  const admin = createAdminClient({ url: server.url, token: server.token });
  const { snapshot } = snapshotFrom({ airportDelays });
  const current = await admin.getRegistry();
  if (current === null) await admin.putRegistry({ ...snapshot, ...PROJECT }, null);
  const port = Number(new URL(server.url).port);
  const authorization = `Bearer ${server.token}`;
  return {
    ...server,
    async push(body) {
      const answer = JSON.parse(
        await post({ port, path: "/v1/push/airport_delays", body, headers: { authorization } }),
      );
      if (answer.rejected.length > 0) throw new Error(`an event was rejected: ${JSON.stringify(answer.rejected[0])}`);
      return answer;
    },
    async reconcile() {
      const main = fileURLToPath(new URL("../../sdk/cli/main.ts", import.meta.url));
      const args = [main, "reconcile", "--repo", repo, "--all", "--json"];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { verdict, views } = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string);
      if (verdict !== "equal") throw new Error(`after the stream ${views[0].wrongKeys} keys differ`);
      return { keys: views[0].keys.compared };
    },
    async read(feature, origin, headers = {}) {
      const body = JSON.stringify({ features: [`airport_delays:${feature}`], entities: { origin } });
      return JSON.parse(await post({ port, path: "/v1/features", body, headers: { authorization, ...headers } }))
        .rows[0][0];
    },
    async close() {
      await server.close();
      rmSync(repo, { recursive: true, force: true });
    },
  };
}
