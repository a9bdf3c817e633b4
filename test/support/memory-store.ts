// An online store in memory, for what only an oracle can show: every call can be watched, delayed or made to fail.
import type { OnlineStore, ReadOptions, ScanPage, StoreWrite } from "../../worker/store/port.ts";

export interface MemoryStoreOptions {
  /** Waited for before a call takes effect, and again before its answer comes; it may throw instead of either. */
  step?(call: string): Promise<void>;
}

/** Takes no expiry but that of 0 ms, which deletes. */
export class MemoryStore implements OnlineStore {
  readonly rows = new Map<string, string>();
  /** Each read as it was asked for. */
  readonly reads: { readonly keys: readonly string[]; readonly options: ReadOptions | undefined }[] = [];
  readonly writes: (readonly StoreWrite[])[] = [];
  readonly #step: (call: string) => Promise<void>;

  constructor({ step = async () => {} }: MemoryStoreOptions = {}) {
    this.#step = step;
  }

  async read(keys: readonly string[], options?: ReadOptions) {
    this.reads.push({ keys, options });
    await this.#step("read");
    const values = keys.map((key) => this.rows.get(key) ?? null);
    await this.#step("read answered");
    return values;
  }

  async compareAndSet(writes: readonly StoreWrite[]) {
    this.writes.push(writes);
    await this.#step("write");
    const written = writes.map((write) => this.#compareAndSet(write));
    await this.#step("write answered");
    return written;
  }

  async scan(prefix: string): Promise<ScanPage> {
    await this.#step("scan");
    return { keys: [...this.rows.keys()].filter((key) => key.startsWith(prefix)), cursor: null };
  }

  async status() {
    await this.#step("status");
    return { kind: "memory", keepsRows: true, usedBytes: this.rows.size, limitBytes: null, warnings: [] };
  }

  #compareAndSet({ key, expected, value, expireInMs, beside }: StoreWrite): boolean {
    if ((this.rows.get(key) ?? null) !== expected) return false;
    for (const [at, text] of [
      [key, value] as const,
      ...(beside === undefined ? [] : [[beside.key, beside.value] as const]),
    ]) {
      if (expireInMs === 0) this.rows.delete(at);
      else this.rows.set(at, text);
    }
    return true;
  }
}
