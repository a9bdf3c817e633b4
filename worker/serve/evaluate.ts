// From rows to values: what each view says at *now*, then the on-demand features, one entity row at a time.
import type { Row } from "../../sdk/plan/index.ts";
import { rowAt, settledRow, type TileRow } from "../../sdk/rows/index.ts";
import { type Clock, US_PER_SECOND, type Us } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import { NO_BOUNDARY, OVERFLOW, type TileLayout, type WindowReader } from "../../sdk/windows/index.ts";
import type { CompiledPlan, CompiledRead } from "./compiled-plan.ts";
import type { Inputs } from "./inputs.ts";
import type { Lookup } from "./lookup.ts";
import type { CachedRow } from "./row-cache.ts";
import type { ServedRow, ServedRows } from "./served-row.ts";
import type { ReadStatus, Status } from "./status.ts";
import { AGE_BOUNDS_S, type Trace, type ViewTally } from "./trace.ts";

/** [entity row, view, status] of a view that has no valid row for an entity, or only a stale one. */
export type Absence = readonly [row: number, view: string, status: Exclude<ReadStatus, "PRESENT"> | "STALE"];
/** [entity row, feature, code] of a value that is null because of a fault. */
export type Fault = readonly [row: number, feature: string, code: string];

type WindowValues = ReturnType<WindowReader>;

/**
 * Evaluates a plan's entity rows one after another into the same arrays, so that a large answer makes no object a
 * value: read them after each call of `run`. Each row is evaluated once, in any order.
 */
export class RowEvaluator {
  /** The values of the row evaluated last, by slot, defaults included; empty before the first. */
  readonly row: Row = [];
  /** Their statuses, by slot; PRESENT also for request data. */
  readonly statuses: Status[] = [];
  /** By read: the event time of its row, of an aggregate its newest event's; null where there is none. */
  readonly eventTimes: (Us | null)[];
  /** By read: how its row stands. */
  readonly readStatuses: ReadStatus[];
  /** By read: the stored row that counts; null where none does. */
  readonly winners: (ServedRow | null)[];
  readonly absent: Absence[] = [];
  readonly errors: Fault[] = [];
  readonly #plan: CompiledPlan;
  readonly #inputs: Inputs;
  readonly #lookup: Lookup;
  readonly #nowUs: Us;
  /** How far clocks may be apart; 0 under a frozen one. */
  readonly #skewUs: Us;
  readonly #clock: Clock;
  readonly #trace: Trace;
  readonly #tallies: readonly ViewTally[];
  /** By read: the values of the windows over a row's tiles. */
  readonly #finished: (Map<CachedRow, WindowValues> | undefined)[] = [];

