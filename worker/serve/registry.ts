// The registry as an isolate knows it: a snapshot and a pointer that every read of the store brings along.
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkSnapshot, type Snapshot, snapshotHash } from "../../sdk/registry/index.ts";
import { controlKey, type KeySpace, snapshotKey } from "../../sdk/rows/index.ts";
import type { Clock, Ms } from "../../sdk/time.ts";
import { parseJson } from "../../sdk/types/index.ts";
import type { OnlineStore } from "../store/port.ts";
import type { PlanOptions } from "./compiled-plan.ts";
import { KnownRegistry } from "./known-registry.ts";

/** The project's control record; it may hold members of later versions, which are kept. */
export interface Control {
  /** The hash of the snapshot that counts; null before any was applied. */
  readonly registry: string | null;
  /** The revision of the token set that counts; none before a token was made. */
  readonly tokens?: string;
}

/** How long one request's fetch of a new snapshot keeps others from starting theirs. */
const REFRESH_PAUSE_MS: Ms = 5_000;

export interface RegistryOptions extends PlanOptions {
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly space: KeySpace;
  /** The snapshot that the Worker was deployed with. */
  readonly bundled?: Snapshot;
}

export class Registry {
  /** The key of the control record, to be read along with rows. */
  readonly key: string;
  readonly #options: RegistryOptions;
  #current: KnownRegistry | null;
  #checkedAtMs: Ms = Number.NEGATIVE_INFINITY;
  #refreshingSinceMs: Ms = Number.NEGATIVE_INFINITY;

  constructor(options: RegistryOptions) {
    const { bundled, space } = options;
    this.#options = options;
    this.key = controlKey(space);
    this.#current = bundled === undefined ? null : new KnownRegistry(snapshotHash(bundled), bundled, options);
  }

  /** The snapshot known to this isolate; null before the first. */
  get current(): KnownRegistry | null {
    return this.#current;
  }

  /** When the pointer was last seen to be at `current`, on the elapsed clock. */
  get checkedAtMs(): Ms {
    return this.#checkedAtMs;
  }

  /**
   * Returns the snapshot that the store points to now: by one command when it is the known one, else by two.
   * @throws registry_not_found, store_unavailable
   */
  async load(): Promise<KnownRegistry> {
    const { text, atMs } = await this.readControl();
    return this.follow(text, atMs);
  }

  /**
   * Returns the control record's text, null for none, and when the read of it began; "write" where it is to be changed.
   * @throws store_unavailable
   */
  async readControl(
    purpose: "newest" | "write" = "newest",
  ): Promise<{ readonly text: string | null; readonly atMs: Ms }> {
    const atMs = this.#options.clock.elapsedMs();
    const [text] = await this.#options.store.read([this.key], { purpose });
    return { text: text ?? null, atMs };
  }

  /** Returns the snapshot that a control record, read at `atMs`, points to; reads it where it is not the known one. */
  async follow(text: string | null, atMs: Ms = this.#options.clock.elapsedMs()): Promise<KnownRegistry> {
    const { registry: hash } = this.#control(text);
    const found = this.#current?.hash === hash ? this.#current : await this.#fetch(hash);
    // A slower request's older news must not replace what a later one has learnt.
    if (atMs >= this.#checkedAtMs) {
      this.#current = found;
      this.#checkedAtMs = atMs;
    }
    return found;
  }

  /**
   * Takes note of a control record that came along with a read at `atMs`, answered by the snapshot `used`. Returns true
   * when the store points elsewhere by now. @throws registry_not_found when it points nowhere any more
   */
  isOutdated(used: KnownRegistry, text: string | null, atMs: Ms): boolean {
    if (this.#control(text).registry !== used.hash) return true;
    if (used === this.#current) this.#checkedAtMs = Math.max(this.#checkedAtMs, atMs);
    return false;
  }

  /** Fetches the new snapshot for the requests to come, unless another request is at it. */
  async refresh(): Promise<void> {
    const atMs = this.#options.clock.elapsedMs();
    if (atMs - this.#refreshingSinceMs < REFRESH_PAUSE_MS) return;
    this.#refreshingSinceMs = atMs;
    try {
      await this.load();
    } finally {
      this.#refreshingSinceMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Takes a snapshot that this isolate itself has just put in the place of `replaced`, which the control record named at `atMs`. */
  adopt(hash: string, snapshot: Snapshot, replaced: string | null, atMs: Ms): KnownRegistry {
    const put = new KnownRegistry(hash, snapshot, this.#options);
    const isNext = atMs === this.#checkedAtMs && (this.#current?.hash ?? null) === replaced;
    if (atMs > this.#checkedAtMs || isNext) {
      this.#current = put;
      this.#checkedAtMs = atMs;
    } else {
      // Another request has looked since, and may have seen what came before this snapshot or after it: the next looks again.
      this.#checkedAtMs = Number.NEGATIVE_INFINITY;
    }
    return put;
  }

  /** Returns a snapshot by its hash, whether it still answers or not: none is ever removed. @throws registry_not_found */
  async earlier(hash: string): Promise<KnownRegistry> {
    if (this.#current?.hash === hash) return this.#current;
    const { store, space } = this.#options;
    // The control record along with it, as in #fetch.
    const [text = null] = await store.read([snapshotKey(space, hash), this.key], { purpose: "newest" });
    if (text !== null) return new KnownRegistry(hash, checkStored(text, hash), this.#options);
    throw new EdgefeatError("registry_not_found", `this project never had the registry ${hash}`, {
      hint: "take the hash from an answer of this server, or from a training set made by it",
    });
  }

  async #fetch(hash: string): Promise<KnownRegistry> {
    const { store, space } = this.#options;
    // The control record along with it, because a store that lacks that may lack anything (`store/failover.ts`).
    const [text] = await store.read([snapshotKey(space, hash), this.key], { purpose: "newest" });
    return new KnownRegistry(hash, checkStored(text ?? null, hash), this.#options);
  }

  #control(text: string | null): { readonly registry: string } {
    const registry = parseControl(text)?.registry ?? null;
    if (registry !== null) return { registry };
    this.#current = null;
    throw new EdgefeatError("registry_not_found", "nothing was applied to this project yet", {
      hint: 'run "edgefeat apply"',
    });
  }
}

/** Returns a control record; null for none. @throws row_corrupt */
export function parseControl(text: string | null): Control | null {
  if (text === null) return null;
  try {
    const control = JSON.parse(text) as Partial<Record<keyof Control, unknown>> | null;
    const { registry = null, tokens } = control ?? {};
    if (typeof registry === "string" && (tokens === undefined || typeof tokens === "string")) return control as Control;
    // Tokens may be made before anything is applied.
    if (registry === null && typeof tokens === "string") return { ...(control as Control), registry };
  } catch {
    // Told below: text that is not JSON is as corrupt as JSON of another shape.
  }
  throw new EdgefeatError("row_corrupt", "the project's control record in the store is not readable", {
    hint: "was its key written by another program? delete it and apply again",
  });
}

function checkStored(text: string | null, hash: string): Snapshot {
  if (text === null) {
    throw new EdgefeatError("row_corrupt", `the registry snapshot ${hash} is not in the store`, {
      hint: "apply again",
    });
  }
  const snapshot = checkSnapshot(parseJson(text));
  if (snapshotHash(snapshot) === hash) return snapshot;
  throw new EdgefeatError("row_corrupt", `the registry snapshot ${hash} in the store has other content`, {
    hint: "apply again",
  });
}
