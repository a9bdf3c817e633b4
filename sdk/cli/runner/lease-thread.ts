// The thread that keeps the lease of the runner's job alive, and tells how far it is: whatever the main thread is busy with.
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { AdminClient, JobProgress } from "../../client/index.ts";
import { EdgefeatError } from "../../errors.ts";
import type { Ms } from "../../time.ts";
import { connect } from "../connection.ts";
import type { LoadedConfig } from "../load/config.ts";
import { isAway } from "./away.ts";

/** What the main thread says: a job to hold, how far it is, or that it is held no more. */
export type ToThread =
  | { readonly say: "hold"; readonly hold: number; readonly id: string; readonly lease: string; readonly leaseMs: Ms }
  | { readonly say: "progress"; readonly progress: JobProgress }
  | { readonly say: "release" };

/** Why work on a job is to stop: somebody cancelled it, or somebody else has it, or may have it by now. */
export interface FromThread {
  readonly hold: number;
  readonly why: "cancelled" | "lost";
}

/** How often a lease is renewed in its time. */
const RENEWALS = 6;

const port = parentPort;
if (port === null) throw new Error("this module is a thread's");
let held: (ToThread & { say: "hold" }) | null = null;
let progress: JobProgress | null = null;

port.on("message", (message: ToThread) => {
  if (message.say === "progress") progress = message.progress;
  else held = message.say === "hold" ? message : null;
  if (message.say === "hold") {
    progress = null;
    void keep(message);
  }
});

/** Renews a lease until it is released or lost. */
async function keep(own: ToThread & { say: "hold" }): Promise<void> {
  const { hold, id, lease, leaseMs } = own;
  let admin: AdminClient | null = null;
  const startedMs = performance.now();
  let renewedMs = startedMs;
  const stop = (why: FromThread["why"]) => port?.postMessage({ hold, why } satisfies FromThread);
  for (;;) {
    await sleep(leaseMs / RENEWALS);
    if (held !== own) return;
    const atMs = performance.now();
    const seconds = Math.round(atMs - startedMs) / 1_000;
    try {
      const report = { lease, leaseMs, seconds, ...(progress === null ? {} : { progress }) };
      admin ??= (await connect(workerData as LoadedConfig, process.env)).admin;
      const { cancelling } = await admin.reportJob(id, report);
      renewedMs = atMs;
      if (cancelling) stop("cancelled");
    } catch (fault) {
      // A server may be away for a while; only when the lease has run out is the job in question.
      const isOver = !(fault instanceof EdgefeatError && isAway(fault)) || performance.now() - renewedMs > leaseMs;
      if (isOver) return stop("lost");
    }
  }
}
