// The event log of a Worker: what its binding LOG is, an R2 bucket or workerd's service of a folder.
import type { KeySpace } from "../../sdk/rows/index.ts";
import type { Random } from "../auth/index.ts";
import type { EventLog } from "./port.ts";
import { createEventLog, putToDisk, putToR2 } from "./segments.ts";

/** What can be bound as LOG. */
export type LogBinding = R2Bucket | Fetcher;

/** Returns the log behind a binding. */
export function openEventLog(binding: LogBinding, space: KeySpace, random: Random): EventLog {
  return createEventLog("fetch" in binding ? putToDisk(binding) : putToR2(binding), space, random);
}
