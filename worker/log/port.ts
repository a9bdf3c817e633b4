// The port of the event log: where pushed events go before the online store takes them, for the offline side to read.
import type { LogRecord } from "../../sdk/log/index.ts";

export type { LogRecord };

export interface EventLog {
  /** Resolves when the offline side can read all the records. @throws log_unavailable; some of them may be kept */
  append(records: readonly LogRecord[]): Promise<void>;
}
