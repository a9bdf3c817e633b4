// `edgefeat/client/arrow`: answers as Arrow's columns. Apart from the client, for it carries the library that reads Arrow.
import { type DataType, Precision, type Table, tableFromIPC, TimeUnit, Type } from "@uwdata/flechette";
import { EdgefeatError } from "../errors.ts";
import { decimalText, parseJson, sameType, type Value, type ValueType } from "../types/index.ts";
import { type FeaturesAnswer, memberNames, otherType } from "./answer.ts";
import type { ServiceColumn } from "./service-columns.ts";

/** An answer in columns. Its values are those that `getFeatures` gives, made when they are asked for. */
export interface ArrowAnswer<Row> extends Omit<FeaturesAnswer<Row>, "rows" | "statuses" | "eventTimes"> {
  /** As many as entities were asked for. */
  rowCount: number;
  /** Returns a feature's values, one a row. */
  column<K extends keyof Row & string>(name: K): Row[K][];
  /** Returns the rows as objects. */
  rows(): Row[];
  /** The columns as they came, named `view:feature`: numbers without nulls are typed arrays that nothing was copied to. */
  table: Table;
}

/**
 * Returns the decoded answer; `columns` are the service's, where the definition is at hand. Without them, and for an
 * aggregate whose type only the server knows, the answer's own types hold: an int64 is always a bigint.
 * @throws server_failed when it is none, or when the server's registry has other features or types than the definition
 */
export function decodeArrow(
  bytes: ArrayBuffer,
  columns?: readonly ServiceColumn[],
): ArrowAnswer<Record<string, unknown>> {
  const { table, facts } = readTable(bytes);
  const { fields } = table.schema;
  const features = fields.map((field) => field.name);
  const names = memberNames(features, columns);
  for (const [i, column] of columns?.entries() ?? []) {
    const there = valueType((fields[i] as (typeof fields)[number]).type);
    const { type: here } = column;
    if (typeof here === "object" && (there === null || !sameType(here, there)))
      throw otherType(column.name, { here, there });
  }
  const column = (name: string) => {
    const at = names.indexOf(name);
    if (at < 0) throw new EdgefeatError("unknown_feature", `the answer has no feature "${name}"`);
    return valuesOf(table.getChildAt(at).data as unknown as readonly Batch[]);
  };
  return {
    ...facts,
    features,
    rowCount: table.numRows,
    table,
    column,
    rows() {
      const values = names.map(column);
      return Array.from({ length: table.numRows }, (_, r) =>
        Object.fromEntries(names.map((name, i) => [name, (values[i] as unknown[])[r]])),
      );
    },
  };
}

type Facts = Omit<FeaturesAnswer<unknown>, "rows" | "features" | "statuses" | "eventTimes">;

/** The schema carries, as JSON, what of an answer is no column. */
function readTable(bytes: ArrayBuffer): { table: Table; facts: Facts } {
  try {
    const table = tableFromIPC(bytes, { useBigInt: true, useDecimalInt: true });
    return { table, facts: parseJson(table.schema.metadata?.get("edgefeat") ?? "") as Facts };
  } catch (cause) {
    throw new EdgefeatError("server_failed", "the server's answer is not an Arrow stream of features", {
      hint: "check that the URL is Edgefeat's",
      cause,
    });
  }
}

/** What is used of Flechette's batches; `values` and `offsets` are Arrow's own buffers. */
interface Batch {
  readonly type: DataType;
  readonly length: number;
  readonly nullCount: number;
  readonly values: ArrayLike<Value>;
  readonly offsets: Int32Array;
  readonly children: readonly [Batch];
  isValid(index: number): boolean;
  value(index: number): Value;
}

function valuesOf(batches: readonly Batch[]): (Value | null)[] {
  const values: (Value | null)[] = [];
  for (const batch of batches) {
    const read = reader(batch);
    for (let i = 0; i < batch.length; i++) values.push(read(i));
  }
  return values;
}

type Reader = (index: number) => Value | null;

function reader(batch: Batch): Reader {
  const read = valueReader(batch);
  return batch.nullCount === 0 ? read : (i) => (batch.isValid(i) ? read(i) : null);
}

/** Flechette would give timestamps in milliseconds, decimals without their point, and lists as typed arrays. */
function valueReader(batch: Batch): Reader {
  const { type, values, offsets } = batch;
  switch (type.typeId) {
    case Type.Timestamp:
      return (i) => values[i] as bigint;
    case Type.Decimal:
      return (i) => decimalText(batch.value(i) as bigint, type.scale);
    case Type.List: {
      const element = reader(batch.children[0]);
      return (i) => {
        const start = offsets[i] as number;
        return Array.from({ length: (offsets[i + 1] as number) - start }, (_, j) => element(start + j) as Value);
      };
    }
    default:
      return (i) => batch.value(i);
  }
}

/** Returns the type that an Arrow type stands for (SEMANTICS 6); null for one that no feature has. */
function valueType(type: DataType): ValueType | null {
  switch (type.typeId) {
    case Type.Bool:
      return { kind: "bool" };
    case Type.Int:
      return { kind: type.bitWidth === 64 ? "int64" : "int32" };
    case Type.Float:
      return { kind: type.precision === Precision.DOUBLE ? "float64" : "float32" };
    case Type.Decimal:
      return { kind: "decimal", precision: type.precision, scale: type.scale };
    case Type.Utf8:
      return { kind: "string" };
    case Type.Binary:
      return { kind: "bytes" };
    case Type.Timestamp:
      return type.unit === TimeUnit.MICROSECOND ? { kind: "timestamp" } : null;
    case Type.List: {
      const of = valueType((type.children[0] as { type: DataType }).type);
      return of === null ? null : { kind: "list", of };
    }
    case Type.FixedSizeList:
      return { kind: "vector", dimension: type.stride };
    default:
      return null;
  }
}
