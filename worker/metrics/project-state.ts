// What a scrape asks the store: how fresh each view is, and how the store does; remembered, so that scrapes stay cheap.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { type KeySpace, materializationKey } from "../../sdk/rows/index.ts";
import { type Clock, type Ms, parseDuration, parseTime, type Us } from "../../sdk/time.ts";
import type { Later, Registry } from "../serve/index.ts";
import type { OnlineStore, StoreStatus } from "../store/port.ts";

/** How long the records of materializations are believed. */
const RECORDS_MS: Ms = 10_000;
/** How long a store's description of itself is believed. */
const STATUS_MS: Ms = 60_000;

/** One version of a view that was materialized. */
export interface MaterializedView {
  readonly view: string;
  readonly version: number;
  /** The end of the run that reached furthest. */
  readonly endUs: Us;
  /** How far behind *now* the view may be, as it declares; null where it does not, or where it is not the active version. */
  readonly limitUs: Us | null;
}

export interface ProjectState {
  readonly views: readonly MaterializedView[];
  /** null before the store has told. */
  readonly status: StoreStatus | null;
  /** Whether the store answered when it was last asked; null before. */
  readonly storeUp: boolean | null;
}

interface Parts {
  readonly store: OnlineStore;
  readonly registry: Registry;
  readonly space: KeySpace;
  readonly clock: Clock;
}

export class ProjectProbe {
  readonly #parts: Parts;
  #state: ProjectState = { views: [], status: null, storeUp: null };
  #recordsAtMs: Ms = -Infinity;
  #statusAtMs: Ms = -Infinity;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Returns the state of the project, at most 10 s old; where the store fails, the last that is known. One command reads
   * the records of all views and the control record, so that an isolate that is only scraped learns of a new registry too.
   */
  async look(later: Later): Promise<ProjectState> {
    const atMs = this.#parts.clock.elapsedMs();
    if (atMs - this.#recordsAtMs >= RECORDS_MS) {
      this.#recordsAtMs = atMs;
      await this.#ask(async () => ({ views: await this.#views(atMs, later) }));
    }
    if (atMs - this.#statusAtMs >= STATUS_MS) {
      this.#statusAtMs = atMs;
      await this.#ask(async () => ({ status: await this.#parts.store.status() }));
    }
    return this.#state;
  }

  async #ask(question: () => Promise<Partial<ProjectState>>): Promise<void> {
    try {
      const told = await question();
      this.#state = { ...this.#state, ...told, storeUp: true };
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      if (fault.code === "registry_not_found") this.#state = { ...this.#state, views: [], storeUp: true };
      if (fault.code === "store_unavailable") this.#state = { ...this.#state, storeUp: false };
    }
  }

  async #views(atMs: Ms, later: Later): Promise<MaterializedView[]> {
    const { store, registry, space } = this.#parts;
    const known = registry.current ?? (await registry.load());
    const versions = storedVersions(known.snapshot);
    const keys = versions.map(({ view, version }) => materializationKey(space, view, version));
    const texts = await store.read([...keys, registry.key]);
    if (registry.isOutdated(known, texts.at(-1) ?? null, atMs)) later(registry.refresh());
    return versions.flatMap(({ view, version, limitUs }, i) => {
      const endUs = endOf(texts[i] ?? null);
      return endUs === null ? [] : [{ view, version, endUs, limitUs }];
    });
  }
}

function storedVersions({ views }: Snapshot) {
  return Object.entries(views).flatMap(([view, { active, versions }]) =>
    Object.entries(versions)
      .filter(([, { spec }]) => spec.kind !== "onDemand")
      .map(([number, { spec }]) => {
        const version = Number(number);
        return { view, version, limitUs: version === active ? declaredLimit(spec.freshness) : null };
      }),
  );
}

/** A snapshot of an earlier release may hold a text that is no duration. */
function declaredLimit(freshness: string | undefined): Us | null {
  return freshness === undefined ? null : orNull(() => parseDuration(freshness));
}

function endOf(record: string | null): Us | null {
  return record === null ? null : orNull(() => parseTime((JSON.parse(record) as { end: string }).end));
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
