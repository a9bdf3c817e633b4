// POST /v1/rows/:view: whole rows of a stored view, or packed tiles of an aggregated one, in batches.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { AggregatedViewSpec, StoredViewSpec } from "../../sdk/registry/index.ts";
import { located } from "../../sdk/shape.ts";
import { parseTime, type Us } from "../../sdk/time.ts";
import { readShape } from "../middleware/body.ts";
import { checkPassed } from "../write/future.ts";
import { mergeIntoStore } from "../write/merge.ts";
import { type WritableView, writableView } from "../write/row-shape.ts";
import { parseStoredRows, storedMerge } from "../write/stored-rows.ts";
import { parseTileRows, tileMerge } from "../write/tile-rows.ts";
import { answerJson, type Route } from "./route.ts";

export const rowsBody = z.strictObject({
  version: z.optional(z.int().check(z.gte(1))),
  rows: z.optional(z.array(z.unknown())),
  tiles: z.optional(z.array(z.unknown())),
  /** With tiles of a view that takes pushes: every event written by then was in what they were made of. */
  sealed: z.optional(z.string()),
});

export const postRows: Route = {
  method: "POST",
  path: "/v1/rows/:view",
  access: "write",
  scope: "view",
  async handle({ request, param, act }, { config, clock, registry, store, cache }) {
    const { version = null, rows, tiles, sealed } = await readShape(rowsBody, request, config.maxBodyBytes);
    const { snapshot } = await registry.load();
    const target = writableView(snapshot, param("view"), version);
    const moment = { nowUs: clock.nowUs(), maxSkewUs: config.maxSkewUs, frozen: clock.frozen };
    const counts = isStored(target)
      ? await mergeIntoStore(
          parseStoredRows(snapshot, target, only("rows", rows, tiles, target), moment),
          storedMerge(target.spec, moment),
          { store, cache, clock },
        )
      : await mergeIntoStore(
          parseTileRows(
            snapshot,
            target as WritableView & { spec: AggregatedViewSpec },
            only("tiles", tiles, rows, target),
            moment,
          ),
          tileMerge(target.spec as AggregatedViewSpec, moment, sealed === undefined ? null : sealedAt(sealed, moment)),
          { store, cache, clock },
        );
    act.version = target.version;
    act.counts = counts;
    return answerJson({ ...counts, version: target.version });
  },
};

/** A run that has read the log further supersedes every other: none has read what is still to be written. */
function sealedAt(text: string, moment: { readonly nowUs: Us; readonly maxSkewUs: Us }): Us {
  const us = located(["sealed"], () => parseTime(text));
  checkPassed("sealed", us, { ...moment, pointer: "/sealed" });
  return Math.min(us, moment.nowUs);
}

export function isStored(target: WritableView): target is WritableView & { spec: StoredViewSpec } {
  return target.spec.kind === "stored";
}

/** Returns the rows of a request in the member that the view takes. @throws bad_request */
export function only(
  member: "rows" | "tiles",
  given: readonly unknown[] | undefined,
  other: readonly unknown[] | undefined,
  { view, spec }: WritableView,
): readonly unknown[] {
  if (given !== undefined && other === undefined) return given;
  throw new EdgefeatError("bad_request", `the ${spec.kind} view "${view}" takes "${member}"`, {
    hint: 'stored views take "rows", aggregated ones "tiles"',
  });
}
