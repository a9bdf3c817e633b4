// Windows: hop and tile arithmetic, exact states, the aggregate table.
export { accumulators } from "./accumulators.ts";
export { type Accumulator, type AccumulatorKind, type SlotShape, type WindowEvent } from "./accumulator.ts";
export { type AggregateName, aggregateNames, isAggregateName, MAX_LISTED } from "./aggregate-names.ts";
export { aggregateTypes, EVENTS, type AggregateTypes } from "./aggregate-types.ts";
export { aggregates, OVERFLOW, type Aggregate, type FinishOptions, type WindowValue } from "./aggregates.ts";
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
export { defaultHop, NO_BOUNDARY, tileStart, windowEdges, type WindowEdges, type WindowShape } from "./hop.ts";
export { comparePicks, type Listed, type Pick } from "./picks.ts";
export { tileLayout, type FeatureLayout, type StateSlot, type TileGroup, type TileLayout } from "./layout.ts";
export { type TileColumns } from "./tile-columns.ts";
export { type AddEvents, eventAdder, liveEdges, liveTiles, mergeTiles, type TileEvent } from "./tile-events.ts";
