// Pushes a file: its rows are sent as events of the view's source, and what was refused is told by its row.
import type { PushAnswer, PushOptions } from "../client/index.ts";
import { type Context, ToldFailure } from "./command.ts";
import { appliedRegistry, connect } from "./connection.ts";
import { loadConfig } from "./load/config.ts";
import { counted } from "./output.ts";
import { type FileEvent, pushSource, readEvents, type RefusedRow } from "./push-events.ts";

/** How many of the events that were refused are shown. */
const SHOWN = 10;

/** Pushes a file and reports. @throws ToldFailure where any event was refused, when the others are taken */
export async function pushFile(
  { repo, env, out, signal }: Context,
  view: string,
  file: string,
  to: PushOptions["to"],
): Promise<void> {
  const loaded = await loadConfig(repo);
  const connection = await connect(loaded, env);
  const { snapshot } = await appliedRegistry(connection, loaded);
  const source = pushSource(snapshot, view);
  const progress = out.progress();
  const started = performance.now();
  try {
    progress.update(`reading ${file}`, 0, 0);
    const { events, refused } = await readEvents(file, source);
    const answer = await connection.client.push(
      view,
      events.map(({ event }) => event),
      {
        signal,
        timeoutMs: 60_000,
        onProgress: (done) => progress.update(`pushing to ${view}`, done, events.length),
        ...(to === undefined ? {} : { to }),
      },
    );
    progress.stop();
    const seconds = (performance.now() - started) / 1000;
    const rejected = [...refused, ...answer.rejected.map((one) => byRow(one, events))].toSorted(
      (a, b) => a.row - b.row,
    );
    const rows = events.length + refused.length;
    const n = (count: number) => count.toLocaleString("en-US");
    const parts = [
      `${n(answer.accepted)} accepted`,
      ...(answer.duplicate > 0 ? [`${n(answer.duplicate)} there before`] : []),
      ...(answer.deferred > 0 ? [`${n(answer.deferred)} deferred${answer.logged ? ", in the log" : ""}`] : []),
      ...(rejected.length > 0 ? [`${n(rejected.length)} refused`] : []),
    ];
    out.say(`${view}: ${counted(rows, "event")}, ${parts.join(", ")}, ${seconds.toFixed(1)} s`);
    for (const { row, code, message } of rejected.slice(0, SHOWN)) out.note(`row ${row}: ${code}: ${message}`);
    if (rejected.length > SHOWN) out.note(`… and ${counted(rejected.length - SHOWN, "row")} more`);
    const { accepted, duplicate, deferred, logged, missed = [] } = answer;
    for (const { version, events: some, message } of missed)
      out.note(`warning: ${view}@${version} can't take ${counted(some, "event")}: ${message}`);
    out.result({ view, events: rows, accepted, duplicate, deferred, rejected, logged, missed, seconds });
    if (rejected.length > 0) throw new ToldFailure();
  } finally {
    progress.stop();
  }
}

/** A request names an event by its place in the request, which is no place in the file. */
function byRow({ index, code, message }: PushAnswer["rejected"][number], events: readonly FileEvent[]): RefusedRow {
  return { row: events[index]?.row ?? index + 1, code, message: message.replace(/^events\[\d+\](?:\.|: )/, "") };
}
