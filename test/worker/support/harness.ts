// An app under test: over a real store that counts its commands and can be made to fail, by a clock that is set by hand.
import { EdgefeatError } from "../../../sdk/errors.ts";
import { type Compiled, planApply, type Snapshot, snapshotOf } from "../../../sdk/registry/index.ts";
import { type Clock, formatTime, type Ms, parseTime } from "../../../sdk/time.ts";
import { type App, createApp } from "../../../worker/app.ts";
import type { Assets } from "../../../worker/assets.ts";
import type { AppConfig } from "../../../worker/config.ts";
import type { EventLog } from "../../../worker/log/port.ts";
import type { LogEntry } from "../../../worker/metrics/index.ts";
import type { RateLimiter } from "../../../worker/middleware/rate-limit.ts";
import type { OnlineStore } from "../../../worker/store/port.ts";
import { memoryAssets } from "./assets.ts";
import { compiled, shout, shoutTransform } from "./definitions.ts";

export const NOW = "2001-03-31T12:00:00Z";
export const TOKEN = "test-token-0123456789";

/** As a header's value: that the request has no such header. */
export const NO_HEADER = "\u0000";

export class ManualClock implements Clock {
  nowText: string = NOW;
  ms: Ms = 1_000_000;
  frozen = false;
  nowUs = () => parseTime(this.nowText);
  elapsedMs = () => this.ms;

  /** Lets time pass, on both clocks. */
  advance(ms: Ms): void {
    this.ms += ms;
    this.nowText = formatTime(this.nowUs() + ms * 1_000);
  }
}

/** Passes calls on to a store, counts them, and fails when told to. */
export class WatchedStore implements OnlineStore {
  reads: (readonly string[])[] = [];
  /** Of each read. */
  purposes: string[] = [];
  writes: (readonly { key: string; value: string; expireInMs: Ms | null }[])[] = [];
  /** Fails every call while true. */
  failing = false;
  /** Called before each read reaches the store. */
  beforeRead: (() => Promise<void>) | undefined;
  /** Called before each compareAndSet reaches the store: a chance to be faster. */
  beforeWrite: (() => Promise<void>) | undefined;
  readonly #store: OnlineStore;

  constructor(store: OnlineStore) {
    this.#store = store;
  }

  async read(keys: readonly string[], options?: Parameters<OnlineStore["read"]>[1]) {
    this.reads.push(keys);
    this.purposes.push(options?.purpose ?? "serve");
    this.#check();
    await this.beforeRead?.();
    return this.#store.read(keys, options);
  }

  async compareAndSet(writes: Parameters<OnlineStore["compareAndSet"]>[0]) {
    this.writes.push(writes);
    this.#check();
    await this.beforeWrite?.();
    return this.#store.compareAndSet(writes);
  }

  async scan(prefix: string, cursor: string | null) {
    this.#check();
    return this.#store.scan(prefix, cursor);
  }

  async status() {
    this.#check();
    return this.#store.status();
  }

  #check(): void {
    if (this.failing) throw new EdgefeatError("store_unavailable", "the store was made to fail");
  }
}

/** A snapshot of definitions with every view materialized. */
export function snapshotFor(project: string, definitions: Compiled = compiled()): Snapshot {
  return snapshotOf(project, "test", definitions);
}

const codeHash = compiled().views["shout"]?.spec as { codeHash: string };
export const transforms = new Map([[shout.name, { codeHash: codeHash.codeHash, transform: shoutTransform }]]);

export interface Answered {
  status: number;
  headers: Headers;
  /** The body as it came. */
  text: string;
  json: any;
}

export interface Harness {
  readonly project: string;
  readonly clock: ManualClock;
  readonly store: WatchedStore;
  readonly app: App;
  /** Work that was left for after the answers. */
  readonly background: Promise<unknown>[];
  /** Faults told as internal_error. */
  readonly internal: unknown[];
  /** What was logged. */
  readonly logged: LogEntry[];
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
  /** Asks POST /v1/features. */
  features(body: Record<string, unknown>, headers?: Record<string, string>): Promise<Answered>;
  /** Puts a snapshot, in the place of whatever is there. */
  apply(definitions?: Compiled): Promise<string>;
  /** Makes the definitions' next versions, which are yet to be materialized. */
  applyNext(definitions: Compiled): Promise<void>;
  writeRows(view: string, rows: unknown[], more?: Record<string, unknown>): Promise<Answered>;
  /** Another isolate of the same project and clock. */
  isolate(options?: HarnessOptions): Harness;
}

