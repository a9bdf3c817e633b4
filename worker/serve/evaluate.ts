// From rows to values: what each view says at *now*, then the on-demand features, one entity row at a time.
import type { Row } from "../../sdk/plan/index.ts";
import { rowAt } from "../../sdk/rows/index.ts";
import type { Us } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import { OVERFLOW, windowValues } from "../../sdk/windows/index.ts";
import type { CompiledPlan, CompiledRead } from "./compiled-plan.ts";
import type { Inputs } from "./inputs.ts";
import type { Lookup } from "./lookup.ts";
import type { CachedRow } from "./row-cache.ts";
import type { ReadStatus, Status } from "./status.ts";

/** [entity row, view, status] of a view that has no valid row for an entity, or only a stale one. */
export type Absence = readonly [row: number, view: string, status: Exclude<ReadStatus, "PRESENT"> | "STALE"];
/** [entity row, feature, code] of a value that is null because of a fault. */
export type Fault = readonly [row: number, feature: string, code: string];

/**
 * Evaluates a plan's entity rows one after another into the same arrays, so that a large answer makes no object a
 * value: read `row`, `statuses` and `eventTimes` after each call of `run`.
 */
export class RowEvaluator {
  /** The values of the row evaluated last, by slot, defaults included. */
  readonly row: Row;
  /** Their statuses, by slot; PRESENT also for request data. */
  readonly statuses: Status[];
  /** By read: the event time of its row, of an aggregate its newest event's; null where there is none. */
  readonly eventTimes: (Us | null)[];
  /** By read: how its row stands. */
  readonly readStatuses: ReadStatus[];
  readonly absent: Absence[] = [];
  readonly errors: Fault[] = [];
  readonly #plan: CompiledPlan;
  readonly #inputs: Inputs;
  readonly #lookup: Lookup;
  readonly #nowUs: Us;

  constructor(plan: CompiledPlan, inputs: Inputs, lookup: Lookup, nowUs: Us) {
    this.#plan = plan;
    this.#inputs = inputs;
    this.#lookup = lookup;
    this.#nowUs = nowUs;
    this.row = new Array<Value | null>(plan.slots).fill(null);
    this.statuses = new Array<Status>(plan.slots).fill("PRESENT");
    this.eventTimes = plan.reads.map(() => null);
    this.readStatuses = plan.reads.map(() => "NOT_FOUND");
  }

  /** Evaluates entity row `r`. */
  run(r: number): void {
    const { reads, request, steps } = this.#plan;
    const { row } = this;
    for (let i = 0; i < request.length; i++) {
      const { values, scalar } = this.#inputs.request[i] as Inputs["request"][number];
      row[(request[i] as (typeof request)[number]).slot] = values[scalar ? 0 : r] as Value;
    }
    for (let i = 0; i < reads.length; i++) this.#read(r, i, reads[i] as CompiledRead);
    if (steps.length > 0) this.#compute(r);
  }

  #compute(r: number): void {
    const { steps, computedSlots, referenceOf } = this.#plan;
    const { row, statuses } = this;
    const codes: string[] = [];
    const nulls: number[] = [];
    const faults: number[] = [];
    for (const step of steps) faults.push(...step.run(row, this.#nowUs, codes, nulls));
    for (const slot of computedSlots) statuses[slot] = "PRESENT";
    for (const slot of nulls) statuses[slot] = "NULL_VALUE";
    for (const [i, slot] of faults.entries()) {
      statuses[slot] = "TRANSFORM_ERROR";
      const reference = referenceOf.get(slot);
      if (reference !== undefined) this.errors.push([r, reference, codes[i] as string]);
    }
  }

  #read(r: number, i: number, read: CompiledRead): void {
    const at = i * this.#inputs.rows + r;
    const found = this.#lookup.found[at] as CachedRow | null;
    const status = read.layout === null ? this.#stored(i, read, found) : this.#aggregated(r, i, read, found);
    this.readStatuses[i] = status;
    if (this.#lookup.stale?.has(at) === true) {
      this.absent.push([r, read.name, "STALE"]);
      for (let slot = read.firstSlot; slot < read.firstSlot + read.features.length; slot++) {
        if (this.statuses[slot] !== "TRANSFORM_ERROR") this.statuses[slot] = "STALE";
      }
    } else if (status !== "PRESENT") this.absent.push([r, read.name, status]);
  }

  #stored(i: number, read: CompiledRead, found: CachedRow | null): ReadStatus {
    const rows = found?.stored ?? null;
    const winner = rows === null ? undefined : rowAt(rows, this.#nowUs);
    this.eventTimes[i] = winner?.eventTimeUs ?? null;
    if (winner === undefined) return this.#empty(read, "NOT_FOUND");
    const { eventTimeUs, values } = winner;
    if (eventTimeUs !== null && read.ttlUs > 0 && this.#nowUs - eventTimeUs > read.ttlUs)
      return this.#empty(read, "OUTSIDE_MAX_AGE");
    for (let f = 0; f < read.features.length; f++)
      this.#put(read, f, values[read.features[f] as number] as Value | null);
    return "PRESENT";
  }

  #aggregated(r: number, i: number, read: CompiledRead, found: CachedRow | null): ReadStatus {
    const tiles = found?.tiles ?? null;
    // Tiles can't be cut (SEMANTICS 4.2): a row that holds later events than *now* says nothing about *now*.
    const usable = tiles !== null && tiles.newestEventUs <= this.#nowUs;
    this.eventTimes[i] = usable ? tiles.newestEventUs : null;
    if (!usable) return this.#empty(read, "NOT_FOUND", found !== null);
    const values = windowValues(
      read.layout as NonNullable<typeof read.layout>,
      tiles.groups,
      this.#nowUs,
      read.features,
    );
    for (let f = 0; f < values.length; f++) {
      const value = values[f] as Value | null | typeof OVERFLOW;
      if (value === OVERFLOW) {
        this.#put(read, f, null);
        this.statuses[read.firstSlot + f] = "TRANSFORM_ERROR";
        this.errors.push([r, read.references[f] as string, "integer_overflow"]);
      } else this.#put(read, f, value);
    }
    return "PRESENT";
  }

  #put(read: CompiledRead, f: number, value: Value | null): void {
    const slot = read.firstSlot + f;
    this.row[slot] = value ?? (read.defaults[f] as Value | null);
    this.statuses[slot] = value === null ? "NULL_VALUE" : "PRESENT";
  }

  /** No valid row: counts are 0 for a key (SEMANTICS 4.4), but a null id empties the view (2.5). */
  #empty(read: CompiledRead, status: Exclude<ReadStatus, "PRESENT">, keyed = true): ReadStatus {
    for (let f = 0; f < read.features.length; f++) {
      const slot = read.firstSlot + f;
      const value = keyed ? (read.emptyValues[f] as Value | null) : null;
      this.row[slot] = value ?? (read.defaults[f] as Value | null);
      this.statuses[slot] = status;
    }
    return status;
  }
}
