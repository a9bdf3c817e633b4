// The manifest of a source's log: which Parquet files hold which hours, and which segments are in them already. Each change
// is a new file with the next number, which can't be written twice: the last one counts, whoever wrote it.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkShape } from "../../sdk/shape.ts";
import { formatTime, parseTime, type Us } from "../../sdk/time.ts";
import type { LogFiles } from "./port.ts";

const shape = z.strictObject({
  format: z.literal(1),
  /** Everything that was written at or before it is in the hours' files, but for segments that could not be read. */
  sealed: z.nullable(z.string()),
  /** By the hour's first moment. */
  hours: z.record(
    z.string(),
    z.strictObject({
      file: z.string(),
      events: z.int(),
      /** The file's length; absent in what older versions wrote. */
      bytes: z.optional(z.int()),
      /** The SHA-256 of what is in it, in hexadecimal; absent in what older versions wrote. */
      sha256: z.optional(z.string()),
      /** Events whose id another of their key and hour has; absent for none. */
      conflicts: z.optional(z.int()),
    }),
  ),
  /** Segments that are in the files: whoever still sees one leaves it out. */
  compacted: z.array(z.string()),
  /** Files that others have replaced: kept for who reads by the manifest before, until the next change. */
  replaced: z.array(z.string()),
});

type Contents = z.output<typeof shape>;

export type Hour = Contents["hours"][string];

export interface Manifest {
  /** 0: there is none yet. */
  readonly generation: number;
  readonly sealedUs: Us | null;
  readonly hours: ReadonlyMap<Us, Hour>;
  readonly compacted: ReadonlySet<string>;
  readonly replaced: readonly string[];
}

const EMPTY: Manifest = { generation: 0, sealedUs: null, hours: new Map(), compacted: new Set(), replaced: [] };
const NAME = /^manifest-(\d{10})\.json$/;

export const manifestFolder = (folder: string): string => `${folder}/manifests`;

/** Returns the number of the last manifest; 0 for none. */
export async function lastGeneration(files: LogFiles, folder: string): Promise<number> {
  const names = await files.list(manifestFolder(folder));
  return names.reduce((last, name) => Math.max(last, Number(NAME.exec(name)?.[1] ?? 0)), 0);
}

/** Returns the last manifest. @throws file_unreadable for one that none was written as */
export async function readManifest(files: LogFiles, folder: string): Promise<Manifest> {
  // One may go, when two newer ones have come, between its being listed and read.
  for (;;) {
    const generation = await lastGeneration(files, folder);
    if (generation === 0) return EMPTY;
    const path = manifestPath(folder, generation);
    const bytes = await files.read(path);
    if (bytes === null) continue;
    const { sealed, hours, compacted, replaced } = contentsOf(bytes, `${files.name}: ${path}`);
    return {
      generation,
      sealedUs: sealed === null ? null : parseTime(sealed),
      hours: new Map(Object.entries(hours).map(([hour, file]) => [parseTime(hour), file])),
      compacted: new Set(compacted),
      replaced,
    };
  }
}

/**
 * Writes a manifest. "taken": another of its number came before. "passed": later ones have come since, maybe on top of this
 * one, maybe of another of its number that has gone by now; what it names must then be left as it is.
 */
export async function writeManifest(
  files: LogFiles,
  folder: string,
  manifest: Manifest,
): Promise<"last" | "taken" | "passed"> {
  const { generation, sealedUs, hours, compacted, replaced } = manifest;
  const contents: Contents = {
    format: 1,
    sealed: sealedUs === null ? null : formatTime(sealedUs),
    hours: Object.fromEntries([...hours].map(([hour, file]) => [formatTime(hour), file])),
    compacted: [...compacted],
    replaced: [...replaced],
  };
  const bytes = new TextEncoder().encode(JSON.stringify(contents));
  if (!(await files.putNew(manifestPath(folder, generation), bytes))) return "taken";
  return (await lastGeneration(files, folder)) === generation ? "last" : "passed";
}

/** Removes the manifests that two others have replaced. */
export async function removeOldManifests(files: LogFiles, folder: string, generation: number): Promise<void> {
  for (const name of await files.list(manifestFolder(folder))) {
    const number = Number(NAME.exec(name)?.[1] ?? generation);
    if (number < generation - 1) await files.remove(`${manifestFolder(folder)}/${name}`);
  }
}

export function manifestPath(folder: string, generation: number): string {
  return `${manifestFolder(folder)}/manifest-${String(generation).padStart(10, "0")}.json`;
}

function contentsOf(bytes: Uint8Array, name: string): Contents {
  try {
    return checkShape(shape, JSON.parse(new TextDecoder().decode(bytes)), name, "file_unreadable");
  } catch (cause) {
    if (cause instanceof EdgefeatError) throw cause;
    throw new EdgefeatError("file_unreadable", `${name} is no manifest of an event log`, {
      hint: "restore it: the events of the hours that it names can't be found without it",
      cause,
    });
  }
}
