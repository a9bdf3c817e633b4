// What people are told of a training set that was made.
import type { HistoricalReport } from "../../offline/index.ts";
import { conflictsNote } from "./materialize-log.ts";
import { counted, type Output, tableLines } from "./output.ts";

export interface Made {
  readonly file: string;
  readonly engine: string;
  readonly seconds: number;
  readonly quarantine: readonly { readonly of: string; readonly file: string; readonly rows: number }[];
  /** The views that came from an earlier run. */
  readonly resumed: readonly string[];
}

/** Prints the report: results as such, remarks and warnings as notes. */
export function tellTrainingSet(out: Output, report: HistoricalReport, made: Made): void {
  out.say(`${counted(report.rows, "row")} in ${made.file}, ${made.seconds.toFixed(1)} s with ${made.engine}`);
  out.say();
  const views = report.views.map(({ view, matched, candidates, ambiguousTies, seconds }) => [
    view,
    `found for ${counted(matched, "row")}`,
    `among ${counted(candidates, "source row")}`,
    counted(ambiguousTies, "ambiguous tie"),
    `${seconds.toFixed(2)} s`,
  ]);
  for (const line of tableLines(views, [4])) out.say(line);
  const nulls = Object.entries(report.nulls);
  const list = nulls.map(([name, n]) => `${name} ${n.toLocaleString("en-US")}`).join(", ");
  out.say(nulls.length === 0 ? "\nno nulls" : `\nnulls: ${list}`);
  for (const note of [...notes(report), ...madeNotes(made)]) out.note(note);
}

function notes(report: HistoricalReport): string[] {
  const overflows = Object.assign({}, ...report.views.map((view) => view.overflows)) as Record<string, number>;
  const each = (record: Readonly<Record<string, number>>, tell: (name: string, n: number) => string) =>
    Object.entries(record)
      .filter(([, n]) => n > 0)
      .map(([name, n]) => `warning: ${tell(name, n)}`);
  return [
    ...each(overflows, (name, n) => `${name} does not fit in 64 bits for ${counted(n, "row")} and is null there`),
    ...each(
      report.transformErrors,
      (name, n) => `${name} could not be computed for ${counted(n, "row")} and is null there`,
    ),
    ...each(
      { rows: report.roundedEntityTimes },
      (_, n) => `${counted(n, "entity time")} finer than a microsecond, rounded down`,
    ),
    ...each(
      report.roundedEventTimes,
      (name, n) => `${name}: ${counted(n, "time")} finer than a microsecond, rounded up`,
    ),
    ...(report.views.some((view) => view.ambiguousTies > 0)
      ? ["warning: source rows tie on event and created time but differ: the greatest values were taken"]
      : []),
    ...report.views.flatMap(({ view, conflicts }) => (conflicts > 0 ? [conflictsNote(view, conflicts)] : [])),
    ...Object.entries(report.reads).flatMap(([name, { files, filesSkipped, bytesSkipped }]) =>
      filesSkipped === 0
        ? []
        : [
            `${name}: read ${counted(files, "file")}, skipped ${counted(filesSkipped, "file")} (${megabytes(bytesSkipped)})`,
          ],
    ),
  ];
}

function madeNotes({ quarantine, resumed }: Made): string[] {
  return [
    ...quarantine.map(({ of, file, rows }) => `warning: ${counted(rows, "row")} of ${of} set aside in ${file}`),
    ...(resumed.length === 0 ? [] : [`joined before, by a run that was cut off: ${resumed.join(", ")}`]),
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
