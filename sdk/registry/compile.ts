// Definitions to checked, plain specs: columns resolved, expressions type-checked, fingerprints taken.
import { artifactsByName } from "../definitions/artifact.ts";
import type { FeatureView, OnDemandView, Projection } from "../definitions/index.ts";
import type { Transform } from "../definitions/on-demand.ts";
import type { ServicePart } from "../definitions/service.ts";
import type { Source } from "../definitions/source.ts";
import { EdgefeatError } from "../errors.ts";
import { compileExpression } from "../expressions/index.ts";
import { lookUp } from "../shape.ts";
import { parseDuration } from "../time.ts";
import { parseTypeName, typeName, type ValueType } from "../types/index.ts";
import { aggregateFeature } from "./aggregate-feature.ts";
import { hashOf } from "./canonical.ts";
import { checkService } from "./check-service.ts";
import { type Definitions, isProjection } from "./collect.ts";
import { fingerprint } from "./fingerprint.ts";
import { checkPushHops } from "./push.ts";
import { onDemandScope } from "./scope.ts";
import {
  type AggregatedViewSpec,
  defaultText,
  type EntitySpec,
  type OnDemandViewSpec,
  type ProjectionSpec,
  type ServiceSpec,
  type SourceSpec,
  type StoredViewSpec,
  type ViewSpec,
} from "./snapshot.ts";

export interface CompiledView {
  readonly spec: ViewSpec;
  readonly fingerprint: string;
}

export interface Compiled {
  readonly entities: Readonly<Record<string, EntitySpec>>;
  readonly views: Readonly<Record<string, CompiledView>>;
  readonly services: Readonly<Record<string, ServiceSpec>>;
}

export interface CompileOptions {
  /** The column types of a source's file, for sources without a declared schema; undefined when the file is not at hand. */
  columnsOf(source: SourceSpec): Readonly<Record<string, ValueType>> | undefined;
  /** The column types of what a view's own query gives; undefined when they are not known. */
  columnsOfSelect?(view: string): Readonly<Record<string, ValueType>> | undefined;
}

/**
 * Returns the specs of all definitions.
 * @throws definition_invalid, missing_column, type_mismatch, expression_syntax_error, expression_type_error,
 *   unknown_feature, duplicate_feature
 */
export function compileDefinitions(definitions: Definitions, options: CompileOptions): Compiled {
  const entities: Record<string, EntitySpec> = {};
  for (const { name, joinKeys, description, tags } of definitions.entities.values()) {
    entities[name] = {
      joinKeys: joinKeys.map((key) => ({ name: key.name, type: typeName(key.field.type) })),
      ...optional({ description, tags }),
    };
  }
  const views: Record<string, CompiledView> = {};
  for (const view of definitions.views.values()) {
    const spec = view.fields === undefined ? aggregatedSpec(view, options) : storedSpec(view, options);
    views[view.name] = { spec, fingerprint: fingerprint(spec) };
  }
  for (const view of definitions.onDemandViews.values()) {
    const spec = onDemandSpec(view, views);
    const inputs = spec.inputs.map((input) => (views[input.view] as CompiledView).fingerprint);
    views[view.name] = { spec, fingerprint: fingerprint(spec, inputs) };
  }
  const services: Record<string, ServiceSpec> = {};
  for (const { name, parts, description, tags } of definitions.services.values()) {
    const service = { features: parts.map(partSpec), ...optional({ description, tags }) };
    checkService(name, service, (view) => (views[view] as CompiledView).spec);
    services[name] = service;
  }
  return { entities, views, services };
}

function optional<T extends object>(members: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(members).filter(([, v]) => v !== undefined)) as never;
}

/** Returns a source as a snapshot has it. */
export function sourceSpec(source: Source): SourceSpec {
  const { name, format, path, eventTime, createdTime, eventId, schema, partitions, s3 } = source;
  return {
    name,
    format,
    path,
    eventTime: eventTime ?? null,
    createdTime: createdTime ?? null,
    eventId: eventId ?? null,
    schema:
      schema === undefined
        ? null
        : Object.entries(schema).map(([column, field]) => ({ name: column, type: typeName(field.type) })),
    ...optional({ partitions, s3 }),
  };
}

