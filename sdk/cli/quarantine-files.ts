// The rows that a materialization set aside, in files beside its checkpoint: those of the last run of each version of a view.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeTableFile } from "../../offline/datasets/files.ts";
import type { MaterializeReport } from "../../offline/index.ts";

export interface QuarantineFile {
  /** What the rows belong to: a source, or a view whose select made them. */
  readonly of: string;
  /** Relative to the repo folder. */
  readonly file: string;
  readonly rows: number;
}

const FOLDER = join(".edgefeat", "quarantine");

/** Writes the rows that were set aside, and takes away those of the run before. Returns the files. */
export async function keepQuarantine(repo: string, report: MaterializeReport): Promise<QuarantineFile[]> {
  const { view, version, quarantine = [] } = report;
  const fileOf = (kind: "source" | "select") => join(FOLDER, `${view}@${version}.${kind}.parquet`);
  const files = quarantine.map(({ of, table }) => {
    const file = fileOf(of === `view "${view}"` ? "select" : "source");
    return { of, file, rows: table.numRows, table };
  });
  for (const kind of ["source", "select"] as const) {
    if (files.every(({ file }) => file !== fileOf(kind))) await rm(join(repo, fileOf(kind)), { force: true });
  }
  for (const { file, table } of files) await writeTableFile(join(repo, file), table);
  return files.map(({ table: _, ...file }) => file);
}
