// A feature of an aggregated view, from its definition: checked against the columns that it reads.
import type { Aggregation } from "../definitions/aggregation.ts";
import { windowSpan } from "../definitions/window.ts";
import { EdgefeatError } from "../errors.ts";
import { compileExpression } from "../expressions/index.ts";
import { lookUp } from "../shape.ts";
import { parseDuration, US_PER_HOUR } from "../time.ts";
import { checkValue, typeName, type ValueType } from "../types/index.ts";
import { aggregateTypes, EVENTS } from "../windows/aggregate-types.ts";
import { defaultHop } from "../windows/hop.ts";
import { type AggregateFeature, defaultText } from "./snapshot.ts";

/**
 * Returns a feature's spec; adds the columns that it reads to `used`.
 * @throws definition_invalid, missing_column, type_mismatch, expression_syntax_error, expression_type_error
 */
export function aggregateFeature(
  view: string,
  name: string,
  aggregation: Aggregation,
  columns: Readonly<Record<string, ValueType>>,
  used: Set<string>,
): AggregateFeature {
  const { fn, column, where, description, k, q } = aggregation;
  const what = `view "${view}": ${name}`;
  const columnType =
    column === undefined ? EVENTS : lookUp(columns, column, `column for ${what} called`, "missing_column");
  const types = aggregateTypes[fn];
  if (!types.accepts(columnType)) {
    throw new EdgefeatError("type_mismatch", `${what}: ${fn} does not take ${typeName(columnType)}`, {
      hint: takenBy(fn),
    });
  }
  if (column !== undefined) used.add(column);
  if (where !== undefined) {
    const filter = compileExpression(where, columns, {
      result: { kind: "bool" },
      requestTime: false,
      pointer: `/views/${view}/${name}/where`,
    });
    for (const input of filter.inputs) used.add(input);
  }
  const type = types.resultType(columnType);
  return {
    name,
    type: typeName(type),
    default: aggregation.default === undefined ? null : defaultText(type, checkValue(type, aggregation.default, what)),
    ...(description === undefined ? {} : { description }),
    fn,
    column: column ?? null,
    where: where ?? null,
    ...windowOf(aggregation),
    ...(k === undefined ? {} : { k }),
    ...(q === undefined ? {} : { q }),
  };
}

function takenBy(fn: Aggregation["fn"]): string {
  if (fn === "last_k") return "last_k takes any type but lists and vectors: a list can't hold those";
  return fn === "min" || fn === "max" ? `${fn} takes numbers and timestamps` : `${fn} takes numbers`;
}

function windowOf({
  window = { lifetime: true },
  hop,
}: Aggregation): Pick<AggregateFeature, "windowUs" | "hopUs" | "tumbling" | "lastN"> {
  const windowUs = windowSpan(window);
  if (typeof window === "object" && "tumbling" in window) return { windowUs, hopUs: windowUs, tumbling: true };
  return {
    windowUs,
    hopUs: hop !== undefined ? parseDuration(hop) : windowUs === 0 ? US_PER_HOUR : defaultHop(windowUs),
    ...(typeof window === "object" && "lastN" in window ? { lastN: window.lastN } : {}),
  };
}
