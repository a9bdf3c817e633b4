// The server's answer as a matrix: numbers alone, row after row, as models take them.
import { EdgefeatError } from "../errors.ts";
import { memberNames } from "./answer.ts";
import type { ServiceColumn } from "./service-columns.ts";

/** What a matrix is asked for with. */
export const MATRIX_TYPE = "application/octet-stream";

export interface FeatureMatrix {
  /** The value of row `r` and column `c` at `r * columns + c`; NaN where it is missing. */
  values: Float32Array;
  /** As many as entities were asked for, in their order. */
  rows: number;
  columns: number;
  /** `view:feature`, in the order asked for; null where they are too many for a header, several hundred. */
  features: string[] | null;
  /** How many columns each feature takes; null when it is one each: only a vector(n) takes n. */
  widths: number[] | null;
  /** As in FeaturesAnswer. */
  now: string;
  knownAsOf: string;
  registry: string;
  /** How many times a view had no usable row, and an on-demand feature failed. */
  absentCount: number;
  errorCount: number;
}

/** Returns the matrix of an answer; `columns` are the service's. @throws server_failed when it is none, or of other features */
export async function readMatrix(
  response: Response,
  serviceColumns?: readonly ServiceColumn[],
): Promise<FeatureMatrix> {
  const header = (name: string) => response.headers.get(`edgefeat-${name}`) ?? "";
  const rows = countOf(header("rows"));
  const columns = countOf(header("columns"));
  const features = header("features") === "" ? null : namesOf(header("features"));
  const bytes = await response.arrayBuffer();
  if (features === undefined || bytes.byteLength !== rows * columns * Float32Array.BYTES_PER_ELEMENT) {
    throw new EdgefeatError("server_failed", "the server's answer is not a matrix of features", {
      hint: "check that the URL is Edgefeat's, and in a browser that the server exposes its edgefeat-* headers",
      details: { rows, columns, bytes: bytes.byteLength },
    });
  }
  if (features !== null) memberNames(features, serviceColumns);
  return {
    // Little-endian, as every machine is that runs JavaScript.
    values: new Float32Array(bytes),
    rows,
    columns,
    features,
    widths: header("widths") === "" ? null : header("widths").split(",").map(Number),
    now: header("now"),
    knownAsOf: header("known-as-of"),
    registry: header("registry"),
    absentCount: countOf(header("absent")),
    errorCount: countOf(header("errors")),
  };
}

/** NaN for a header that is missing or no count. */
function countOf(header: string): number {
  return header === "" ? Number.NaN : Number(header);
}

function namesOf(header: string): string[] | undefined {
  try {
    const names: unknown = JSON.parse(decodeURIComponent(header));
    return Array.isArray(names) ? names.map(String) : undefined;
  } catch {
    return undefined;
  }
}
