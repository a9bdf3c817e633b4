// What each aggregate takes and gives, by type: all that definitions and clients need of it.
import { isInteger, isNumeric, type ValueType } from "../types/index.ts";
import type { AggregateName } from "./aggregate-names.ts";

export interface AggregateTypes {
  /** True when it works on the values of a column of this type. */
  accepts(type: ValueType): boolean;
  /** The result's type, from the column's. */
  resultType(type: ValueType): ValueType;
}

/** The type that a function of events, without a column, has in place of a column's. */
export const EVENTS: ValueType = { kind: "bool" };

const INT64: ValueType = { kind: "int64" };
const FLOAT64: ValueType = { kind: "float64" };

const any = (): boolean => true;
const same = (type: ValueType): ValueType => type;
const int64 = (): ValueType => INT64;
const float64 = (): ValueType => FLOAT64;

const ofNumbers: AggregateTypes = { accepts: isNumeric, resultType: float64 };
const extreme: AggregateTypes = {
  accepts: (type) => isNumeric(type) || type.kind === "timestamp",
  resultType: same,
};
const counted: AggregateTypes = { accepts: any, resultType: int64 };
const picked: AggregateTypes = { accepts: any, resultType: same };
const sinceLast: AggregateTypes = { accepts: any, resultType: float64 };

/** What every aggregate takes and gives, by its name. */
export const aggregateTypes: { readonly [N in AggregateName]: AggregateTypes } = {
  count: counted,
  sum: { accepts: isNumeric, resultType: (type) => (isInteger(type) ? INT64 : FLOAT64) },
  avg: ofNumbers,
  min: extreme,
  max: extreme,
  first: picked,
  last: picked,
  var_pop: ofNumbers,
  var_samp: ofNumbers,
  stddev_pop: ofNumbers,
  stddev_samp: ofNumbers,
  last_k: {
    accepts: ({ kind }) => kind !== "list" && kind !== "vector",
    resultType: (type) => ({ kind: "list", of: type }),
  },
  lag: picked,
  count_distinct: counted,
  approx_percentile: ofNumbers,
  seconds_since_last: sinceLast,
  days_since_last: sinceLast,
};
