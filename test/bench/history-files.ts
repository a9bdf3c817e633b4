// Made histories in files: how a join reads them, and how large they are.
import { readTableFile } from "../../offline/datasets/files.ts";
import type { ReadSource } from "../../offline/index.ts";
import type { HistoryShape } from "./history.ts";

/** Reads every source from one file. */
export function sourceIn(file: string): ReadSource {
  return (_source, columns) => readTableFile(file, columns === undefined ? {} : { columns });
}

/** Returns a shape at EDGEFEAT_BENCH_SCALE of its size, by default all of it: a small one tells whether a metric runs. */
export function scaled(shape: HistoryShape): HistoryShape {
  const scale = Number(process.env["EDGEFEAT_BENCH_SCALE"] ?? 1);
  const times = (count: number) => Math.max(1, Math.round(count * scale));
  const { featureRows, entityRows, keys } = shape;
  return { ...shape, featureRows: times(featureRows), entityRows: times(entityRows), keys: times(keys) };
}
