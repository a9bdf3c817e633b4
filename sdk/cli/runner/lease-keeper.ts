// Leases as the main thread sees them: held by a thread of their own, because a materialization may keep this one busy for longer.
import { Worker } from "node:worker_threads";
import type { JobProgress } from "../../client/index.ts";
import type { Ms } from "../../time.ts";
import type { LoadedConfig } from "../load/config.ts";
import type { FromThread, ToThread } from "./lease-thread.ts";

export interface HeldJob {
  readonly id: string;
  readonly lease: string;
  readonly leaseMs: Ms;
  /** Called when work on it is to stop. */
  onStop(why: FromThread["why"]): void;
}

/** Holds one job at a time; it keeps the process up until it is closed. */
export class LeaseKeeper {
  readonly #thread: Worker;
  #held: HeldJob | null = null;
  #holds = 0;
  /** What the thread ended with. */
  #fault: { readonly fault: unknown } | null = null;

  constructor({ config, repo, definitionsFile }: LoadedConfig) {
    // The checkout runs .ts, the package .js.
    const entry = new URL(`./lease-thread${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
    this.#thread = new Worker(entry, { workerData: { config, repo, definitionsFile }, execArgv: [] });
    this.#thread.on("message", ({ hold, why }: FromThread) => {
      if (hold === this.#holds) this.#held?.onStop(why);
    });
    this.#thread.once("error", (fault) => {
      this.#fault = { fault };
      this.#held?.onStop("lost");
    });
  }

  /** Keeps a job's lease alive until it is released. @throws what the thread ended with */
  hold(job: HeldJob): void {
    if (this.#fault !== null) throw this.#fault.fault;
    this.#held = job;
    const { id, lease, leaseMs } = job;
    this.#post({ say: "hold", hold: ++this.#holds, id, lease, leaseMs });
  }

  /** Takes note of how far the job is, to be told with the next renewal. */
  progress(progress: JobProgress): void {
    this.#post({ say: "progress", progress });
  }

  release(): void {
    this.#held = null;
    this.#post({ say: "release" });
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #post(message: ToThread): void {
    this.#thread.postMessage(message, []);
  }
}
