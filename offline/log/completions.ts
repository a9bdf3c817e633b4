// The record of materializations: from when on the online store held which rows of a view (SEMANTICS 2.2, as served).
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { paddedUs } from "../../sdk/log/index.ts";
import { checkShape } from "../../sdk/shape.ts";
import { hexOf } from "../../sdk/sha256.ts";
import { formatTime, parseTime, type Us } from "../../sdk/time.ts";
import { forEach, type LogFiles } from "./port.ts";

/** A materialization of a view that was completed: of the rows with START < event time ≤ END; an aggregated view's START is null. */
export interface Completion {
  readonly view: string;
  readonly version: number;
  readonly startUs: Us | null;
  readonly endUs: Us;
  /** How far the log was read: what was written to it later was not held; null: no log was. */
  readonly sealedUs: Us | null;
  readonly completedUs: Us;
  /** True where the version began to serve with it, and caught up with the log's events after its END. */
  readonly caughtUp?: boolean;
}

/** The log's place, and the folder of a project's environment in it. */
export interface LogPlace {
  readonly files: LogFiles;
  readonly folder: string;
}

const shape = z.strictObject({
  view: z.string(),
  version: z.int(),
  start: z.nullable(z.string()),
  end: z.string(),
  sealed: z.nullable(z.string()),
  completed: z.string(),
  caughtUp: z.optional(z.boolean()),
});

const folderOf = ({ folder }: LogPlace): string => `${folder}/~materialized`;

/** Keeps the record of a materialization. */
export async function keepCompletion(
  place: LogPlace,
  { view, version, startUs, endUs, sealedUs, completedUs, caughtUp }: Completion,
  random: (bytes: number) => Uint8Array,
): Promise<void> {
  const text = (us: Us | null) => (us === null ? null : formatTime(us));
  const times = { start: text(startUs), end: formatTime(endUs), sealed: text(sealedUs) };
  const record = {
    view,
    version,
    ...times,
    completed: formatTime(completedUs),
    ...(caughtUp === true ? { caughtUp } : {}),
  };
  const name = `${paddedUs(completedUs)}-${view}-${hexOf(random(8))}.json`;
  await place.files.putNew(`${folderOf(place)}/${name}`, new TextEncoder().encode(JSON.stringify(record)));
}

/** Returns all that were kept, by view, the first completed first. @throws file_unreadable for one that was not written as such */
export async function readCompletions(place: LogPlace): Promise<Map<string, Completion[]>> {
  const { files } = place;
  const names = (await files.list(folderOf(place))).filter((name) => name.endsWith(".json") && !name.startsWith("."));
  const read = await forEach(names, async (name): Promise<Completion | null> => {
    const path = `${folderOf(place)}/${name}`;
    const bytes = await files.read(path);
    return bytes === null ? null : completionOf(bytes, `${files.name}: ${path}`);
  });
  const all = read.filter((one) => one !== null).toSorted((a, b) => a.completedUs - b.completedUs);
  return Map.groupBy(all, ({ view }) => view);
}

function completionOf(bytes: Uint8Array, name: string): Completion {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const {
      view,
      version,
      start,
      end,
      sealed,
      completed,
      caughtUp = false,
    } = checkShape(shape, json, name, "file_unreadable");
    return {
      view,
      version,
      startUs: start === null ? null : parseTime(start),
      endUs: parseTime(end),
      sealedUs: sealed === null ? null : parseTime(sealed),
      completedUs: parseTime(completed),
      ...(caughtUp ? { caughtUp } : {}),
    };
  } catch (cause) {
    if (cause instanceof EdgefeatError && cause.code === "file_unreadable") throw cause;
    throw new EdgefeatError("file_unreadable", `${name} is no record of a materialization`, {
      hint: "remove it, if what was served then does not matter",
      cause,
    });
  }
}
