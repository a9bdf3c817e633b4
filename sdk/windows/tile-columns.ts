// Tiles as a packed row has them, by column: a window over them is merged without making a state of every tile.
import { EdgefeatError } from "../errors.ts";
import type { Us } from "../time.ts";
import type { ValueType } from "../types/index.ts";
import { accumulators } from "./accumulators.ts";
import { addExact, exactSumOf } from "./exact-sum.ts";
import type { WindowEdges } from "./hop.ts";
import type { StateSlot } from "./layout.ts";

/** The tiles of a group: tile t starts at `startsUs[t]`, and the packed state of its slot s is `json[(s + 1) * n + t]`, of n tiles. */
export interface TileColumns {
  readonly startsUs: readonly Us[];
  readonly json: readonly unknown[];
  /** By slot, the states that could not be merged as they lie, once they were made. */
  readonly states: unknown[][];
}

/** Returns the merged state of a slot over the tiles in a window: what the accumulator gives for their unpacked states. */
export function mergeColumn(columns: TileColumns, slot: number, shape: StateSlot, edges: WindowEdges): unknown {
  const from = (slot + 1) * columns.startsUs.length;
  switch (shape.kind) {
    case "count":
      return wholeSum(columns, from, edges, 0) ?? mergeStates(columns, slot, shape, edges);
    case "sumInt":
      return wholeSum(columns, from, edges, null) ?? mergeStates(columns, slot, shape, edges);
    case "sumFloat":
    case "sumSquares":
      return doubleSum(columns, from, edges) ?? mergeStates(columns, slot, shape, edges);
    case "min":
    case "max":
      return (
        extreme(columns, from, edges, shape.kind === "min", shape.type) ?? mergeStates(columns, slot, shape, edges)
      );
    default:
      return mergeStates(columns, slot, shape, edges);
  }
}

/** Undefined where the sum, on its way too, is no safe integer; null where there is no state at all and `empty` is null. */
function wholeSum({ startsUs, json }: TileColumns, from: number, { lowerUs, upperUs }: WindowEdges, empty: 0 | null) {
  let sum = 0;
  let some = empty !== null;
  for (let t = 0; t < startsUs.length; t++) {
    const start = startsUs[t] as Us;
    const packed = json[from + t];
    if (start < lowerUs || start >= upperUs || packed === null) continue;
    if (typeof packed !== "number") return undefined;
    sum += packed;
    if (!Number.isSafeInteger(sum)) return undefined;
    some = true;
  }
  return some ? BigInt(sum) : undefined;
}

/** Doubles whose exact sum is that of those added so far, none overlapping another (Shewchuk 1997): mostly one or two. */
const partials = new Float64Array(64);

/** Undefined where a state is not made of doubles, or a sum on the way is infinite. */
function doubleSum({ startsUs, json }: TileColumns, from: number, { lowerUs, upperUs }: WindowEdges) {
  let length = 0;
  let some = false;
  for (let t = 0; t < startsUs.length; t++) {
    const start = startsUs[t] as Us;
    const packed = json[from + t];
    if (start < lowerUs || start >= upperUs || packed === null) continue;
    some = true;
    if (typeof packed === "number") length = addPartial(packed, length);
    else {
      const doubles = packed as readonly unknown[];
      for (let d = 0; d < doubles.length && length >= 0; d++) {
        const double = doubles[d];
        length = typeof double === "number" ? addPartial(double, length) : NONE;
      }
    }
    if (length < 0) return undefined;
  }
  if (!some) return undefined;
  let exact = exactSumOf(partials[0] as number);
  for (let p = 1; p < length; p++) exact = addExact(exact, exactSumOf(partials[p] as number));
  return exact;
}

const NONE = -1;

/** Adds a double to the first `length` partials, and returns how many they are then; NONE where the sum is infinite. */
function addPartial(double: number, length: number): number {
  let x = double;
  let kept = 0;
  for (let p = 0; p < length; p++) {
    const y = partials[p] as number;
    const sum = x + y;
    const rounded = sum - x;
    const lost = x - (sum - rounded) + (y - rounded);
    if (lost !== 0) partials[kept++] = lost;
    x = sum;
  }
  partials[kept] = x;
  return Number.isFinite(x) ? kept + 1 : NONE;
}

/** Undefined where a state is no plain number; ties of zeros are left to the accumulator. */
function extreme(
  { startsUs, json }: TileColumns,
  from: number,
  { lowerUs, upperUs }: WindowEdges,
  least: boolean,
  { kind }: ValueType,
) {
  let best: number | undefined;
  for (let t = 0; t < startsUs.length; t++) {
    const start = startsUs[t] as Us;
    const packed = json[from + t];
    if (start < lowerUs || start >= upperUs || packed === null) continue;
    if (typeof packed !== "number") return undefined;
    if (best === undefined || (least ? packed < best : packed > best)) best = packed;
  }
  if (best === undefined || best === 0) return undefined;
  return kind === "int64" || kind === "timestamp" ? BigInt(best) : best;
}

function mergeStates(columns: TileColumns, slot: number, shape: StateSlot, { lowerUs, upperUs }: WindowEdges): unknown {
  const { startsUs } = columns;
  const { empty, merge } = accumulators[shape.kind];
  const states = (columns.states[slot] ??= readColumn(columns, slot, shape));
  let state: unknown = empty;
  for (let t = 0; t < startsUs.length; t++) {
    const start = startsUs[t] as Us;
    const next = states[t];
    if (start < lowerUs || start >= upperUs || next === null) continue;
    state = state === null ? next : merge(state, next, shape);
  }
  return state;
}

/** @throws row_corrupt */
function readColumn(columns: TileColumns, slot: number, shape: StateSlot): unknown[] {
  try {
    return unpackColumn(columns, slot, shape);
  } catch (cause) {
    if (cause instanceof EdgefeatError && cause.code === "row_corrupt") throw cause;
    throw new EdgefeatError("row_corrupt", "a stored row is not readable", {
      hint: "materialize the view again",
      cause,
    });
  }
}

/** Returns the states of a slot, by tile; null where one is empty. */
export function unpackColumn({ startsUs, json }: TileColumns, slot: number, shape: StateSlot): unknown[] {
  const { unpack } = accumulators[shape.kind];
  const from = (slot + 1) * startsUs.length;
  return startsUs.map((_, t) => {
    const packed = json[from + t];
    return packed === null ? null : unpack(packed, shape);
  });
}
