// The conformance vectors as files: their shape, how they are read, and what a cell stands for.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseTypeName, type Value, type ValueType } from "../../../sdk/types/index.ts";

export const VECTORS = fileURLToPath(new URL("../../fixtures/conformance/", import.meta.url));

export type Cell = null | boolean | number | string | readonly Cell[];
/** Rows of cells; a column's type says what a cell stands for (test/fixtures/conformance/README.md). */
export interface VectorTable {
  readonly columns: Readonly<Record<string, string>>;
  readonly rows: readonly (readonly Cell[])[];
}
export interface VectorSource extends VectorTable {
  readonly eventTime?: string;
  readonly createdTime?: string;
  readonly eventId?: string;
}
interface TypedFeature {
  readonly type: string;
  readonly default?: Cell;
}
export interface StoredVectorView {
  readonly kind: "stored";
  readonly source: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly ttl?: string;
  readonly features: Readonly<Record<string, TypedFeature>>;
}
export interface WindowFeature {
  readonly fn: "count" | "sum" | "avg" | "min" | "max" | "first" | "last";
  readonly column?: string;
  readonly window: string;
  readonly hop?: string;
  readonly where?: string;
  readonly default?: Cell;
}
export interface AggregatedVectorView {
  readonly kind: "aggregated";
  readonly source: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly features: Readonly<Record<string, WindowFeature>>;
}
/** A view, under another name, by other columns of the entity rows, some of its features. */
export interface VectorUse {
  readonly view: string;
  readonly as?: string;
  readonly joinKeys?: Readonly<Record<string, string>>;
  readonly features?: readonly string[];
}
export interface OnDemandVectorView {
  readonly kind: "onDemand";
  readonly inputs: readonly VectorUse[];
  readonly request?: Readonly<Record<string, string>>;
  readonly features: Readonly<Record<string, TypedFeature & { readonly expression: string }>>;
}
export type VectorView = StoredVectorView | AggregatedVectorView | OnDemandVectorView;

export interface VectorCase {
  readonly id: string;
  readonly rules: readonly string[];
  readonly title: string;
  readonly derived: "hand" | "oracle";
  readonly sources: Readonly<Record<string, VectorSource>>;
  readonly views: Readonly<Record<string, VectorView>>;
  readonly ask: readonly VectorUse[];
  readonly fullNames?: boolean;
  readonly entityRows: VectorTable & { readonly time: string };
  readonly embargo?: string;
  /** true: known at t′; else the column of the entity rows that says when. */
  readonly asKnownAt?: true | string;
  readonly expect: VectorTable & {
    /** By cell, of an online read; null: not judged. */
    readonly statuses?: readonly (readonly (string | null)[])[];
    /** By cell: the JSON text of an online answer (SEMANTICS 6). */
    readonly json?: readonly (readonly string[])[];
  };
}

export interface VectorFile {
  readonly file: string;
  readonly text: string;
  readonly title: string;
  readonly cases: readonly VectorCase[];
}

/** Returns every file of cases, by name. */
export function readVectors(): VectorFile[] {
  return readdirSync(VECTORS)
    .filter((file) => /^[\d.]+-.*\.json$/.test(file))
    .toSorted()
    .map((file) => {
      const text = readFileSync(`${VECTORS}${file}`, "utf8");
      return { file, text, ...(JSON.parse(text) as Pick<VectorFile, "title" | "cases">) };
    });
}

/** Column types that are no value types: times as files have them. Each with its nanoseconds a unit. */
export const FILE_TIMES = { timestamp_ns: 1n, timestamp_naive: 1000n, timestamp_ms: 1_000_000n } as const;
export const isFileTime = (type: string): type is keyof typeof FILE_TIMES => type in FILE_TIMES;

/** Returns the value type of a column. */
export function valueTypeOf(type: string): ValueType {
  return isFileTime(type) ? { kind: "timestamp" } : parseTypeName(type);
}

/** Returns the value that a cell of a value type stands for. */
export function valueOf(type: ValueType, cell: Cell): Value | null {
  if (cell === null) return null;
  switch (type.kind) {
    case "int64":
      return BigInt(cell as number | string);
    case "float32":
    case "float64":
      return floatOf(cell as number | string);
    case "timestamp":
      return nanosecondsOf(cell as string) / 1000n;
    case "bytes":
      return new Uint8Array(Buffer.from(cell as string, "base64"));
    case "list":
      return (cell as readonly Cell[]).map((item) => valueOf(type.of, item) as Value);
    case "vector":
      return Float32Array.from((cell as readonly (number | string)[]).map(floatOf));
    default:
      return cell as Value;
  }
}

function floatOf(cell: number | string): number {
  if (typeof cell === "number") return cell;
  if (!cell.startsWith("0x")) return Number(cell);
  const bits = new DataView(new ArrayBuffer(8));
  if (cell.length === 10) {
    bits.setUint32(0, Number(cell));
    return bits.getFloat32(0);
  }
  bits.setBigUint64(0, BigInt(cell));
  return bits.getFloat64(0);
}

/** Returns the nanoseconds since the epoch of a time as the vectors write it: RFC 3339, at most nine digits. */
export function nanosecondsOf(text: string): bigint {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z?$/.exec(text);
  if (match === null) throw new Error(`not a time of a conformance vector: ${text}`);
  const [, second, fraction = ""] = match;
  return BigInt(Date.parse(`${second}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
