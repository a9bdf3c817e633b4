// The entity rows of a training set: a file's, or every entity that the data knows, at given times.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type BadCell, valueOfCell } from "../../offline/datasets/index.ts";
import { entitySpine, type HistoricalOptions, type SourceTable, type UnreadCell } from "../../offline/index.ts";
import { EdgefeatError } from "../errors.ts";
import type { FeaturePlan } from "../plan/index.ts";
import type { ColumnTypes } from "../registry/index.ts";
import type { Us } from "../time.ts";
import { typeName, type Value } from "../types/index.ts";
import { readFileIn } from "./load/sources.ts";
import { UsageError } from "./usage.ts";

export type EntitiesFrom =
  /** Relative to the current folder, as a shell completes it. */
  | { readonly file: string }
  | {
      readonly times: readonly Us[];
      /** Request data as texts. */
      readonly request: Readonly<Record<string, string>>;
      readonly maxRows?: number;
    };

type SpineBase = Pick<
  HistoricalOptions,
  "engine" | "snapshot" | "request" | "transforms" | "readSource" | "onBadRows" | "signal"
>;

/** Returns the entity rows, with the cells of a file that could not be read where its rows are to be set aside. @throws as reading a file, or as entitySpine */
export async function entityRows(
  from: EntitiesFrom,
  plan: FeaturePlan,
  entityTime: string,
  base: SpineBase,
): Promise<SourceTable> {
  if ("file" in from) {
    const unreadCells: UnreadCell[] = [];
    const onBadCell = ({ row, column, error }: BadCell) =>
      void unreadCells.push({ row, column, reason: error.message });
    const table = await readFileIn(process.cwd(), from.file, {
      types: entityTypes(plan, entityTime),
      ...(base.onBadRows === "quarantine" ? { onBadCell } : {}),
    });
    return { table, unreadCells };
  }
  const { times, maxRows } = from;
  const requestData = requestValues(plan, from.request);
  const bound = maxRows === undefined ? {} : { maxRows };
  return { table: await entitySpine({ ...base, times, requestData, entityTime, ...bound }) };
}

/** Returns a text that tells these entity rows from others; null for those of a URL, which may be others the next time. */
export async function entityStamp(from: EntitiesFrom): Promise<string | null> {
  if (!("file" in from)) return JSON.stringify(from);
  if (/^https?:\/\//.test(from.file)) return null;
  const path = resolve(from.file);
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
  return `${path} ${size}-${mtimeMs}`;
}

/** Returns the types of the columns that the features need; the others of a CSV pass as text. */
export function entityTypes({ keys, request }: FeaturePlan, entityTime: string): ColumnTypes {
  const typed = [...keys, ...request].map(({ name, type }) => [name, type] as const);
  return { ...Object.fromEntries(typed), [entityTime]: { kind: "timestamp" } };
}

function requestValues({ request }: FeaturePlan, texts: Readonly<Record<string, string>>): Record<string, Value> {
  const values = Object.entries(texts).map(([name, text]) => {
    const type = request.find((field) => field.name === name)?.type;
    // A name that is no field goes on, to be refused with the nearest one.
    if (type === undefined) return [name, text] as const;
    try {
      return [name, valueOfCell(type, text)] as const;
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      throw new UsageError(fault.code, `--request ${name}: "${text}" is not ${typeName(type)}`);
    }
  });
  return Object.fromEntries(values);
}
