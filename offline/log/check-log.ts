// A log looked over without reading it: whether the files of its hours are there, and as long as they were written.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { hourError, lengthFault } from "./hour-faults.ts";
import { lastGeneration } from "./manifest.ts";
import { listLog, type ListedLog, type SourceLog } from "./read-log.ts";

/**
 * Returns what listLog does, and the errors of the hours whose files are missing or have another length, in the order of the
 * manifest. No file is opened: one that was changed and kept its length is an error where it is read.
 */
export async function checkLog(log: SourceLog): Promise<ListedLog & { readonly unreadable: EdgefeatError[] }> {
  const { files, folder } = log;
  for (;;) {
    const listed = await listLog(log);
    const { manifest } = listed;
    const sizes = await files.sizes(`${folder}/hours`);
    // What this manifest names goes only once others stand.
    if ((await lastGeneration(files, folder)) !== manifest.generation) continue;
    const unreadable = [...manifest.hours].flatMap(([hour, entry]) => {
      const reason = lengthFault(entry, sizes.get(entry.file) ?? null);
      return reason === null ? [] : [hourError(log, manifest, hour, reason)];
    });
    return { ...listed, unreadable };
  }
}