/** What stored and aggregated views have in common; checks the entities' join keys and the file's columns. */
function viewBase(view: FeatureView, options: CompileOptions) {
  const source = sourceSpec(view.source);
  const joinKeys = view.entities.flatMap((entity) =>
    entity.joinKeys.map((key) => ({ name: key.name, type: typeName(key.field.type) })),
  );
  const repeated = joinKeys.find((key, i) => joinKeys.findIndex((k) => k.name === key.name) !== i);
  if (repeated !== undefined) {
    throw new EdgefeatError(
      "definition_invalid",
      `view "${view.name}": two entities share the join key "${repeated.name}"`,
    );
  }
  const columns = columnsOf(view, source, options);
  if (columns !== undefined) {
    const needed = [...joinKeys.map((k) => k.name), source.eventTime, source.createdTime, source.eventId];
    for (const column of needed) {
      if (column !== null) lookUp(columns, column, `${columnIn(view)} called`, "missing_column");
    }
    for (const { name, type } of joinKeys) checkColumnType(view, name, parseTypeName(type), columns[name] as ValueType);
  }
  const { owner, description, tags, freshness, schedule, cacheTtl } = view;
  const select = view.select && { sql: view.select.sql, columns: view.select.columns && [...view.select.columns] };
  const base = {
    entities: view.entities.map((e) => e.name),
    joinKeys,
    source,
    ...optional({ select, owner, description, tags, freshness, schedule, cacheTtl }),
    ...pushSpec(view, joinKeys, columns),
  };
  return { base, columns };
}

/** Returns what a view that takes pushes says of them; of any other nothing. */
function pushSpec(
  { push, lateness, fields = {} }: FeatureView,
  joinKeys: readonly { name: string; type: string }[],
  columns: Readonly<Record<string, ValueType>> | undefined,
): Partial<Pick<StoredViewSpec, "push" | "latenessUs" | "sourceColumns">> {
  if (push !== true) return {};
  const declared = [...joinKeys, ...Object.entries(fields).map(([name, { type }]) => ({ name, type: typeName(type) }))];
  const types = new Map(Object.entries(columns ?? {}).map(([name, type]) => [name, typeName(type)]));
  for (const { name, type } of declared) types.set(name, type);
  return {
    push,
    ...(lateness === undefined ? {} : { latenessUs: parseDuration(lateness) }),
    sourceColumns: [...types].map(([name, type]) => ({ name, type })),
  };
}

/** Returns the types of the columns that a view's rows have; undefined when they are not known. */
function columnsOf({ name, source, select }: FeatureView, spec: SourceSpec, options: CompileOptions) {
  if (select !== undefined) return options.columnsOfSelect?.(name);
  const declared = Object.entries(source.schema ?? {}).map(([column, field]) => [column, field.type] as const);
  return declared.length > 0 ? Object.fromEntries(declared) : options.columnsOf(spec);
}

function columnIn({ name, source, select }: FeatureView): string {
  return select === undefined
    ? `column of source "${source.name}"`
    : `column in what the select of view "${name}" gives`;
}

function storedSpec(view: FeatureView, options: CompileOptions): StoredViewSpec {
  const { base, columns } = viewBase(view, options);
  if (base.source.eventTime === null && view.ttl !== undefined) {
    throw new EdgefeatError("definition_invalid", `view "${view.name}": a ttl needs a source with an eventTime`);
  }
  const features = Object.entries(view.fields ?? {}).map(([name, field]) => {
    if (columns !== undefined) {
      const found = lookUp(columns, name, `${columnIn(view)} called`, "missing_column");
      checkColumnType(view, name, field.type, found);
    }
    return {
      name,
      type: typeName(field.type),
      default: defaultText(field.type, field.default),
      ...optional({ description: field.description }),
    };
  });
  return { kind: "stored", ...base, ttlUs: view.ttl === undefined ? 0 : parseDuration(view.ttl), features };
}

