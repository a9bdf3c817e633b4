// PUT /v1/rows/:view: rows in place of others that are wrong, each only while it is the one that the sender saw.
import * as z from "zod/mini";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { located } from "../../sdk/shape.ts";
import { parseTime } from "../../sdk/time.ts";
import { readShape } from "../middleware/body.ts";
import { mergeIntoStore } from "../write/merge.ts";
import { parseReplacements, storedReplacer, tileReplacer } from "../write/replace.ts";
import { type WritableView, writableView } from "../write/row-shape.ts";
import { parseStoredRows } from "../write/stored-rows.ts";
import { parseTileRows } from "../write/tile-rows.ts";
import { answerJson, type Route } from "./route.ts";
import { isStored, only } from "./rows.ts";

export const replaceBody = z.strictObject({
  version: z.optional(z.int().check(z.gte(1))),
  /** What the new rows hold everything up to; what is pending beyond it stays. */
  until: z.string(),
  rows: z.optional(z.array(z.unknown())),
  tiles: z.optional(z.array(z.unknown())),
});

export const putRows: Route = {
  method: "PUT",
  path: "/v1/rows/:view",
  access: "admin",
  scope: "view",
  async handle({ request, param, act }, { config, clock, registry, store, cache }) {
    const { version = null, until, rows, tiles } = await readShape(replaceBody, request, config.maxBodyBytes);
    const untilUs = located(["until"], () => parseTime(until));
    const { snapshot } = await registry.load();
    const target = writableView(snapshot, param("view"), version);
    const moment = { nowUs: clock.nowUs(), maxSkewUs: config.maxSkewUs, frozen: clock.frozen };
    const parts = { store, cache, clock };
    let counts;
    if (isStored(target)) {
      const items = only("rows", rows, tiles, target);
      const parse = (some: readonly unknown[]) => parseStoredRows(snapshot, target, some, moment);
      const incoming = parseReplacements(snapshot, target, items, ["rows", "values"], parse);
      counts = await mergeIntoStore(incoming, storedReplacer(target.spec, moment, untilUs), parts);
    } else {
      const windows = target as WritableView & { spec: AggregatedViewSpec };
      const items = only("tiles", tiles, rows, target);
      const parse = (some: readonly unknown[]) => parseTileRows(snapshot, windows, some, moment);
      const incoming = parseReplacements(snapshot, target, items, ["tiles", "packed"], parse);
      counts = await mergeIntoStore(incoming, tileReplacer(windows.spec, moment, untilUs), parts);
    }
    act.version = target.version;
    act.counts = counts;
    return answerJson({ ...counts, version: target.version });
  },
};
