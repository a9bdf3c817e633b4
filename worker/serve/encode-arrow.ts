// The answer as an Arrow IPC stream: a column a feature, and what is no column as JSON in the schema's metadata.
import { formatTime } from "../../sdk/time.ts";
import { sizeOf, type Value } from "../../sdk/types/index.ts";
import { arrowStream } from "./arrow/stream.ts";
import type { Served } from "./feature-server.ts";
import { checkAnswer } from "./read-limits.ts";

/**
 * Evaluates every row of a request and returns the stream. Columns are named and typed as the features; the schema's
 * metadata holds, under "edgefeat", the answer's now, knownAsOf, registry, absent, errors and versions as JSON.
 * @throws request_too_large
 */
export function encodeArrow({
  plan,
  inputs,
  evaluator,
  nowUs,
  knownAsOfUs,
  registry,
}: Served): Uint8Array<ArrayBuffer> {
  const { outputs, versions } = plan;
  const values = outputs.map(() => new Array<Value | null>(inputs.rows).fill(null));
  let size = 0;
  for (let r = 0; r < inputs.rows; r++) {
    evaluator.run(r);
    for (const [i, { slot }] of outputs.entries()) {
      const value = evaluator.row[slot] as Value | null;
      (values[i] as (Value | null)[])[r] = value;
      size += sizeOf(value);
    }
    checkAnswer(size);
  }
  const facts = {
    now: formatTime(nowUs),
    knownAsOf: formatTime(knownAsOfUs),
    registry: registry.hash,
    absent: evaluator.absent,
    errors: evaluator.errors,
    versions,
  };
  const columns = outputs.map(({ reference, type }, i) => ({
    name: reference,
    type,
    values: values[i] as (Value | null)[],
  }));
  return arrowStream(columns, { edgefeat: JSON.stringify(facts) });
}
