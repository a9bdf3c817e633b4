// The event log as files: what the Worker writes and the offline side reads.
export {
  logFolder,
  type LogRecord,
  paddedUs,
  parseSegmentLine,
  parseSegmentName,
  type ReadRecord,
  segmentLine,
  segmentName,
  type SegmentName,
} from "./segment.ts";
export { APPEND_WITHIN_MS, SEAL_DELAY_US } from "./timing.ts";
