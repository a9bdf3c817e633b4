// A registry snapshot with what is derived from it: its hash, its plans by request shape, the names it knows.
import type { PlanRequest } from "../../sdk/plan/index.ts";
import type { Principal } from "../auth/principal.ts";
import { visibleSnapshot } from "../auth/scope.ts";
import type { ProjectionSpec, Snapshot } from "../../sdk/registry/index.ts";
import { type CompiledPlan, compilePlan, type PlanOptions } from "./compiled-plan.ts";
import { BoundedMap } from "./bounded-map.ts";

const MAX_PLANS = 500;
/** The most features that all kept plans may have, so that long requests can't fill the memory. */
const MAX_PLANNED_FEATURES = 20_000;

/** A snapshot, or what a caller may know of it, with its names. */
export class KnownPart {
  readonly snapshot: Snapshot;
  #names: KnownNames | undefined;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  /** The join keys and request fields that any of its views or services takes. */
  get names(): KnownNames {
    return (this.#names ??= namesOf(this.snapshot));
  }
}

export class KnownRegistry extends KnownPart {
  readonly hash: string;
  readonly #options: PlanOptions;
  readonly #plans = new BoundedMap<CompiledPlan>(MAX_PLANS, MAX_PLANNED_FEATURES);
  readonly #visible = new WeakMap<Principal, KnownPart>();

  constructor(hash: string, snapshot: Snapshot, options: PlanOptions) {
    super(snapshot);
    this.hash = hash;
    this.#options = options;
  }

  /** Returns the plan of a request shape, compiled once. @throws as planFeatures */
  plan(request: PlanRequest): CompiledPlan {
    const shape = "service" in request ? `service ${request.service}` : JSON.stringify(request.features);
    const known = this.#plans.get(shape);
    if (known !== undefined) return known;
    const plan = compilePlan(this.snapshot, request, this.#options);
    this.#plans.set(shape, plan, plan.outputs.length);
    return plan;
  }

  /** Returns the part that a principal may know: all of it for one without limits, and until it is known who asks. */
  visibleTo(principal: Principal | null): KnownPart {
    if (principal === null || principal.limits === null) return this;
    const known = this.#visible.get(principal);
    if (known !== undefined) return known;
    const part = new KnownPart(visibleSnapshot(principal, this.snapshot));
    this.#visible.set(principal, part);
    return part;
  }
}

export interface KnownNames {
  readonly joinKeys: ReadonlySet<string>;
  readonly requestFields: ReadonlySet<string>;
}

function namesOf(snapshot: Snapshot): KnownNames {
  const joinKeys = new Set(
    Object.values(snapshot.entities).flatMap((entity) => entity.joinKeys.map((key) => key.name)),
  );
  const requestFields = new Set<string>();
  const addRenamed = (projections: readonly ProjectionSpec[]) => {
    for (const { joinKeyMap } of projections) for (const name of Object.values(joinKeyMap)) joinKeys.add(name);
  };
  for (const { features } of Object.values(snapshot.services)) addRenamed(features);
  for (const { spec } of Object.values(snapshot.views).flatMap((entry) => Object.values(entry.versions))) {
    if (spec.kind !== "onDemand") {
      for (const { name } of spec.joinKeys) joinKeys.add(name);
      continue;
    }
    addRenamed(spec.inputs);
    for (const { name } of spec.request) requestFields.add(name);
  }
  return { joinKeys, requestFields };
}
