// A shard's copies of control records that other shards hold: asked for there at most once a second, dropped when they change.
import type { Ms } from "../../sdk/time.ts";

/** How long a copy counts; so long a change that could not reach a shard is waited out. */
export const COPY_MS: Ms = 1_000;

interface Copy {
  /** When it was asked for: it shows the record no earlier than that. */
  readonly askedAtMs: Ms;
  readonly value: Promise<string | null>;
}

/** In memory only. A copy is never older than COPY_MS, and never older than the last change that was acknowledged. */
export class ControlCopies {
  readonly #copies = new Map<string, Copy>();

  /** Returns a control record; `readOwn` asks the shard that holds it, once for all who want it meanwhile. */
  read(key: string, nowMs: Ms, readOwn: () => Promise<string | null>): Promise<string | null> {
    const known = this.#copies.get(key);
    if (known !== undefined && nowMs - known.askedAtMs < COPY_MS) return known.value;
    const copy: Copy = { askedAtMs: nowMs, value: readOwn() };
    this.#copies.set(key, copy);
    copy.value.catch(() => {
      if (this.#copies.get(key) === copy) this.#copies.delete(key);
    });
    return copy.value;
  }

  /** Forgets copies, those on their way too. */
  drop(keys: readonly string[]): void {
    for (const key of keys) this.#copies.delete(key);
  }
}

/**
 * Makes the other shards drop copies, and returns once none can be older than the call: where a shard does not answer,
 * that is when its copies have run out. Never rejects.
 */
export async function dropEverywhere(
  drops: readonly (() => Promise<void>)[],
  wait: (ms: Ms) => Promise<void>,
): Promise<void> {
  const done = await Promise.allSettled(drops.map((drop) => drop()));
  if (done.some(({ status }) => status === "rejected")) await wait(COPY_MS);
}
