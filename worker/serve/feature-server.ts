// One request's way: plan → keys → local cache → one read of the store → a lookup ready to evaluate.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";
import type { PlanRequest } from "../../sdk/plan/index.ts";
import { type Clock, type Ms, type ParseTimeOptions, US_PER_MS, type Us } from "../../sdk/time.ts";
import type { Caller, Principal } from "../auth/index.ts";
import type { AppConfig } from "../config.ts";
import type { OnlineStore } from "../store/port.ts";
import type { CompiledPlan } from "./compiled-plan.ts";
import { RowEvaluator } from "./evaluate.ts";
import { bindInputs, type GivenInputs, type Inputs } from "./inputs.ts";
import type { KnownPart, KnownRegistry } from "./known-registry.ts";
import { type Freshness, Lookup } from "./lookup.ts";
import type { Registry } from "./registry.ts";
import type { RowCache } from "./row-cache.ts";
import type { Trace } from "./trace.ts";

/** What a request asks for. */
export interface Asked {
  readonly request: PlanRequest;
  /** Returns what the request gave for the plan's inputs; `known` is what the caller may know. */
  given(plan: CompiledPlan, known: KnownPart): GivenInputs;
  readonly time?: ParseTimeOptions;
  /** Reads past every cache, the registry's too. */
  readonly noCache: boolean;
  /** Narrows how far cached rows may lag; null leaves the server's bound. */
  readonly maxStalenessMs: Ms | null;
}

/** All that an answer is made from. */
export interface Served {
  readonly nowUs: Us;
  /** The oldest moment whose state of the store the answer shows. */
  readonly knownAsOfUs: Us;
  readonly registry: KnownRegistry;
  readonly plan: CompiledPlan;
  readonly inputs: Inputs;
  readonly given: GivenInputs;
  readonly evaluator: RowEvaluator;
}

interface Bound {
  readonly plan: CompiledPlan;
  readonly given: GivenInputs;
  readonly inputs: Inputs;
}

/** Keeps work going after the answer. */
export type Later = (work: Promise<unknown>) => void;

/** What surrounds a request. */
export interface Serving {
  readonly later: Later;
  readonly trace: Trace;
  readonly caller: Caller;
}

/** Faults that a newer registry than the one known here may not have. */
const MAYBE_OUTDATED: ReadonlySet<ErrorCode> = new Set([
  "unknown_view",
  "unknown_feature",
  "unknown_service",
  "unknown_version",
  "unknown_entity_key",
  "unknown_request_data",
  "missing_entity_key",
  "missing_request_data",
  "type_mismatch",
  "view_not_materialized",
  "transform_not_bundled",
] satisfies ErrorCode[]);

/** A token of views may ask for services made of them, which a newer registry may have. */
function isMaybeOutdated(fault: unknown, { request }: Asked): boolean {
  if (!(fault instanceof EdgefeatError)) return false;
  return MAYBE_OUTDATED.has(fault.code) || (fault.code === "forbidden" && "service" in request);
}

/** Faults of reading a snapshot that the store points to. */
const UNREAD: ReadonlySet<ErrorCode> = new Set(["store_unavailable", "row_corrupt"] satisfies ErrorCode[]);

/** The most rows of the answer that is kept. */
const KEPT_ROWS = 10;

export class FeatureServer {
  readonly #registry: Registry;
  readonly #cache: RowCache;
  readonly #store: OnlineStore;
  readonly #clock: Clock;
  readonly #config: Required<AppConfig>;
  /**
   * What the latest small answer was made from: at a full garbage collection V8 drops the shapes of objects of which there
   * are none, and with them all code that was optimized for such, which then costs some 5 µs a request to make again.
   */
  readonly #kept: Served[] = [];

  constructor(parts: {
    registry: Registry;
    cache: RowCache;
    store: OnlineStore;
    clock: Clock;
    config: Required<AppConfig>;
  }) {
    this.#registry = parts.registry;
    this.#cache = parts.cache;
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#config = parts.config;
  }

