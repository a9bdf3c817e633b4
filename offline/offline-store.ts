// The offline store as one object: definitions, the data that they name, an engine; what a notebook opens.
import type { Table } from "apache-arrow";
import type { Source } from "../sdk/definitions/index.ts";
import { EdgefeatError } from "../sdk/errors.ts";
import { didYouMean } from "../sdk/nearest.ts";
import { type PlanRequest, type Transforms, transformsOf } from "../sdk/plan/index.ts";
import {
  checkConsistency,
  checkSnapshot,
  collectDefinitions,
  type ColumnTypes,
  compileDefinitions,
  type Definitions,
  type Snapshot,
  snapshotHash,
  snapshotOf,
  typesInDefinitions,
  typesInSnapshot,
} from "../sdk/registry/index.ts";
import type { ValueType } from "../sdk/types/index.ts";
import {
  arrowTypeOf,
  type BadCell,
  type DatasetColumn,
  type DatasetFile,
  type DatasetInput,
  type Datasets,
  emptyTableOf,
  filesColumns,
  readFiles,
  selectColumns,
  typesAreDeclared,
  type UnreadCell,
  valueTypeOfArrow,
} from "./datasets/index.ts";
import { type Engine, exclusively } from "./engine/index.ts";
import { selectTypes } from "./join/select-rows.ts";
import type { ReadSource } from "./join/source-rows.ts";
import { getHistoricalFeatures, type HistoricalOptions, type TrainingSet } from "./join/historical.ts";

/**
 * Rows that are loaded already, where a file's bytes are, or many files (blobFiles makes them of those that were dropped on a
 * page), of which partitions are skipped as the source's definition says. The format is what that says, too.
 */
export type SourceData = Table | DatasetInput | readonly DatasetFile[];

export interface OfflineStoreOptions {
  engine: Engine;
  /** How files are read on this host. */
  datasets: Datasets;
  /** What a module of definitions exports, or as much of it as a notebook's cell has made. */
  definitions?: Readonly<Record<string, unknown>>;
  /** A registry snapshot instead, as GET /v1/registry has it; `definitions` then only give the TypeScript transforms. */
  snapshot?: unknown;
  /** By the name of the source. Only those that a request needs are read. */
  sources: Readonly<Record<string, SourceData>>;
  /** Default "notebook". */
  project?: string;
  /** Default "dev". */
  environment?: string;
}

/** What is asked of it: as of getHistoricalFeatures, with a service or features by their references. */
export type HistoricalRequest = Omit<
  HistoricalOptions,
  "engine" | "snapshot" | "request" | "transforms" | "readSource"
> &
  PlanRequest;

export interface OfflineStore {
  readonly snapshot: Snapshot;
  /** The hash that names the snapshot, as in a server's answers. */
  readonly registry: string;
  /** Joins features to the entity rows as they were at each row's time. @throws as getHistoricalFeatures; unknown_source */
  getHistoricalFeatures(request: HistoricalRequest): Promise<TrainingSet>;
}

/**
 * Returns an offline store. Of a source whose definition has no schema the columns are read now.
 * @throws definition_invalid, registry_invalid, unknown_source, bad_request; as the datasets' readSchema
 * @example
 * const store = await createOfflineStore({ engine, datasets, definitions, sources: { driver_stats: file } });
 * const { table, report } = await store.getHistoricalFeatures({ entities, service: "driver_activity" });
 */
export async function createOfflineStore(options: OfflineStoreOptions): Promise<OfflineStore> {
  const { engine, datasets, sources, project = "notebook", environment = "dev" } = options;
  const definitions = options.definitions === undefined ? undefined : collectDefinitions(options.definitions);
  const snapshot =
    options.snapshot === undefined
      ? await compiled(definitions, { engine, datasets, sources, project, environment })
      : checkConsistency(checkSnapshot(options.snapshot));
  const transforms: Transforms = definitions === undefined ? new Map() : transformsOf(definitions);
  const reader = (keepBadCells: boolean): ReadSource => {
    return async (source, columns, range) => {
      const data = dataOf(sources, source.name);
      if (isTable(data)) return columns === undefined ? data : selectColumns(data, columns, `source "${source.name}"`);
      const types = typesInSnapshot(snapshot, source);
      if (isFiles(data)) return readFiles(datasets, data, source, { columns, types, range, keepBadCells });
      const unreadCells: UnreadCell[] = [];
      const onBadCell = ({ row, column, error }: BadCell) =>
        void unreadCells.push({ row, column, reason: error.message });
      const table = await datasets.readTable(data, source.format, {
        columns,
        types,
        name: `source "${source.name}"`,
        ...(keepBadCells ? { onBadCell } : {}),
      });
      return { table, unreadCells };
    };
  };
  return {
    snapshot,
    registry: snapshotHash(snapshot),
    getHistoricalFeatures(request) {
      const asked: PlanRequest = "service" in request ? { service: request.service } : { features: request.features };
      const readSource = reader(request.onBadRows === "quarantine");
      return getHistoricalFeatures({ ...request, engine, snapshot, transforms, readSource, request: asked });
    },
  };
}