  constructor(
    plan: CompiledPlan,
    inputs: Inputs,
    lookup: Lookup,
    { nowUs, clock, trace, maxSkewUs }: { nowUs: Us; clock: Clock; trace: Trace; maxSkewUs: Us },
  ) {
    this.#plan = plan;
    this.#inputs = inputs;
    this.#lookup = lookup;
    this.#nowUs = nowUs;
    this.#skewUs = clock.frozen ? 0 : maxSkewUs;
    this.#clock = clock;
    this.#trace = trace;
    this.eventTimes = new Array<Us | null>(plan.reads.length).fill(null);
    this.readStatuses = new Array<ReadStatus>(plan.reads.length).fill("NOT_FOUND");
    this.winners = new Array<ServedRow | null>(plan.reads.length).fill(null);
    this.#tallies = plan.reads.map(({ view, version }) => ({
      view,
      version,
      statuses: { PRESENT: 0, NOT_FOUND: 0, OUTSIDE_MAX_AGE: 0, STALE: 0 },
      ages: new Array<number>(AGE_BOUNDS_S.length + 1).fill(0),
      agesUs: 0,
    }));
    trace.rows = inputs.rows;
    trace.views = this.#tallies;
    trace.errors = this.errors;
  }

  /** Evaluates entity row `r`: all of its values and statuses. */
  run(r: number): void {
    this.locate(r);
    const { reads, request, steps, slots } = this.#plan;
    while (this.row.length < slots) {
      this.row.push(null);
      this.statuses.push("PRESENT");
    }
    for (let i = 0; i < request.length; i++) {
      const { values, scalar } = this.#inputs.request[i] as Inputs["request"][number];
      this.row[(request[i] as (typeof request)[number]).slot] = values[scalar ? 0 : r] as Value;
    }
    for (let i = 0; i < reads.length; i++) this.#fill(r, i, reads[i] as CompiledRead);
    if (steps.length > 0) this.#compute(r);
  }

  /** Finds, for entity row `r`, how each view stands at *now*, without its values. */
  locate(r: number): void {
    const { reads } = this.#plan;
    for (let i = 0; i < reads.length; i++) {
      const read = reads[i] as CompiledRead;
      const at = i * this.#inputs.rows + r;
      const found = this.#lookup.found[at] as CachedRow | null;
      const status = read.layout === null ? this.#locateStored(i, read, found) : this.#locateTiles(i, read, found);
      this.readStatuses[i] = status;
      const tally = this.#tallies[i] as ViewTally;
      tally.statuses[status]++;
      if (status === "PRESENT") countAge(tally, this.#nowUs, this.eventTimes[i] as Us | null);
      if (this.#lookup.stale?.has(at) === true) {
        tally.statuses.STALE++;
        this.absent.push([r, read.name, "STALE"]);
      } else if (status !== "PRESENT") this.absent.push([r, read.name, status]);
    }
  }

  #locateStored(i: number, { ttlUs }: CompiledRead, found: CachedRow | null): ReadStatus {
    const rows = found?.stored ?? null;
    const winner = rows === null ? undefined : (rowAt(rows, this.#nowUs) ?? this.#ahead(rows));
    this.winners[i] = winner ?? null;
    this.eventTimes[i] = winner?.eventTimeUs ?? null;
    if (winner === undefined) return "NOT_FOUND";
    const { eventTimeUs } = winner;
    if (eventTimeUs === null || ttlUs === 0 || this.#nowUs - eventTimeUs <= ttlUs) return "PRESENT";
    this.winners[i] = null;
    return "OUTSIDE_MAX_AGE";
  }

  /**
   * A row took the place of the one before once its time had come by the clock of who wrote it. Where that goes before this
   * one, or it was written after this request began, it is read at its own moment, as tiles are.
   */
  #ahead(rows: ServedRows): ServedRow | undefined {
    const last = rows.at(-1) as ServedRow;
    const { eventTimeUs } = last;
    if (eventTimeUs === null || eventTimeUs - this.#nowUs > this.#skewUs) return undefined;
    return rows.some(({ writtenAtUs }) => writtenAtUs >= eventTimeUs) ? last : undefined;
  }

  #locateTiles(i: number, { layout }: CompiledRead, found: CachedRow | null): ReadStatus {
    const tiles = found?.tiles ?? null;
    const row = tiles === null ? null : settledRow(layout as TileLayout, tiles, this.#nowUs);
    const usable = row !== null && row.newestEventUs !== NO_BOUNDARY && this.#momentOf(row) >= row.newestEventUs;
    this.eventTimes[i] = usable ? row.newestEventUs : null;
    return usable ? "PRESENT" : "NOT_FOUND";
  }

  /**
   * Tiles can't be cut (SEMANTICS 4.2): a row that holds later events than *now* says nothing about *now*. But where the
   * clock of who pushed goes before this one, it is read at the moment of its newest event.
   */
  #momentOf({ newestEventUs, push }: TileRow): Us {
    const ahead = newestEventUs - this.#nowUs;
    return push !== undefined && ahead > 0 && ahead <= this.#skewUs ? newestEventUs : this.#nowUs;
  }

  #fill(r: number, i: number, read: CompiledRead): void {
    const at = i * this.#inputs.rows + r;
    const found = this.#lookup.found[at] as CachedRow | null;
    const status = this.readStatuses[i] as ReadStatus;
    if (status !== "PRESENT") this.#empty(read, status, read.layout === null || found !== null);
    else if (read.layout === null) this.#stored(read, this.winners[i] as ServedRow);
    else this.#aggregated(r, i, read, found as CachedRow);
    if (this.#lookup.stale?.has(at) !== true) return;
    for (let slot = read.firstSlot; slot < read.firstSlot + read.features.length; slot++) {
      if (this.statuses[slot] !== "TRANSFORM_ERROR") this.statuses[slot] = "STALE";
    }
  }

  #stored(read: CompiledRead, { values }: ServedRow): void {
    for (let f = 0; f < read.features.length; f++)
      this.#put(read, f, values[read.features[f] as number] as Value | null);
  }

  #aggregated(r: number, i: number, read: CompiledRead, found: CachedRow): void {
    const values = this.#windows(i, read, found);
    for (let f = 0; f < values.length; f++) {
      const value = values[f] as Value | null | typeof OVERFLOW;
      if (value === OVERFLOW) {
        this.#put(read, f, null);
        this.statuses[read.firstSlot + f] = "TRANSFORM_ERROR";
        this.errors.push([r, read.references[f] as string, "integer_overflow"]);
      } else this.#put(read, f, value);
    }
  }

  /** Windows are finished once a row of tiles, however many entity rows it is for: one user of 500 items, say. */
  #windows(i: number, { windows, layout }: CompiledRead, found: CachedRow): WindowValues {
    const known = this.#finished[i]?.get(found);
    if (known !== undefined) return known;
    const row = settledRow(layout as TileLayout, found.tiles as TileRow, this.#nowUs);
    const values = (windows as NonNullable<typeof windows>)(row.columns ?? row.groups, this.#momentOf(row));
    if (this.#inputs.rows > 1) (this.#finished[i] ??= new Map()).set(found, values);
    return values;
  }

  #put(read: CompiledRead, f: number, value: Value | null): void {
    const slot = read.firstSlot + f;
    this.row[slot] = value ?? (read.defaults[f] as Value | null);
    this.statuses[slot] = value === null ? "NULL_VALUE" : "PRESENT";
  }

  /** No valid row: counts are 0 for a key (SEMANTICS 4.4), but a null id empties the view (2.5). */
  #empty(read: CompiledRead, status: Exclude<ReadStatus, "PRESENT">, keyed: boolean): void {
    for (let f = 0; f < read.features.length; f++) {
      const slot = read.firstSlot + f;
      const value = keyed ? (read.emptyValues[f] as Value | null) : null;
      this.row[slot] = value ?? (read.defaults[f] as Value | null);
      this.statuses[slot] = status;
    }
  }

  #compute(r: number): void {
    const { steps, computedSlots, referenceOf } = this.#plan;
    const { row, statuses } = this;
    const startMs = this.#clock.elapsedMs();
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
    this.#trace.stagesMs.transform += this.#clock.elapsedMs() - startMs;
  }
}

function countAge(tally: ViewTally, nowUs: Us, eventTimeUs: Us | null): void {
  if (eventTimeUs === null) return;
  const ageUs = nowUs - eventTimeUs;
  let bucket = 0;
  while (bucket < AGE_BOUNDS_S.length && ageUs > (AGE_BOUNDS_S[bucket] as number) * US_PER_SECOND) bucket++;
  (tally.ages[bucket] as number)++;
  tally.agesUs += ageUs;
}
