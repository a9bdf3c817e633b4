// Answers of features in the form that a request accepts: JSON, an Arrow stream, a matrix of float32.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Clock } from "../../sdk/time.ts";
import { serverTiming } from "../metrics/index.ts";
import { BoundedMap } from "../serve/bounded-map.ts";
import { encodeAnswer, encodeArrow, encodeMatrix, type Include, type Served, type Trace } from "../serve/index.ts";

export const ARROW_TYPE = "application/vnd.apache.arrow.stream";
export const MATRIX_TYPE = "application/octet-stream";

type Form = "json" | "arrow" | "matrix";

/** Returns the form to answer in: the first of ours that Accept names, JSON where it names none. */
export function acceptedForm(request: Request): Form {
  const accept = request.headers.get("accept");
  if (accept === null || accept === "*/*" || accept === "application/json") return "json";
  for (const part of accept.split(",")) {
    const type = part.split(";", 1)[0]?.trim().toLowerCase();
    if (type === ARROW_TYPE) return "arrow";
    if (type === MATRIX_TYPE) return "matrix";
    if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
  }
  return "json";
}

/** Evaluates and encodes an answer. @throws bad_request for what a form can't include; type_mismatch for what a matrix can't hold */
export function answerOf(
  served: Served,
  { request, include, trace, clock }: { request: Request; include: readonly Include[]; trace: Trace; clock: Clock },
): Response {
  const form = acceptedForm(request);
  const fromMs = clock.elapsedMs();
  const transformedMs = trace.stagesMs.transform;
  if (form !== "json") refuseIncluded(include, form);
  const { body, headers } = encoded(served, include, form);
  // Rows are computed while they are encoded: the parts are told apart.
  trace.stagesMs.encode += clock.elapsedMs() - fromMs - (trace.stagesMs.transform - transformedMs);
  const timing = serverTiming(trace);
  if (form === "json") return new Response(body, jsonInit(timing));
  return new Response(body, { headers: { ...headers, "cache-control": "no-store", "server-timing": timing } });
}

const knownInits = new BoundedMap<ResponseInit>(100);

/**
 * Returns what a JSON answer begins with. Made once a timing: in workerd a Response with headers of its own takes 10 µs,
 * with ones that exist 5; and a Worker's clock counts whole milliseconds, so that most timings are the same.
 */
function jsonInit(timing: string): ResponseInit {
  const known = knownInits.get(timing);
  if (known !== undefined) return known;
  const headers = { "content-type": "application/json", "cache-control": "no-store", "server-timing": timing };
  const init = { headers: new Headers(headers) };
  knownInits.set(timing, init);
  return init;
}

function encoded(served: Served, include: readonly Include[], form: Form) {
  if (form === "json") return { body: encodeAnswer(served, include), headers: { "content-type": "application/json" } };
  if (form === "arrow") return { body: encodeArrow(served), headers: { "content-type": ARROW_TYPE } };
  const { bytes, headers } = encodeMatrix(served);
  return { body: bytes, headers: { ...headers, "content-type": MATRIX_TYPE } };
}

function refuseIncluded(include: readonly Include[], form: Form): void {
  const index = include.findIndex((name) => form === "matrix" || name !== "versions");
  if (index < 0) return;
  throw new EdgefeatError("bad_request", `an answer as ${form} can't include ${include[index]}`, {
    hint: "ask for JSON (Accept: application/json) to have it beside the values",
    pointer: `/include/${index}`,
  });
}
