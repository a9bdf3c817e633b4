// One request's way: plan → keys → local cache → one read of the store → a lookup ready to evaluate.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";
import type { PlanRequest } from "../../sdk/plan/index.ts";
import { type Clock, type Ms, type ParseTimeOptions, US_PER_MS, type Us } from "../../sdk/time.ts";
import type { AppConfig } from "../config.ts";
import type { OnlineStore } from "../store/port.ts";
import type { CompiledPlan } from "./compiled-plan.ts";
import { RowEvaluator } from "./evaluate.ts";
import { bindInputs, type GivenInputs, type Inputs } from "./inputs.ts";
import type { KnownRegistry } from "./known-registry.ts";
import { type Freshness, Lookup } from "./lookup.ts";
import type { Registry } from "./registry.ts";
import type { RowCache } from "./row-cache.ts";

/** What a request asks for. */
export interface Asked {
  readonly request: PlanRequest;
  /** Returns what the request gave for the plan's inputs. */
  given(plan: CompiledPlan, registry: KnownRegistry): GivenInputs;
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

/** Keeps work going after the answer. */
export type Later = (work: Promise<unknown>) => void;

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

export class FeatureServer {
  readonly #registry: Registry;
  readonly #cache: RowCache;
  readonly #store: OnlineStore;
  readonly #clock: Clock;
  readonly #config: AppConfig;

  constructor(parts: { registry: Registry; cache: RowCache; store: OnlineStore; clock: Clock; config: AppConfig }) {
    this.#registry = parts.registry;
    this.#cache = parts.cache;
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#config = parts.config;
  }

  /** Returns what answers a request, from one snapshot of the registry alone (SEMANTICS 7.3). */
  async serve(asked: Asked, later: Later): Promise<Served> {
    const nowUs = this.#clock.nowUs();
    const freshness = this.#freshness(asked);
    const { atMs } = freshness;
    const known = this.#registry.current;
    let registry = known ?? (await this.#registry.load());
    // Whether this request has seen where the store points.
    let verified = known === null;
    for (;;) {
      let bound: { plan: CompiledPlan; given: GivenInputs; inputs: Inputs };
      try {
        bound = bind(asked, registry);
      } catch (fault) {
        if (verified || !(fault instanceof EdgefeatError && MAYBE_OUTDATED.has(fault.code))) throw fault;
        const current = await this.#registry.load();
        if (current.hash === registry.hash) throw fault;
        registry = current;
        verified = true;
        continue;
      }
      const { plan, inputs } = bound;
      const lookup = new Lookup(plan, inputs, freshness, this.#cache);
      const recheck = atMs - this.#registry.checkedAtMs >= freshness.maxAgeMs;
      if (!lookup.complete || recheck) await lookup.fill(this.#store, this.#registry.key);
      const { control } = lookup;
      if (control !== undefined && this.#registry.isOutdated(registry, control, atMs)) {
        if (asked.noCache && !verified) {
          registry = await this.#registry.follow(control, atMs);
          verified = true;
          continue;
        }
        later(this.#registry.refresh());
      }
      return {
        ...bound,
        nowUs,
        knownAsOfUs: nowUs - Math.ceil(lookup.oldestMs) * US_PER_MS,
        registry,
        evaluator: new RowEvaluator(plan, inputs, lookup, nowUs),
      };
    }
  }

  #freshness({ noCache, maxStalenessMs }: Asked): Freshness {
    const { cacheTtlMs, staleIfErrorMs } = this.#config;
    return {
      atMs: this.#clock.elapsedMs(),
      maxAgeMs: noCache ? 0 : Math.min(cacheTtlMs, maxStalenessMs ?? Infinity),
      maxStaleMs: noCache ? 0 : cacheTtlMs + staleIfErrorMs,
    };
  }
}

function bind(asked: Asked, registry: KnownRegistry): { plan: CompiledPlan; given: GivenInputs; inputs: Inputs } {
  const plan = registry.plan(asked.request);
  const given = asked.given(plan, registry);
  return { plan, given, inputs: bindInputs(plan, given, () => registry.names, asked.time) };
}
