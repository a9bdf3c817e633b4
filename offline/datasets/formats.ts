// File formats of datasets, told by a file's ending.
import { EdgefeatError } from "../../sdk/errors.ts";

/** `arrow` is the Arrow IPC file, `arrow-stream` the IPC stream; either is read under both names. */
export type DatasetFormat = "parquet" | "csv" | "arrow" | "arrow-stream";

const ENDINGS: Record<string, DatasetFormat> = {
  parquet: "parquet",
  csv: "csv",
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

/** Returns what a file is called in an error: "an Arrow file". */
export function formatName(format: DatasetFormat): string {
  return format === "parquet" ? "a Parquet file" : format === "csv" ? "a CSV file" : "an Arrow IPC file";
}
