// The registry as an isolate knows it: a snapshot and a pointer that every read of the store brings along.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Transforms } from "../../sdk/plan/index.ts";
import { checkSnapshot, type Snapshot, snapshotHash } from "../../sdk/registry/index.ts";
import { controlKey, type KeySpace, snapshotKey } from "../../sdk/rows/index.ts";
import type { Clock, Ms } from "../../sdk/time.ts";
import { parseJson } from "../../sdk/types/index.ts";
import type { OnlineStore } from "../store/port.ts";
import { KnownRegistry } from "./known-registry.ts";

/** The project's control record; it may hold members of later versions, which are kept. */
export interface Control {
  readonly registry: string;
}

/** How long one request's fetch of a new snapshot keeps others from starting theirs. */
const REFRESH_PAUSE_MS: Ms = 5_000;

export interface RegistryOptions {
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly space: KeySpace;
  readonly transforms: Transforms;
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
    const { bundled, transforms, space } = options;
    this.#options = options;
    this.key = controlKey(space);
    this.#current = bundled === undefined ? null : new KnownRegistry(snapshotHash(bundled), bundled, transforms);
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
    const atMs = this.#options.clock.elapsedMs();
    const [text] = await this.#options.store.read([this.key]);
    return this.follow(text ?? null, atMs);
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

  /** Takes a snapshot that this isolate itself has just put in place. */
  adopt(hash: string, snapshot: Snapshot): KnownRegistry {
    this.#current = new KnownRegistry(hash, snapshot, this.#options.transforms);
    this.#checkedAtMs = this.#options.clock.elapsedMs();
    return this.#current;
  }

  async #fetch(hash: string): Promise<KnownRegistry> {
    const { store, space, transforms } = this.#options;
    const [text] = await store.read([snapshotKey(space, hash)]);
    return new KnownRegistry(hash, checkStored(text ?? null, hash), transforms);
  }

  #control(text: string | null): Control {
    const control = parseControl(text);
    if (control !== null) return control;
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
    const control = JSON.parse(text) as Partial<Control> | null;
    if (typeof control?.registry === "string") return control as Control;
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