async function compiled(
  definitions: Definitions | undefined,
  from: Required<Pick<OfflineStoreOptions, "engine" | "datasets" | "sources" | "project" | "environment">>,
): Promise<Snapshot> {
  if (definitions === undefined) {
    throw new EdgefeatError("bad_request", "an offline store needs definitions or a snapshot", {
      hint: 'give { definitions } (import * as definitions from "./features.ts"), or { snapshot } from GET /v1/registry',
    });
  }
  const columns = new Map<string, ColumnTypes>();
  for (const source of definitions.sources.values()) {
    const { name, schema } = source;
    if (schema !== undefined && Object.keys(schema).length > 0) continue;
    const types = typesInDefinitions(definitions, source);
    columns.set(name, await columnTypes(dataOf(from.sources, name), source, types, from.datasets));
  }
  const selects = await exclusively(from.engine, () =>
    selectTypes(from.engine, definitions, (source) =>
      emptySource(dataOf(from.sources, source.name), source, typesInDefinitions(definitions, source), from.datasets),
    ),
  );
  const { project, environment } = from;
  return snapshotOf(
    project,
    environment,
    compileDefinitions(definitions, {
      columnsOf: ({ name }) => columns.get(name),
      columnsOfSelect: (view) => selects.get(view),
    }),
  );
}

/** Returns the types of a source's columns: those of its file, or as `declared` where the format has none. */
async function columnTypes(
  data: SourceData,
  source: Source,
  declared: ColumnTypes,
  datasets: Datasets,
): Promise<ColumnTypes> {
  return typed((await columnsOf(data, source, declared, datasets)).map(({ name, type }) => [name, type] as const));
}

/** Returns a table of no rows with all of a source's columns: what a view's own query is checked against. */
async function emptySource(
  data: SourceData,
  source: Source,
  declared: ColumnTypes,
  datasets: Datasets,
): Promise<Table> {
  return emptyTableOf(
    (await columnsOf(data, source, declared, datasets)).map(({ name, arrow }) => [name, arrow] as const),
  );
}

async function columnsOf(
  data: SourceData,
  source: Source,
  declared: ColumnTypes,
  datasets: Datasets,
): Promise<DatasetColumn[]> {
  if (isTable(data)) {
    return data.schema.fields.map(({ name, type }) => ({ name, arrow: type, type: valueTypeOfArrow(type) }));
  }
  if (isFiles(data)) return filesColumns(datasets, data, { ...source, eventTime: source.eventTime ?? null }, declared);
  const { columns } = await datasets.readSchema(data, source.format, { name: `source "${source.name}"` });
  const given = typesAreDeclared(source.format) ? declared : {};
  return columns.map((column) => {
    const type = Object.hasOwn(given, column.name) ? given[column.name] : undefined;
    return type === undefined ? column : { name: column.name, arrow: arrowTypeOf(type), type };
  });
}

function typed(columns: readonly (readonly [string, ValueType | null])[]): ColumnTypes {
  return Object.fromEntries(columns.filter((column): column is [string, ValueType] => column[1] !== null));
}

function dataOf(sources: Readonly<Record<string, SourceData>>, name: string): SourceData {
  const data = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (data !== undefined) return data;
  throw new EdgefeatError("unknown_source", `there is no data for source "${name}"`, {
    hint: didYouMean(name, Object.keys(sources)),
  });
}

/** By its shape: a page may hold two copies of Arrow's library. */
function isTable(data: SourceData): data is Table {
  return "schema" in data && "batches" in data;
}

function isFiles(data: SourceData): data is readonly DatasetFile[] {
  return Array.isArray(data);
}
