// The registry snapshot: every definition as plain, checked data. Immutable, named by the hash of its content.
import * as z from "zod/mini";
import { artifactsShape } from "../definitions/artifact-shape.ts";
import { durationShape } from "../definitions/duration.ts";
import { nameShape as name } from "../definitions/names.ts";
import { partitionsShape, s3Shape } from "../definitions/place.ts";
import { selectShape } from "../definitions/select-shape.ts";
import { EdgefeatError } from "../errors.ts";
import { checkShape, refuseProto } from "../shape.ts";
import { parseJson, parseTypeName, type Value, type ValueType, valueFromJson, valueToJson } from "../types/index.ts";
import { aggregateNames, MAX_LISTED } from "../windows/aggregate-names.ts";
import { hashOf } from "./canonical.ts";

const count = z.int().check(z.gte(0));
const positive = z.int().check(z.gte(1));
/** How many events a state may list. */
const listed = z.int().check(z.gte(1), z.lte(MAX_LISTED));
export const meta = {
  owner: z.optional(z.string()),
  description: z.optional(z.string()),
  tags: z.optional(z.record(z.string(), z.string())),
  freshness: z.optional(z.string()),
  schedule: z.optional(z.string()),
};
export const typeText = z.string().check(
  z.refine((text) => {
    try {
      return parseTypeName(text) !== undefined;
    } catch {
      return false;
    }
  }, "expected a type name such as int64 or list<string>"),
);
const typedName = z.strictObject({ name, type: typeText });
/** A column of a file, which may be called anything. */
const column = z.strictObject({ name: z.string(), type: typeText });

const entity = z.strictObject({
  joinKeys: z.array(typedName).check(z.minLength(1)),
  description: z.optional(z.string()),
  tags: z.optional(z.record(z.string(), z.string())),
});

const source = z.strictObject({
  name,
  format: z.enum(["parquet", "csv", "jsonl", "arrow"]),
  /** "": no file; what is pushed is all there is. */
  path: z.string(),
  eventTime: z.nullable(z.string()),
  createdTime: z.nullable(z.string()),
  eventId: z.nullable(z.string()),
  /** The declared types; null where the file has its own. */
  schema: z.nullable(z.array(column)),
  partitions: z.optional(partitionsShape),
  /** How an s3:// path is reached; names of environment variables, never keys. */
  s3: z.optional(s3Shape),
});

/** `default` is the JSON form of SEMANTICS 6, as text, so that 64-bit integers survive. */
const feature = { name, type: typeText, default: z.nullable(z.string()), description: z.optional(z.string()) };

const viewBase = {
  /** None: the view has one row for all, and no join keys. */
  entities: z.array(name),
  /** The entities' join keys in order: the columns of the source that name a row. */
  joinKeys: z.array(typedName),
  source,
  /** What makes the view's rows of the source's; its times and columns are then those of the result. Absent: nothing. */
  select: z.optional(selectShape),
  ...meta,
  /** A duration: how far a server's cached row may lag behind the store. */
  cacheTtl: z.optional(durationShape),
  /** True when events are pushed; absent: not. */
  push: z.optional(z.literal(true)),
  /** How far behind the newest event of its key a pushed event may come; absent: DEFAULT_LATENESS_US. */
  latenessUs: z.optional(count),
  /** What an event that is pushed may carry: the source's columns, as known when it was applied. */
  sourceColumns: z.optional(z.array(column)),
};

const storedView = z.strictObject({
  kind: z.literal("stored"),
  ...viewBase,
  /** 0: no bound. */
  ttlUs: count,
  features: z.array(z.strictObject(feature)).check(z.minLength(1)),
});

const aggregatedView = z.strictObject({
  kind: z.literal("aggregated"),
  ...viewBase,
  /** The types of the source's columns that functions and filters read. */
  columns: z.array(column),
  features: z
    .array(
      z.strictObject({
        ...feature,
        fn: z.enum(aggregateNames),
        column: z.nullable(z.string()),
        where: z.nullable(z.string()),
        /** 0: no lower edge, as lifetime, last n and lag have it. */
        windowUs: count,
        hopUs: positive,
        /** The last complete (s, s + window] in place of a sliding window. */
        tumbling: z.optional(z.literal(true)),
        /** The function over the n latest events that pass the filter, those without a value among them. */
        lastN: z.optional(listed),
        /** last_k: how many values; lag: which event, 1 for the latest. */
        k: z.optional(listed),
        /** approx_percentile: which quantile. */
        q: z.optional(z.number().check(z.gte(0), z.lte(1))),
      }),
    )
    .check(z.minLength(1)),
});

const projection = z.strictObject({
  view: name,
  /** The name it goes by where it is listed. */
  as: name,
  joinKeyMap: z.record(z.string(), z.string()),
  features: z.array(name),
  /** null: the active version. An on-demand view's inputs are pinned to the versions it was applied with. */
  version: z.nullable(positive),
});

