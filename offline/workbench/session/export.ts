// The training set as a file, with what it says of itself; and the rows that were set aside.
import type { Table } from "apache-arrow";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { metadataOf } from "../../../sdk/plan/index.ts";
import { snapshotHash } from "../../../sdk/registry/index.ts";
import { selectColumns, type WriteOptions } from "../../datasets/index.ts";
import { openDatasets } from "./host.ts";
import { requestOf } from "./plan-facts.ts";
import type { DataInput, ExportFormat } from "./protocol.ts";
import type { CallContext } from "./remote.ts";
import { type Training, training } from "./training.ts";

/** The package's version, put in by the build. */
declare const EDGEFEAT_VERSION: string;

const TYPES: Record<ExportFormat, string> = {
  parquet: "application/vnd.apache.parquet",
  arrow: "application/vnd.apache.arrow.file",
  csv: "text/csv",
};

/** Returns the training set as a file. @throws type_mismatch for a column that the format can't hold */
export function exportAs(
  { format, provenance }: { format: ExportFormat; provenance: boolean },
  context: CallContext,
): Promise<Blob> {
  const held = training();
  const shown = held.facts.columns.filter(({ role }) => provenance || role !== "provenance").map(({ name }) => name);
  return written(selectColumns(held.table, shown), format, { metadata: metadataFor(held) }, context);
}

/** Returns the rows that were set aside, with the reasons, as CSV. */
export function exportSetAside(of: string, context: CallContext): Promise<Blob> {
  const found = training().quarantine.find((rows) => rows.of === of);
  if (found === undefined) throw new EdgefeatError("internal_error", `no rows of ${of} were set aside`);
  return written(found.table, "csv", {}, context);
}

async function written(
  table: Table,
  format: ExportFormat,
  options: WriteOptions,
  { signal, progress }: CallContext,
): Promise<Blob> {
  const datasets = await openDatasets();
  const parts: Blob[] = [];
  let bytes = 0;
  for await (const part of datasets.encodeTable(table, format, options)) {
    signal.throwIfAborted();
    bytes += part.byteLength;
    // A blob of its own lets the browser keep it on disk.
    parts.push(new Blob([part as Uint8Array<ArrayBuffer>]));
    progress({ stage: "write", done: bytes, total: 0 });
  }
  return new Blob(parts, { type: TYPES[format] });
}

function metadataFor({ input, plan, names }: Training): Map<string, string> {
  const { ask, choices, sources, command } = input;
  const { entityTime, embargoUs, asKnownAt } = choices;
  return metadataOf({
    request: requestOf(ask),
    registry: snapshotHash(ask.snapshot),
    entityTime,
    embargoUs,
    ...(asKnownAt === null ? {} : { asKnownAt }),
    plan,
    snapshot: ask.snapshot,
    columns: names,
    sources: Object.fromEntries(Object.entries(sources).map(([source, file]) => [source, stampOf(file)])),
    command,
    tool: EDGEFEAT_VERSION,
  });
}

/** Returns what tells this state of a file from another. */
function stampOf({ name, data }: DataInput): string {
  if (data instanceof File) return `${name} ${data.size}-${data.lastModified}`;
  return data instanceof Blob ? `${name} ${data.size}` : name;
}
