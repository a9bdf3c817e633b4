// The join's inputs read from the page's files: entity rows by the types that the plan wants, sources by those of their views.
import { EdgefeatError } from "../../../sdk/errors.ts";
import type { FeaturePlan } from "../../../sdk/plan/index.ts";
import { type ColumnTypes, isStream, type Snapshot, typesInSnapshot } from "../../../sdk/registry/index.ts";
import type { ReadSource, UnreadCell } from "../../browser.ts";
import { type BadCell, formatOf } from "../../datasets/index.ts";
import type { SourceTable } from "../../join/source-rows.ts";
import { blobOf, openDatasets } from "./host.ts";
import type { DataInput, JoinInput } from "./protocol.ts";

interface ReadDataOptions {
  readonly types?: ColumnTypes;
  readonly columns?: readonly string[] | undefined;
  /** Whether cells that can't be read are told instead of failing, so that their rows can be set aside. */
  readonly setAside?: boolean;
}

/** Returns the rows of a file. @throws as readTable; file_not_found, file_unreadable */
export async function readData(
  file: DataInput,
  { setAside = false, ...options }: ReadDataOptions,
): Promise<SourceTable> {
  const datasets = await openDatasets();
  const unreadCells: UnreadCell[] = [];
  const onBadCell = ({ row, column, error }: BadCell) => void unreadCells.push({ row, column, reason: error.message });
  const table = await datasets.readTable(await blobOf(file), formatOf(file.name), {
    ...options,
    ...(setAside ? { onBadCell } : {}),
    name: file.name,
  });
  return { table, unreadCells };
}

/** Returns the entity rows; `times` are the columns that hold times. */
export function readEntities(
  file: DataInput,
  { keys, request }: FeaturePlan,
  times: readonly string[],
  setAside = false,
): Promise<SourceTable> {
  const typed = [...keys, ...request].map(({ name, type }) => [name, type] as const);
  const types: ColumnTypes = {
    ...Object.fromEntries(typed),
    ...Object.fromEntries(times.map((name) => [name, { kind: "timestamp" }])),
  };
  return readData(file, { types, setAside });
}

/** Returns what reads the sources' files. @throws file_not_found for a source that none was chosen for */
export function sourceReader(snapshot: Snapshot, files: JoinInput["sources"], setAside = false): ReadSource {
  return (source, columns) => {
    const file = files[source.name];
    if (file === undefined) {
      throw new EdgefeatError("file_not_found", `no file was chosen for source "${source.name}"`, {
        hint: `drop or choose ${isStream(source) ? "a file of its events" : source.path}`,
      });
    }
    return readData(file, { columns, types: typesInSnapshot(snapshot, source), setAside });
  };
}
