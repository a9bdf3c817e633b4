// The event log, read and compacted; Node's folders among its places.
export { checkLog } from "./check-log.ts";
export { compactLog, conflictsOf, type CompactOptions, type CompactReport } from "./compact.ts";
export { type Completion, keepCompletion, readCompletions } from "./completions.ts";
export type { LogEvent } from "./events.ts";
export { folderLog } from "./folder.ts";
export type { LogFiles } from "./port.ts";
export { listLog, type LogReadReport, type SourceLog } from "./read-log.ts";
export { s3Log } from "./s3.ts";
export { servedTimes } from "./served.ts";
export { readTold } from "./told.ts";
export type { LogFault } from "./segments.ts";
export { withLog, type WithLogOptions } from "./with-log.ts";
