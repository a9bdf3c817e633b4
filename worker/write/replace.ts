// Rows in place of others, right or wrong: what a reconciliation mends rows with, where merging can't undo a wrong one.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { AggregatedViewSpec, Snapshot, StoredViewSpec } from "../../sdk/registry/index.ts";
import {
  coarsestHopUs,
  packTileRow,
  type StoredRow,
  type TileRow,
  unpackStoredRows,
  unpackTileRow,
} from "../../sdk/rows/index.ts";
import { sha256Hex } from "../../sdk/sha256.ts";
import { pointerOf } from "../../sdk/shape.ts";
import { floorTo, type Us } from "../../sdk/time.ts";
import { parseTypeName } from "../../sdk/types/index.ts";
import { NO_BOUNDARY, tileLayout } from "../../sdk/windows/index.ts";
import { compressText } from "../store/compressed-text.ts";
import type { Merged } from "./merge.ts";
import { keyReader, objectOf, type WritableView } from "./row-shape.ts";
import { readable, storedMerge, type WriteMoment } from "./stored-rows.ts";
import { tileExpiry } from "./tile-rows.ts";

/** One key's row to be. */
export interface Replacement<R> {
  /** null: none. */
  readonly row: R | null;
  /** Of the row that it replaces, null for none; another is left as it is. */
  readonly revision: string | null;
}

/** Returns what tells one text of a row from another. */
export function revisionOf(text: string): string {
  return sha256Hex(text).slice(0, 32);
}

/**
 * Returns the replacements of a request by store key; `parse` reads the rows. In `content` an item says what its row is.
 * @throws bad_request; as `parse`
 */
export function parseReplacements<R>(
  snapshot: Snapshot,
  target: WritableView,
  items: readonly unknown[],
  [member, content]: readonly ["rows", "values"] | readonly ["tiles", "packed"],
  parse: (rows: readonly unknown[]) => ReadonlyMap<string, readonly R[]>,
): Map<string, Replacement<R>[]> {
  const key = keyReader(snapshot, target);
  const given = items.map((json, i) => {
    const path = [member, i];
    const { revision, ...item } = objectOf(json, path);
    if (revision !== null && typeof revision !== "string") {
      throw new EdgefeatError(
        "bad_request",
        `${member}[${i}]: expected the revision of the row that is replaced, or null`,
        {
          pointer: pointerOf(path),
        },
      );
    }
    return { at: key(item["entities"], [...path, "entities"]), revision, item };
  });
  const rows = parse(given.filter(({ item }) => item[content] !== null).map(({ item }) => item));
  return new Map(given.map(({ at, revision }) => [at, [{ row: rows.get(at)?.[0] ?? null, revision }]]));
}

/** Returns how a stored view's row takes the place of what is stored; rows later than `untilUs` are pending, and stay. */
export function storedReplacer(spec: StoredViewSpec, moment: WriteMoment, untilUs: Us) {
  const types = spec.features.map(({ type }) => parseTypeName(type));
  const merge = storedMerge(spec, moment);
  return replacer<StoredRow>((text, row) => {
    const stored = readable(text, (packed) => unpackStoredRows(types, packed)) ?? [];
    const later = stored.filter(({ eventTimeUs }) => eventTimeUs !== null && eventTimeUs > untilUs);
    return merge(null, row === null ? later : [...later, row]).write;
  });
}

/**
 * Returns how tiles take the place of what is stored; events later than `untilUs` are pending, and stay. Which events the new
 * tiles hold is not known one by one: its companion no longer being the row's, only later events than all of them still count.
 */
export function tileReplacer(spec: AggregatedViewSpec, { nowUs, frozen }: WriteMoment, untilUs: Us) {
  const layout = tileLayout(spec);
  const hopUs = coarsestHopUs(layout);
  return replacer<TileRow>((text, row) => {
    const push = readable(text, (packed) => unpackTileRow(layout, packed))?.push;
    const pending = push?.pending.filter(({ eventTimeUs }) => eventTimeUs > untilUs) ?? [];
    if (row === null && pending.length === 0) return undefined;
    const { newestEventUs, boundaryUs, groups } = row ?? NOTHING;
    const pushed = groups.flatMap((tiles) =>
      tiles.filter(({ startUs }) => startUs >= boundaryUs && startUs !== NO_BOUNDARY),
    );
    const starts = new Set(pushed.map(({ startUs }) => floorTo(startUs, hopUs)));
    const stamps = [...starts].sort((a, b) => a - b).map((startUs) => ({ startUs, writtenAtUs: nowUs }));
    const standing: TileRow = {
      newestEventUs,
      writtenAtUs: nowUs,
      boundaryUs,
      groups,
      ...(spec.push === true
        ? {
            push: {
              counter: Math.max(nowUs, push?.counter ?? 0) + 1,
              sealedUs: push?.sealedUs ?? null,
              stamps,
              pending,
            },
          }
        : {}),
    };
    const newestUs = pending.reduce((most, { eventTimeUs }) => Math.max(most, eventTimeUs), newestEventUs);
    const expireInMs = frozen ? null : tileExpiry(layout, newestUs, nowUs);
    if (expireInMs !== null && expireInMs <= 0) return undefined;
    return { value: compressText(packTileRow(layout, standing)), expireInMs };
  });
}

const NOTHING: TileRow = { newestEventUs: NO_BOUNDARY, writtenAtUs: 0, boundaryUs: NO_BOUNDARY, groups: [] };

/** Returns a merge that writes what `make` makes, or takes the row away where that is nothing; only of the revision that was seen. */
function replacer<R>(make: (text: string | null, row: R | null) => Merged["write"] | undefined) {
  return (text: string | null, [replacement]: readonly Replacement<R>[]): Merged => {
    const { row, revision } = replacement as Replacement<R>;
    if ((text === null ? null : revisionOf(text)) !== revision) return { outcomes: ["superseded"] };
    const write = make(text, row);
    if (write !== undefined) return { write, outcomes: ["written"] };
    return text === null
      ? { outcomes: ["unchanged"] }
      : { write: { value: text, expireInMs: 0 }, outcomes: ["written"] };
  };
}
