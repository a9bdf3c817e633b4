// Windows: hop and tile arithmetic, exact states, the aggregate table.
export {
  accumulators,
  comparePicks,
  type Accumulator,
  type AccumulatorKind,
  type Pick,
  type WindowEvent,
} from "./accumulators.ts";
export { aggregates, EVENTS, isAggregateName, OVERFLOW, type Aggregate, type AggregateName } from "./aggregates.ts";
export {
  addExact,
  exactSum,
  exactSumOf,
  roundAverage,
  roundRatio,
  roundSum,
  ZERO_SUM,
  type ExactSum,
} from "./exact-sum.ts";
export {
  emptyWindowValues,
  finishFeature,
  windowReader,
  type WindowReader,
  windowValues,
  type Tile,
} from "./finish.ts";
export { defaultHop, tileStart, windowLowerEdge } from "./hop.ts";
export { tileLayout, type FeatureLayout, type StateSlot, type TileGroup, type TileLayout } from "./layout.ts";
