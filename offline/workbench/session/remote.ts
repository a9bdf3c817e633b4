// Calls across a worker's boundary: one at a time or many, each with progress, cancel and errors that keep their code.
import { EdgefeatError, type ErrorCode } from "../../../sdk/errors.ts";
import { type Problem, problemOf } from "../problem.ts";

type Call = (argument: never) => unknown;
export type Calls = { readonly [name: string]: Call };

export type Asked = { id: number; call: string; argument: unknown } | { id: number; cancel: true };
export type Answered =
  | { id: number; result: unknown }
  | { id: number; problem: Problem }
  | { id: number; progress: unknown };

export interface CallOptions<P = unknown> {
  signal?: AbortSignal;
  onProgress?: (progress: P) => void;
}

/** The page's end: calls a worker, and starts a new one for the next call when one has ended. */
export class Remote<C> {
  readonly #start: () => Worker;
  #worker: Worker | undefined;
  #next = 0;
  readonly #pending = new Map<
    number,
    { resolve: (value: never) => void; reject: (fault: unknown) => void; options: CallOptions<never> }
  >();

  constructor(start: () => Worker) {
    this.#start = start;
  }

  /** Returns what the worker answers. @throws what it throws; cancelled; engine_failed when the worker ended. */
  async call<K extends keyof C & string, P = unknown>(
    call: K,
    argument: C[K] extends (argument: infer A) => unknown ? A : never,
    options: CallOptions<P> = {},
  ): Promise<C[K] extends (argument: never) => infer R ? Awaited<R> : never> {
    options.signal?.throwIfAborted();
    const worker = (this.#worker ??= this.#started());
    const id = this.#next++;
    const cancel = () => worker.postMessage({ id, cancel: true } satisfies Asked, []);
    options.signal?.addEventListener("abort", cancel);
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, options: options });
        worker.postMessage({ id, call, argument } satisfies Asked, []);
      });
    } finally {
      options.signal?.removeEventListener("abort", cancel);
      this.#pending.delete(id);
    }
  }

  /** Ends the worker and all it holds; what is pending fails. */
  end(reason: string): void {
    this.#worker?.terminate();
    this.#lost(reason);
  }

  #started(): Worker {
    const worker = this.#start();
    worker.addEventListener("message", ({ data }: MessageEvent<Answered>) => {
      const call = this.#pending.get(data.id);
      if (call === undefined) return;
      if ("progress" in data) call.options.onProgress?.(data.progress as never);
      else if ("problem" in data) call.reject(errorOf(data.problem));
      else call.resolve(data.result as never);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      worker.terminate();
      this.#lost(event.message || "it ended without a word, as it does when the browser takes its memory away");
    });
    return worker;
  }

  #lost(reason: string): void {
    this.#worker = undefined;
    const error = new EdgefeatError("engine_failed", `the worker that held the data has ended: ${reason}`, {
      hint: "run it again: files and choices are kept. If memory ran out, choose fewer features or fewer rows",
    });
    for (const { reject } of this.#pending.values()) reject(error);
  }
}

function errorOf({ code, message, hint }: Problem): EdgefeatError {
  return new EdgefeatError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}

/** What a call may use besides its argument. */
export interface CallContext {
  readonly signal: AbortSignal;
  progress(progress: unknown): void;
}

interface Port {
  postMessage(message: Answered): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Asked>) => void): void;
}

/** The worker's end: answers calls by these functions. */
export function answer(
  port: Port,
  calls: Readonly<Record<string, (argument: never, context: CallContext) => unknown>>,
): void {
  const running = new Map<number, AbortController>();
  port.addEventListener("message", ({ data }) => {
    if ("cancel" in data) return running.get(data.id)?.abort();
    const { id, call, argument } = data;
    const controller = new AbortController();
    running.set(id, controller);
    const context: CallContext = {
      signal: controller.signal,
      progress: (progress) => port.postMessage({ id, progress }),
    };
    void (async () => {
      try {
        const work = calls[call];
        if (work === undefined) throw new Error(`there is no call ${call}`);
        port.postMessage({ id, result: await work(argument as never, context) });
      } catch (fault) {
        port.postMessage({ id, problem: problemOf(fault) });
      } finally {
        running.delete(id);
      }
    })();
  });
}