/** Refuses a column that its declared type can't take: integers may widen, nothing else may change (SEMANTICS 2.5, 6). */
function checkColumnType({ name, select }: FeatureView, column: string, declared: ValueType, found: ValueType): void {
  const widens = found.kind === "int32" && declared.kind === "int64";
  if (typeName(declared) === typeName(found) || widens) return;
  const place = select === undefined ? "in the file" : "in what its select gives";
  throw new EdgefeatError(
    "type_mismatch",
    `view "${name}": column "${column}" is ${typeName(found)} ${place}, not ${typeName(declared)}`,
    {
      hint: `declare it as ${typeName(found)}, or ${select === undefined ? "change the file" : "cast it in the select"}`,
    },
  );
}

function aggregatedSpec(view: FeatureView, options: CompileOptions): AggregatedViewSpec {
  const { base, columns } = viewBase(view, options);
  if (columns === undefined) {
    throw new EdgefeatError(
      "definition_invalid",
      `view "${view.name}": the columns of ${view.select === undefined ? "" : "its select over "}source "${base.source.name}" are not known`,
      {
        hint: `put the file at ${base.source.path}${view.select === undefined ? ", or give the source a schema" : ""}`,
      },
    );
  }
  const used = new Set<string>();
  const features = Object.entries(view.aggregations ?? {}).map(([name, aggregation]) =>
    aggregateFeature(view.name, name, aggregation, columns, used),
  );
  const columnSpecs = [...used].sort().map((name) => ({ name, type: typeName(columns[name] as ValueType) }));
  if (base.push === true) checkPushHops(`view "${view.name}"`, features, "definition_invalid");
  return { kind: "aggregated", ...base, columns: columnSpecs, features };
}

function projectionSpec(projection: Projection): ProjectionSpec {
  const { view, as, joinKeyMap, features } = projection;
  return { view: view.name, as, joinKeyMap, features: [...features], version: null };
}

function partSpec(part: ServicePart): ProjectionSpec {
  if (!("onDemand" in part)) return projectionSpec(part);
  const { name } = part.onDemand;
  return { view: name, as: name, joinKeyMap: {}, features: [...part.features], version: null };
}

/** Returns the hash by which a bundled TypeScript transform is matched to the snapshot. */
export function transformHash(transform: Transform): string {
  return hashOf(String(transform));
}

function onDemandSpec(view: OnDemandView, views: Readonly<Record<string, CompiledView>>): OnDemandViewSpec {
  const { name, expressions, transform, owner, description, tags, freshness } = view;
  const artifacts = artifactsByName(`on-demand view "${name}"`, view.artifacts ?? []);
  const inputs = view.inputs.filter(isProjection).map(projectionSpec);
  const request = view.inputs
    .filter((input) => !isProjection(input))
    .flatMap((source) => Object.entries((source as { fields: OnDemandView["fields"] }).fields))
    .map(([field, { type }]) => ({ name: field, type: typeName(type) }));
  const spec: OnDemandViewSpec = {
    kind: "onDemand",
    inputs,
    request,
    features: Object.entries(view.fields).map(([feature, field]) => ({
      name: feature,
      type: typeName(field.type),
      default: defaultText(field.type, field.default),
      ...optional({ description: field.description }),
      expression: expressions?.[feature] ?? null,
    })),
    codeHash: transform === undefined ? null : transformHash(transform),
    ...(Object.keys(artifacts).length === 0 ? {} : { artifacts }),
    ...optional({ owner, description, tags, freshness }),
  };
  const scope = onDemandScope(name, spec, (input) => (views[input] as CompiledView).spec);
  for (const [feature, field] of Object.entries(view.fields)) {
    const text = expressions?.[feature];
    if (text !== undefined)
      compileExpression(text, scope, { result: field.type, artifacts, pointer: `/views/${name}/${feature}` });
  }
  return spec;
}
