// What a reconciliation is asked and what it tells: online against the offline join, by feature.
import type { FeaturePlan, Transforms } from "../../sdk/plan/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import type { Engine } from "../engine/index.ts";
import type { OnBadRows } from "../join/bad-rows.ts";
import type { Progress } from "../join/historical.ts";
import type { ReadSource } from "../join/source-rows.ts";
import type { RowWrite, TileWrite } from "../materialize/sink.ts";

/** What a stored row says of itself. */
export interface RowMark {
  /** The key's part of the row's key: join keys percent-escaped, joined by "+". */
  readonly id: string;
  /** Tells one text of the row from another; null: there is no row. */
  readonly revision: string | null;
  /** Of an aggregated view its newest event's; null: none, or the row can't be read. */
  readonly eventTimeUs: Us | null;
  /** B of an aggregated view's row; null: none, or never materialized. */
  readonly boundaryUs: Us | null;
  /** False where there is no row, and where not even its times can be made out. */
  readonly isReadable: boolean;
}

export interface OnlineAnswer {
  readonly nowUs: Us;
  /** The hash of the registry that it was answered from. */
  readonly registry: string;
  /** By key, then by the plan's outputs. */
  readonly rows: readonly (readonly (Value | null)[])[];
  /** By key: the labels of the views that have no usable row for it. */
  readonly absent: readonly ReadonlySet<string>[];
}

/** A row in place of the one that was seen; null: no row at all. */
export interface Replacement<W extends RowWrite | TileWrite = RowWrite | TileWrite> {
  readonly keys: readonly Value[];
  readonly write: W | null;
  /** The row stays where it has another revision by then. */
  readonly revision: string | null;
}

/** The online side, as a reconciliation needs it. */
export interface OnlineSide {
  now(): Promise<Us>;
  /** True when its clock stands still: nothing is on its way then. */
  readonly isFrozen: boolean;
  /**
   * Reads features past every cache. `keys` are by the plan's key columns.
   * @throws row_corrupt, request_too_large: then asked again in halves
   */
  read(plan: FeaturePlan, keys: readonly (readonly Value[])[]): Promise<OnlineAnswer>;
  /** Pages through all rows of a view's version; a key may come twice. */
  list(view: string, version: number): AsyncIterable<readonly RowMark[]>;
  /** Returns the marks of some keys, by their ids, in any order; of keys without a row too. */
  marks(view: string, version: number, ids: readonly string[]): Promise<readonly RowMark[]>;
  /** Writes rows in place of others, which hold everything up to `untilUs`; returns how many were written. */
  replace(view: string, version: number, untilUs: Us, rows: readonly Replacement[]): Promise<number>;
}

/** What the materializations of a view's version have taken. */
export interface Covered {
  /** The intervals (start, end] of event times, apart from each other; a null start: from the beginning. */
  readonly intervals: readonly { readonly startUs: Us | null; readonly endUs: Us }[];
  /** The runs that the log tells of, with how far each read it: what was written later it did not meet. */
  readonly runs: readonly {
    readonly startUs: Us | null;
    readonly endUs: Us;
    readonly sealedUs: Us | null;
    /** True where it pushed into the version what the view had been told after its boundary. */
    readonly caughtUp?: boolean;
  }[];
}

export type Sample =
  | { readonly by: "all" }
  /** The keys whose hash is in that part, from 0 to 1, of all. */
  | { readonly by: "part"; readonly part: number }
  /** The keys with the least hashes, so many. */
  | { readonly by: "keys"; readonly keys: number };

export interface ReconcileOptions {
  readonly engine: Engine;
  /** The registry that online answers from. */
  readonly snapshot: Snapshot;
  readonly registry: string;
  readonly transforms?: Transforms;
  /** Batch rows and, where there is a log, its events with the column PUSHES, as `withLog` reads them. */
  readonly readSource: ReadSource;
  /** False: pushes are logged nowhere, so that rows that were pushed to can't be judged. Default true. */
  readonly hasLog?: boolean;
  readonly online: OnlineSide;
  /** By `view@version`. */
  readonly covered: ReadonlyMap<string, Covered>;
  /** What to compare, on-demand views too. Default: the version that answers of every view. */
  readonly views?: readonly { readonly view: string; readonly version: number }[];
  readonly sample: Sample;
  /** The relative difference of numbers that is none to speak of. Default 0: equal to the bit. */
  readonly tolerance?: number;
  readonly repair?: boolean;
  /** Rows of sources without a usable time. Default "fail". */
  readonly onBadRows?: OnBadRows;
  /** Waits until what was being written is written, before what differs is looked at again. Default: not at all. */
  settle?(): Promise<void>;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export type DifferenceKind = "nullOnline" | "nullOffline" | "mismatch" | "unreadable";

/** One value that differs. */
export interface Difference {
  readonly view: string;
  readonly version: number;
  readonly feature: string;
  readonly kind: DifferenceKind;
  readonly entities: Readonly<Record<string, Value>>;
  readonly online: Value | null;
  readonly offline: Value | null;
  /** null where the values are no numbers. */
  readonly absolute: number | null;
  readonly relative: number | null;
  /** When it was read, RFC 3339. */
  readonly now: string;
  /** The event time of the row that the join took; null for none. */
  readonly offlineEventTime: string | null;
}

export interface ReconciledFeature {
  readonly feature: string;
  readonly equal: number;
  readonly nullOnline: number;
  readonly nullOffline: number;
  readonly mismatch: number;
  /** Of the three above: those that the tolerance does not excuse. */
  readonly beyond: number;
  /** Keys that events still on their way keep from being judged. */
  readonly unsettled: number;
  readonly greatestAbsolute: number;
  readonly greatestRelative: number;
}

export interface ReconciledKeys {
  /** Rows in the store, and keys in source and log; before any sampling. On-demand views have none of their own. */
  readonly online: number;
  readonly offline: number;
  readonly compared: number;
  /** Compared keys that have a usable row on one side alone. */
  readonly onlyOnline: number;
  readonly onlyOffline: number;
  /** Rows that the server can't read. */
  readonly unreadable: number;
  /** Keys that were pushed to and can't be compared, because nothing keeps what was pushed. */
  readonly unlogged: number;
}

export interface ReconciledView {
  readonly view: string;
  readonly version: number;
  readonly keys: ReconciledKeys;
  readonly features: readonly ReconciledFeature[];
  /** Keys with a difference beyond the tolerance. */
  readonly wrongKeys: number;
  /** With repair: of these, the keys that agree now. */
  readonly repaired: number;
  /** The first few, by feature. */
  readonly examples: readonly Difference[];
}

export interface ReconcileReport {
  /** "repaired": all that differed beyond the tolerance agrees now. */
  readonly verdict: "equal" | "repaired" | "different";
  readonly registry: string;
  readonly views: readonly ReconciledView[];
  /** What could not be compared, and why. */
  readonly skipped: readonly { readonly view: string; readonly why: string }[];
  /** Every difference found, before any repair. */
  readonly differences: readonly Difference[];
}
