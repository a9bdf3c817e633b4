// Segments read: every line that is an event, and an account of what is none.
import { EdgefeatError } from "../../sdk/errors.ts";
import { parseSegmentLine, parseSegmentName, type ReadRecord } from "../../sdk/log/index.ts";
import type { Us } from "../../sdk/time.ts";

/** A file of the log, or a line of one, that was not written as one. */
export interface LogFault {
  readonly file: string;
  /** From 1; null: the file as a whole. */
  readonly line: number | null;
  readonly reason: string;
}

export interface Segment {
  readonly name: string;
  readonly writtenAtUs: Us;
  readonly records: number;
}

export const segmentFolder = (folder: string): string => `${folder}/segments`;

/** Returns the segments of a folder's names, the first written first, and the files that are none. */
export function segmentsOf(names: readonly string[]): { segments: Segment[]; faults: LogFault[] } {
  const segments: Segment[] = [];
  const faults: LogFault[] = [];
  for (const name of names) {
    const told = parseSegmentName(name);
    if (told !== null) segments.push({ name, ...told });
    // Names with a dot first are those of files that are being written.
    else if (!name.startsWith(".")) faults.push({ file: name, line: null, reason: "it is no segment, by its name" });
  }
  return { segments: segments.toSorted((a, b) => a.writtenAtUs - b.writtenAtUs || (a.name < b.name ? -1 : 1)), faults };
}

/** Returns the records of a segment's bytes, and what in it is none. */
export function readSegment(
  { name, records: told }: Segment,
  bytes: Uint8Array,
): { records: ReadRecord[]; faults: LogFault[] } {
  const records: ReadRecord[] = [];
  const faults: LogFault[] = [];
  const text = textOf(bytes);
  if (text === null) return { records, faults: [{ file: name, line: null, reason: "it is not in UTF-8" }] };
  const lines = text.split("\n");
  const isTorn = lines.pop() !== "";
  if (isTorn) faults.push({ file: name, line: lines.length + 1, reason: "the line is cut off" });
  for (const [i, line] of lines.entries()) {
    try {
      records.push(parseSegmentLine(line));
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      faults.push({ file: name, line: i + 1, reason: fault.message });
    }
  }
  if (lines.length + Number(isTorn) !== told) {
    faults.push({
      file: name,
      line: null,
      reason: `it has ${lines.length + Number(isTorn)} lines of ${told}`,
    });
  }
  return { records, faults };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