  /**
   * Returns what answers a request, from one snapshot of the registry alone (SEMANTICS 7.3). The caller is judged along with
   * the first read, and before anything is said of a name.
   * @throws what the caller's judging, the plan, the inputs and the store throw
   */
  async serve(asked: Asked, call: Serving): Promise<Served> {
    const { later, trace, caller } = call;
    const clock = this.#clock;
    const nowUs = clock.nowUs();
    const atMs = clock.elapsedMs();
    const known = this.#registry.current;
    let registry = known ?? (await this.#loadFor(caller, trace));
    // Whether this request has seen where the store points.
    let verified = known === null;
    for (let fromMs = known === null ? clock.elapsedMs() : atMs; ; fromMs = clock.elapsedMs()) {
      const { principal } = caller;
      let bound: Bound;
      try {
        caller.checkRequest(asked.request, registry.snapshot);
        bound = bind(asked, registry, principal);
      } catch (fault) {
        await admitted(caller, asked, registry);
        // It may be told otherwise to whom it is known to be for.
        if (caller.principal !== principal) continue;
        if (verified || !isMaybeOutdated(fault, asked)) throw fault;
        const current = await this.#load(trace);
        if (current.hash === registry.hash) throw fault;
        registry = current;
        verified = true;
        continue;
      }
      const { plan, inputs } = bound;
      const freshness = this.#freshness(asked, plan, atMs);
      const { readAtMs } = freshness;
      const boundMs = clock.elapsedMs();
      const lookup = new Lookup(plan, inputs, freshness, this.#cache, trace);
      const lookedUpMs = clock.elapsedMs();
      trace.stagesMs.plan += boundMs - fromMs;
      trace.stagesMs.cache += lookedUpMs - boundMs;
      if (!lookup.complete || this.#mustCheck(caller, freshness)) {
        // Before the read: while it is under way, another request may see to what is known, but not to what this one uses.
        const unverifiedMs = atMs - this.#registry.checkedAtMs;
        const control = await this.#fill(lookup, call, freshness).finally(() => {
          trace.stagesMs.store += clock.elapsedMs() - lookedUpMs;
        });
        caller.checkRequest(asked.request, registry.snapshot);
        // Bound before it was known who asks: names that a limited caller may not know were taken.
        if (caller.principal !== principal) bind(asked, registry, caller.principal);
        if (control !== undefined && this.#registry.isOutdated(registry, control, readAtMs)) {
          const next =
            verified || unverifiedMs < this.#bound(freshness) ? null : await this.#follow(control, asked, readAtMs);
          if (next !== null) {
            registry = next;
            verified = true;
            continue;
          }
          later(this.#registry.refresh());
        }
      } else if (lookup.aging) later(this.#refresh(lookup, registry, caller, freshness));
      const served = {
        ...bound,
        nowUs,
        knownAsOfUs: nowUs - Math.ceil(lookup.oldestMs) * US_PER_MS,
        registry,
        evaluator: new RowEvaluator(plan, inputs, lookup, { nowUs, clock, trace, maxSkewUs: this.#config.maxSkewUs }),
      };
      if (inputs.rows <= KEPT_ROWS) this.#kept[0] = served;
      return served;
    }
  }

  /** The first snapshot that this isolate learns of. An isolate that knows none may not know its tokens either. */
  async #loadFor(caller: Caller, trace: Trace): Promise<KnownRegistry> {
    try {
      return await this.#load(trace);
    } catch (fault) {
      if (caller.principal === null) await caller.admit(0);
      throw fault;
    }
  }

  async #load(trace: Trace): Promise<KnownRegistry> {
    const fromMs = this.#clock.elapsedMs();
    trace.storeReads++;
    try {
      return await this.#registry.load();
    } finally {
      trace.stagesMs.store += this.#clock.elapsedMs() - fromMs;
    }
  }

  /** How far anything but a row may lag behind the store. */
  #bound({ maxAgeMs }: Freshness): Ms {
    return Math.min(maxAgeMs, this.#config.cacheTtlMs);
  }

  /**
   * Returns the snapshot that the store points to, for a request that may not be answered by one as old as the known; null
   * where it can't be read and the old one stands in, which it never does for `no-cache`.
   */
  async #follow(control: string | null, { noCache }: Asked, atMs: Ms): Promise<KnownRegistry | null> {
    try {
      return await this.#registry.follow(control, atMs);
    } catch (fault) {
      if (noCache || !(fault instanceof EdgefeatError && UNREAD.has(fault.code))) throw fault;
      return null;
    }
  }

  /** True when the control record has to be read although memory holds every row: nobody may be outdated beyond the bound. */
  #mustCheck(caller: Caller, freshness: Freshness): boolean {
    if (caller.principal === null) return true;
    return freshness.atMs - Math.min(this.#registry.checkedAtMs, caller.checkedAtMs) >= this.#bound(freshness);
  }

  /**
   * Reads all that a lookup lacks by one command, and along with it the control record and what the caller is judged by.
   * Returns the control record; undefined when the store failed, and memory stands in.
   */
  async #fill(
    lookup: Lookup,
    { trace, caller }: Serving,
    { atMs, readAtMs, purpose }: Freshness,
  ): Promise<string | null | undefined> {
    const keys = lookup.keys();
    const controlAt = keys.push(this.#registry.key) - 1;
    keys.push(...caller.keys);
    trace.storeReads++;
    let texts: (string | null)[];
    try {
      texts = await this.#store.read(keys, { purpose });
    } catch (fault) {
      if (!(fault instanceof EdgefeatError) || fault.code !== "store_unavailable") throw fault;
      const settling = caller.settle(undefined, undefined, atMs, fault);
      if (settling !== undefined) await settling;
      const { cacheTtlMs, staleIfErrorMs } = this.#config;
      // Rows may be none: then nothing but the registry tells how long ago the store was last heard of.
      if (atMs - this.#registry.checkedAtMs >= cacheTtlMs + staleIfErrorMs) throw fault;
      lookup.standIn(fault);
      return undefined;
    }
    const control = texts[controlAt] as string | null;
    const settling = caller.settle(control, texts[controlAt + 1], readAtMs);
    if (settling !== undefined) await settling;
    lookup.take(texts);
    return control;
  }

  /** Reads rows anew that an answer was made from, before they get too old: stale-while-revalidate, within the bound. */
  async #refresh(lookup: Lookup, used: KnownRegistry, caller: Caller, { readAtMs, purpose }: Freshness): Promise<void> {
    const keys = lookup.agingKeys();
    const controlAt = keys.push(this.#registry.key) - 1;
    const texts = await this.#store.read(keys, { purpose });
    lookup.takeAging(texts);
    const control = texts[controlAt] as string | null;
    await caller.settle(control, undefined, readAtMs);
    if (this.#registry.isOutdated(used, control, readAtMs)) await this.#registry.refresh();
  }

  /** A replica that lags may answer where its lag is within what was asked for and what the views allow. */
  #freshness({ noCache, maxStalenessMs }: Asked, { cacheMs }: CompiledPlan, atMs: Ms): Freshness {
    const { staleIfErrorMs, storeLagMs } = this.#config;
    const maxAgeMs = noCache ? 0 : (maxStalenessMs ?? Infinity);
    const purpose = Math.min(maxAgeMs, cacheMs) > storeLagMs.serve ? "serve" : "newest";
    return {
      atMs,
      maxAgeMs,
      purpose,
      readAtMs: atMs - storeLagMs[purpose],
      staleIfErrorMs: noCache ? null : staleIfErrorMs,
    };
  }
}

/** Judges a caller that isn't known yet, before it is told what is wrong with its request. @throws unauthorized, forbidden */
async function admitted(caller: Caller, asked: Asked, { snapshot }: KnownRegistry): Promise<void> {
  if (caller.principal !== null) return;
  await caller.admit(0);
  caller.checkRequest(asked.request, snapshot);
}

function bind(asked: Asked, registry: KnownRegistry, principal: Principal | null): Bound {
  const plan = registry.plan(asked.request);
  const known = registry.visibleTo(principal);
  const given = asked.given(plan, known);
  return { plan, given, inputs: bindInputs(plan, given, () => known.names, asked.time) };
}