export interface HarnessOptions extends Partial<AppConfig> {
  snapshot?: Snapshot;
  transforms?: typeof transforms;
  limiter?: RateLimiter;
  /** Default: the reference of the routes; null for none bound. */
  assets?: Assets | null;
  eventLog?: EventLog;
}

let harnesses = 0;

/** Returns an app over `store` for a project of its own. */
export function harness(store: OnlineStore, options: HarnessOptions = {}): Harness {
  const project = options.project ?? `worker-${crypto.randomUUID()}-${harnesses++}`;
  return build(store, project, new ManualClock(), options);
}

function build(inner: OnlineStore, project: string, clock: ManualClock, options: HarnessOptions): Harness {
  const { snapshot, transforms: bundled = transforms, limiter, assets = memoryAssets(), eventLog, ...config } = options;
  const store = new WatchedStore(inner);
  const background: Promise<unknown>[] = [];
  const internal: unknown[] = [];
  const logged: LogEntry[] = [];
  const app = createApp({
    store,
    clock,
    transforms: bundled,
    config: {
      project,
      environment: "test",
      writeToken: TOKEN,
      publicReads: true,
      cacheTtlMs: 60_000,
      staleIfErrorMs: 300_000,
      // A record of each act would be one more command in every test that counts them; its own tests turn it on.
      auditIn: "log",
      ...config,
    },
    ...(snapshot === undefined ? {} : { snapshot }),
    onInternalError: (cause) => internal.push(cause),
    log: (entry) => logged.push(entry),
    ...(limiter === undefined ? {} : { limiter }),
    ...(eventLog === undefined ? {} : { eventLog }),
    ...(assets === null ? {} : { assets }),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  const send: Harness["send"] = async (method, path, body, headers = {}) => {
    const init: RequestInit = { method };
    const sent = new Headers({ authorization: `Bearer ${TOKEN}` });
    if (body !== undefined) {
      const bytes =
        body instanceof Uint8Array
          ? body
          : new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
      init.body = bytes as Uint8Array<ArrayBuffer>;
      // As HTTP has it; a Request made by hand has none.
      sent.set("content-length", String(bytes.byteLength));
      sent.set("content-type", "application/json");
    }
    for (const [name, value] of Object.entries(headers)) {
      if (value === NO_HEADER) sent.delete(name);
      else sent.set(name, value);
    }
    init.headers = sent;
    const response = await app.fetch(new Request(`http://edgefeat.test${path}`, init), undefined, {
      waitUntil: (work) => void background.push(work),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: text === "" ? null : JSON.parse(text) };
  };
  return {
    project,
    clock,
    store,
    app,
    background,
    internal,
    logged,
    send,
    features: (body, headers) => send("POST", "/v1/features", body, headers),
    async apply(definitions) {
      const current = await send("GET", "/v1/registry");
      const match = current.status === 200 ? { "if-match": `"${current.json.registry}"` } : {};
      const put = await send("PUT", "/v1/registry", snapshotFor(project, definitions), match);
      if (put.status >= 300) throw new Error(put.text);
      return put.json.registry as string;
    },
    async applyNext(definitions) {
      const { snapshot, registry } = (await send("GET", "/v1/registry")).json;
      const next = planApply(snapshot, definitions).snapshot;
      const put = await send("PUT", "/v1/registry", next, { "if-match": `"${registry}"` });
      if (put.status >= 300) throw new Error(put.text);
    },
    async writeRows(view, rows, more = {}) {
      const written = await send("POST", `/v1/rows/${view}`, { rows, ...more });
      return written;
    },
    isolate: (more = {}) => build(inner, project, clock, { ...options, ...more }),
  };
}

/** A row of last_flight as POST /v1/rows takes it. */
export function flightRow(
  origin: string,
  eventTime: string,
  values: Record<string, unknown> = {},
  createdTime: string | null = null,
) {
  return {
    entities: { origin },
    eventTime,
    createdTime,
    values: { delay: 5, distance: 100.5, carrier: "AS", ...values },
  };
}
