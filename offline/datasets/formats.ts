// File formats of datasets, told by a file's ending.
import { EdgefeatError } from "../../sdk/errors.ts";

/** `arrow` is the Arrow IPC file, `arrow-stream` the IPC stream; either is read under both names. */
export type DatasetFormat = "parquet" | "csv" | "jsonl" | "arrow" | "arrow-stream";

const ENDINGS: Record<string, DatasetFormat> = {
  parquet: "parquet",
  csv: "csv",
  jsonl: "jsonl",
  ndjson: "jsonl",
  arrow: "arrow",
  ipc: "arrow",
  feather: "arrow",
  arrows: "arrow-stream",
};

/** Returns the format that a path's ending names, in upper or lower case. @throws file_format_unknown. */
export function formatOf(path: string): DatasetFormat {
  const ending = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  const format = ending === undefined ? undefined : ENDINGS[ending];
  if (format === undefined) {
    throw new EdgefeatError(
      "file_format_unknown",
      `the ending of "${path}" names no format that can be read or written`,
      {
        hint: `use one of ${Object.keys(ENDINGS)
          .map((e) => `.${e}`)
          .join(", ")}`,
      },
    );
  }
  return format;
}

/** Returns what a file is called in an error: "a Parquet file". */
export function formatName(format: DatasetFormat): string {
  return NAMES[format];
}

const NAMES: Record<DatasetFormat, string> = {
  parquet: "a Parquet file",
  csv: "a CSV file",
  jsonl: "a file of JSON lines",
  arrow: "an Arrow IPC file",
  "arrow-stream": "an Arrow IPC stream",
};

/** True for the formats whose values are text: their columns' types are declared, not in the file. */
export function typesAreDeclared(format: DatasetFormat): boolean {
  return format === "csv" || format === "jsonl";
}
