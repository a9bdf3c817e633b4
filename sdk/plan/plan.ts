// What a plan is: views to read by which keys, steps to compute, values to answer, each in a slot of a row.
import type { AggregatedViewSpec, StoredViewSpec } from "../registry/index.ts";
import type { Value, ValueType } from "../types/index.ts";
import type { ComputeStep } from "./on-demand.ts";

/** A typed column of the entity rows: a join key or a field of request data. */
export interface InputColumn {
  readonly name: string;
  readonly type: ValueType;
  /** Request data: the slot its value goes to. Join keys have none. */
  readonly slot: number;
}

/** One view to look up, by one set of key columns. */
export interface ViewRead {
  /** The name it goes by in answers: its alias, or the view's own. */
  readonly label: string;
  readonly view: string;
  readonly version: number;
  readonly spec: StoredViewSpec | AggregatedViewSpec;
  /** The columns of the entity rows that hold the key, in the order of the spec's join keys. */
  readonly keys: readonly InputColumn[];
  /** Indices into the spec's features, of those that are needed; the i-th goes to slot `firstSlot + i`. */
  readonly features: readonly number[];
  readonly firstSlot: number;
  /** By the i of `features`. */
  readonly defaults: readonly (Value | null)[];
}

/** One value of the answer. */
export interface Output {
  /** As asked for: `view:feature`. */
  readonly reference: string;
  readonly label: string;
  readonly feature: string;
  readonly type: ValueType;
  readonly slot: number;
  /** The read it comes from, or −1 for an on-demand feature. */
  readonly read: number;
}

export interface FeaturePlan {
  readonly reads: readonly ViewRead[];
  readonly steps: readonly ComputeStep[];
  readonly outputs: readonly Output[];
  /** Every join key that a read needs, once. */
  readonly keys: readonly InputColumn[];
  /** Every field of request data that an on-demand view needs, once. */
  readonly request: readonly InputColumn[];
  /** How many slots a row of values has. */
  readonly slots: number;
  /** The version of every view that takes part, by label. */
  readonly versions: Readonly<Record<string, number>>;
}

/** What to plan for: a service by name, or features by reference. */
export type PlanRequest = { readonly service: string } | { readonly features: readonly string[] };
