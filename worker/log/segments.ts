// The event log as segments: one object a call and source, wherever objects are kept; R2, or workerd's disk service.
import { EdgefeatError } from "../../sdk/errors.ts";
import { logFolder, segmentLine, segmentName } from "../../sdk/log/index.ts";
import type { KeySpace } from "../../sdk/rows/index.ts";
import { hexOf } from "../../sdk/sha256.ts";
import type { Random } from "../auth/index.ts";
import type { EventLog } from "./port.ts";

/** Keeps one object, whole or not at all; rejects when it can't. */
export type PutObject = (path: string, text: string) => Promise<void>;

/** Returns the log of a project over what keeps objects. */
export function createEventLog(put: PutObject, space: KeySpace, random: Random): EventLog {
  return {
    async append(records) {
      const puts = [...Map.groupBy(records, (record) => record.source)].map(([source, own]) => {
        const writtenAtUs = own.reduce((most, record) => Math.max(most, record.writtenAtUs), -Infinity);
        const name = segmentName({ writtenAtUs, records: own.length }, hexOf(random(8)));
        return put(`${logFolder(space)}/${source}/segments/${name}`, own.map(segmentLine).join(""));
      });
      // All of them, so that nothing goes on after this has failed.
      const failed = (await Promise.allSettled(puts)).find((one) => one.status === "rejected");
      if (failed === undefined) return;
      throw new EdgefeatError("log_unavailable", "the event log did not take the events", {
        hint: "push them again: an event that was taken counts once",
        cause: failed.reason,
      });
    },
  };
}

/** Returns how objects are put into an R2 bucket: one is durable when its `put` resolves. */
export function putToR2(bucket: R2Bucket): PutObject {
  return async (path, text) => void (await bucket.put(path, text));
}

/** Returns how objects are put on disk by workerd's service of a folder, which makes folders and renames a whole file into its place. */
export function putToDisk(folder: Fetcher): PutObject {
  return async (path, text) => {
    // The name of the host does not matter.
    const { status } = await folder.fetch(`http://log/${path}`, { method: "PUT", body: text });
    if (status !== 204) throw new Error(`the folder of the event log answers ${status}`);
  };
}
