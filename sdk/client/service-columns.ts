// What a service's definition tells about its answer: each feature's name and type, and the request fields' types.
import type { FeatureService, FeatureView, OnDemandView, Projection, RequestSource } from "../definitions/index.ts";
import { EdgefeatError } from "../errors.ts";
import type { ValueType } from "../types/index.ts";
import { aggregateTypes, EVENTS } from "../windows/aggregate-types.ts";

/** A type; or, of a column that only the source's file knows, "ordered" (a number or a timestamp) or undefined. */
export type ColumnType = ValueType | "ordered" | undefined;

export interface ServiceColumn {
  /** As the answer names it: `view:feature`. */
  readonly reference: string;
  /** The member of the row. */
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * Returns the columns of a service's answer, in its order.
 * @throws duplicate_feature when two views give features of one name: a row could hold only one of them
 */
export function serviceColumns(service: FeatureService): ServiceColumn[] {
  const columns = service.parts.flatMap((part): ServiceColumn[] =>
    "onDemand" in part
      ? part.features.map((name) => column(part.onDemand.name, name, part.onDemand.fields[name]?.type))
      : part.features.map((name) => column(part.as, name, featureType(part.view, name))),
  );
  const byName = new Map<string, ServiceColumn>();
  for (const each of columns) {
    const other = byName.get(each.name);
    if (other !== undefined) {
      throw new EdgefeatError(
        "duplicate_feature",
        `${other.reference} and ${each.reference} would both be "${each.name}" in a row`,
        {
          hint: `ask by name, { service: "${service.name}" }: rows then have view__feature where a name is shared`,
        },
      );
    }
    byName.set(each.name, each);
  }
  return columns;
}

function column(label: string, name: string, type: ColumnType): ServiceColumn {
  return { reference: `${label}:${name}`, name, type };
}

function featureType(view: FeatureView, name: string): ColumnType {
  const aggregation = view.aggregations?.[name];
  if (aggregation === undefined) return view.fields?.[name]?.type;
  const { fn, column: source } = aggregation;
  const { resultType } = aggregateTypes[fn];
  // What a view's own query gives, the source's schema says nothing of.
  const schema = view.select === undefined ? view.source.schema : undefined;
  const type = source === undefined ? undefined : schema?.[source]?.type;
  if (type !== undefined) return resultType(type);
  switch (fn) {
    case "first":
    case "last":
    case "last_k":
    case "lag":
      return undefined;
    case "sum":
    case "min":
    case "max":
      return "ordered";
    default:
      return resultType(EVENTS);
  }
}

/** Returns the types of the request fields that a service's on-demand views take, by name. */
export function requestTypes(service: FeatureService): Map<string, ValueType> {
  const views = service.parts.flatMap((part): OnDemandView[] => ("onDemand" in part ? [part.onDemand] : []));
  const sources = views.flatMap((view) => view.inputs).filter(isRequestSource);
  return new Map(
    sources.flatMap(({ fields }) => Object.entries(fields).map(([name, { type }]) => [name, type] as const)),
  );
}

function isRequestSource(input: Projection | RequestSource): input is RequestSource {
  return !("view" in input);
}
