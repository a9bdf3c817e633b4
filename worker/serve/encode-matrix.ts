// The answer as a matrix of float32, row after row: what a model takes as it is.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Output } from "../../sdk/plan/index.ts";
import { formatTime } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import type { Served } from "./feature-server.ts";

export interface Matrix {
  /** rows × columns numbers, little-endian. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the numbers are, as headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Evaluates every row of a request and returns the matrix: a column a feature, n for a vector(n); booleans are 1 and 0,
 * what is missing NaN, and numbers are rounded to the nearest float32 (integers through the nearest double). The headers:
 * edgefeat-rows and edgefeat-columns, its shape; edgefeat-features, a percent-encoded JSON list; edgefeat-widths, the
 * columns of each feature, where one is a vector; edgefeat-absent and edgefeat-errors, how many views had no row for an
 * entity and how many values failed; edgefeat-now, edgefeat-known-as-of and edgefeat-registry, as in JSON.
 * @throws type_mismatch for a feature that is neither number nor boolean nor vector
 */
export function encodeMatrix(served: Served): Matrix {
  const { plan, inputs, evaluator } = served;
  const { outputs } = plan;
  const widths = outputs.map(widthOf);
  const columns = widths.reduce((sum, width) => sum + width, 0);
  const bytes = new Uint8Array(4 * columns * inputs.rows);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let r = 0; r < inputs.rows; r++) {
    evaluator.run(r);
    for (let i = 0; i < outputs.length; i++) {
      const value = evaluator.row[(outputs[i] as Output).slot] as Value | null;
      for (let c = 0; c < (widths[i] as number); c++, at += 4)
        view.setFloat32(
          at,
          value instanceof Float32Array ? (value[c] as number) : value === null ? Number.NaN : Number(value),
          true,
        );
    }
  }
  return { bytes, headers: matrixHeaders(served, widths, columns) };
}

/** Clients take 16 kB of headers at most. */
const MAX_HEADER_CHARACTERS = 6_000;

function matrixHeaders(served: Served, widths: readonly number[], columns: number) {
  const { plan, inputs, evaluator, nowUs, knownAsOfUs, registry } = served;
  const features = encodeURIComponent(plan.featuresJson);
  return {
    "edgefeat-rows": String(inputs.rows),
    "edgefeat-columns": String(columns),
    // Left out where they are too many: they are those that were asked for, in that order.
    ...(features.length > MAX_HEADER_CHARACTERS ? {} : { "edgefeat-features": features }),
    ...(columns === widths.length ? {} : { "edgefeat-widths": widths.join() }),
    "edgefeat-now": formatTime(nowUs),
    "edgefeat-known-as-of": formatTime(knownAsOfUs),
    "edgefeat-registry": registry.hash,
    // NaN says that a number is missing, not why.
    "edgefeat-absent": String(evaluator.absent.length),
    "edgefeat-errors": String(evaluator.errors.length),
  };
}

function widthOf({ reference, type }: Output): number {
  switch (type.kind) {
    case "bool":
    case "int32":
    case "int64":
    case "float32":
    case "float64":
      return 1;
    case "vector":
      return type.dimension;
    default:
      throw new EdgefeatError("type_mismatch", `"${reference}" is ${type.kind}, which is no number`, {
        hint: "a matrix takes numbers, booleans and vectors: leave it out, or ask for JSON or Arrow",
      });
  }
}