const onDemandView = z.strictObject({
  kind: z.literal("onDemand"),
  inputs: z.array(projection),
  request: z.array(typedName),
  features: z.array(z.strictObject({ ...feature, expression: z.nullable(z.string()) })).check(z.minLength(1)),
  /** The hash of the TypeScript transform's code, or null where expressions compute the features. */
  codeHash: z.nullable(z.string()),
  /** The scalers and vocabularies that the expressions name, by value: each version has its own. Absent: none. */
  artifacts: z.optional(artifactsShape),
  ...meta,
});

const viewSpec = z.discriminatedUnion("kind", [storedView, aggregatedView, onDemandView]);

const viewEntry = z
  .strictObject({
    /** The version that the definitions hold now, or that was registered through the API; null when there is none. */
    latest: z.nullable(positive),
    /** The version that answers by default; null until one is materialized. */
    active: z.nullable(positive),
    versions: z.record(
      z.string().check(z.regex(/^[1-9][0-9]{0,8}$/, "expected a version number")),
      z.strictObject({ fingerprint: z.string(), materialized: z.boolean(), spec: viewSpec }),
    ),
    /** Present where `latest` was registered through the API: applying definitions then leaves it alone. */
    registered: z.optional(
      z.strictObject({
        /** The version that the definitions hold, which is the latest again once the API's is deleted; null for none. */
        definitions: z.nullable(positive),
      }),
    ),
  })
  .check(
    z.refine(
      ({ latest, active, versions, registered }) =>
        [latest, active, registered?.definitions ?? null].every((v) => v === null || Object.hasOwn(versions, v)),
      "expected latest, active and registered.definitions to be among the versions",
    ),
    z.refine(
      ({ latest, registered }) => registered === undefined || latest !== null,
      "expected a latest version where one was registered through the API",
    ),
  );

const serviceShape = {
  features: z.array(projection).check(z.minLength(1)),
  description: z.optional(z.string()),
  tags: z.optional(z.record(z.string(), z.string())),
};
const service = z.strictObject({
  ...serviceShape,
  /** What the definitions hold now, where it needs versions that are not materialized yet. */
  pending: z.optional(z.strictObject(serviceShape)),
});

export const snapshotShape = z.strictObject({
  format: z.literal(1),
  project: z.string(),
  environment: z.string(),
  entities: z.record(name, entity),
  views: z.record(name, viewEntry),
  services: z.record(name, service),
});

export type Snapshot = z.output<typeof snapshotShape>;
export type EntitySpec = z.output<typeof entity>;
export type SourceSpec = z.output<typeof source>;
export type StoredViewSpec = z.output<typeof storedView>;
export type AggregatedViewSpec = z.output<typeof aggregatedView>;
export type AggregateFeature = AggregatedViewSpec["features"][number];
export type OnDemandViewSpec = z.output<typeof onDemandView>;
export type ViewSpec = StoredViewSpec | AggregatedViewSpec | OnDemandViewSpec;
export type ViewEntry = z.output<typeof viewEntry>;
export type ProjectionSpec = z.output<typeof projection>;
export type ServiceSpec = z.output<typeof service>;
export type FeatureSpec = { name: string; type: string; default: string | null };

/** Returns a snapshot from parsed JSON. @throws registry_invalid naming the field. */
export function checkSnapshot(json: unknown): Snapshot {
  refuseProto(json, "registry snapshot", "registry_invalid");
  return checkShape(snapshotShape, json, "registry snapshot", "registry_invalid");
}

/** Returns the content hash that names a snapshot: "sha256:…". */
export function snapshotHash(snapshot: Snapshot): string {
  return hashOf(snapshot);
}

/** Returns an empty snapshot. */
export function emptySnapshot(project: string, environment: string): Snapshot {
  return { format: 1, project, environment, entities: {}, views: {}, services: {} };
}

/** Returns the spec of one version of a view. @throws unknown_version naming those there are. */
export function viewVersion(viewName: string, entry: ViewEntry, version: number): ViewEntry["versions"][string] {
  const found = entry.versions[String(version)];
  if (found !== undefined) return found;
  throw new EdgefeatError("unknown_version", `view "${viewName}" has no version ${version}`, {
    hint: `it has ${Object.keys(entry.versions).join(", ")}`,
  });
}

/** Returns a default's text for a spec; null for none. */
export function defaultText(type: ValueType, value: Value | undefined): string | null {
  return value === undefined ? null : valueToJson(type, value);
}

/** Returns a feature's default as a value; null for none. */
export function defaultValue(feature: FeatureSpec): Value | null {
  if (feature.default === null) return null;
  return valueFromJson(parseTypeName(feature.type), parseJson(feature.default), `default of ${feature.name}`);
}
