// A case of the engines' suite: it needs no test runner, so that it runs in a page as well as in Node.
import { columnReader, valueTypeOfArrow } from "../../../offline/datasets/index.ts";
import type { Engine, Parameter } from "../../../offline/engine/index.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { bits } from "../../offline/datasets/values.ts";

export interface EngineHost {
  /** The engine that the cases share. */
  engine: Engine;
  /** Opens one more, as the first was. */
  open(options?: { memoryLimitBytes?: number }): Promise<Engine>;
  /** True for native DuckDB, which has json, icu and parquet compiled in. */
  builtIns: boolean;
}

export interface EngineCase {
  name: string;
  /** @throws an error that says what differs */
  run(host: EngineHost): Promise<void>;
}

/** @throws unless both are the same to the bit, and of the same types */
export function equal(actual: unknown, expected: unknown, what = "the result"): void {
  const [found, wanted] = [bits(actual), bits(expected)];
  if (found !== wanted) throw new Error(`${what} is ${found}, and should be ${wanted}`);
}

/** @throws unless the text matches */
export function matches(text: string | undefined, pattern: RegExp): void {
  if (!pattern.test(text ?? "")) throw new Error(`"${text}" does not match ${pattern}`);
}

/** Returns the error that `work` ends with. @throws when it ends well, or with another error than ours */
export function errorOf(work: Promise<unknown>): Promise<EdgefeatError> {
  return work.then(
    () => Promise.reject(new Error("there was no error")),
    (error: unknown) => (error instanceof EdgefeatError ? error : Promise.reject(error as Error)),
  );
}

/** Returns the rows of a query, each column by the value type that holds it. */
export async function rows(
  engine: Engine,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<(Value | null)[][]> {
  const table = await engine.query(sql, parameters);
  const readers = table.schema.fields.map(({ name: column, type }, i) =>
    columnReader(table.getChildAt(i) as never, valueTypeOfArrow(type) as ValueType, { column }),
  );
  return Array.from({ length: table.numRows }, (_, row) => readers.map((read) => read(row)));
}
