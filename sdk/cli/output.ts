// Where a command's words go: results to standard output, everything else to standard error; with --json one object.
import { encodeJson, type Encodable } from "../client/encode.ts";
import type { EdgefeatError } from "../errors.ts";
import { errorJson, errorText } from "./error-text.ts";
import { type Progress, startProgress } from "./progress.ts";

let isHeard = true;

/** Lets a command go on to its end, and to its exit code, when who reads its words has had enough of them (`| head`). */
export function outliveReader(stdout: NodeJS.WriteStream): void {
  stdout.on("error", (fault: NodeJS.ErrnoException) => {
    if (fault.code !== "EPIPE") throw fault;
    isHeard = false;
  });
}

export interface Output {
  /** False once nobody reads standard output any more: a command that only tells may end. */
  readonly isHeard: boolean;
  /** True when the answer is JSON. */
  readonly json: boolean;
  /** Prints a line of the result; with --json to standard error. */
  say(line?: string): void;
  /** Prints a remark or a warning to standard error. */
  note(line: string): void;
  /** Ends the command's answer with an object: the last line of standard output with --json, nothing otherwise. */
  result(answer: object): void;
  /** Tells an error, in both forms. */
  fail(error: EdgefeatError): void;
  /** Shows how far long work has come, on standard error. */
  progress(): Progress;
}

/** Returns the output of one run of the command line. */
export function createOutput(json: boolean, debug: boolean): Output {
  const { stdout, stderr } = process;
  return {
    json,
    get isHeard() {
      return isHeard;
    },
    say: (line = "") => void (json ? stderr : stdout).write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    result(answer) {
      if (json) stdout.write(`${encodeJson(answer as Encodable)}\n`);
    },
    fail(error) {
      stderr.write(`${errorText(error, debug)}\n`);
      if (json) stdout.write(`${encodeJson({ error: errorJson(error) } as Encodable)}\n`);
    },
    progress: () => startProgress(stderr),
  };
}

/** Returns rows of cells as lines of aligned columns; `right` lists the columns that align right. */
export function tableLines(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** Returns "1 row", "3 rows", "1,234 rows". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;
}
