// What became of each event of the log, as the text that goes with its row where a join asks what was served.
import type { Us } from "../../sdk/time.ts";
import { parseJson } from "../../sdk/types/index.ts";
import { jsonText, type ViewPush } from "./events.ts";

/** The column of those texts: no name that a source's column can have. */
export const PUSHES = "edgefeat pushes";

export interface RowPushes {
  /** When the event came into the log; null for one that the source has too. */
  readonly loggedUs: Us | null;
  readonly pushes: readonly ViewPush[];
}

/** Returns the text of a JSON object of when the online store last took an event (µs), by view; null where it did not. */
export function viewsText(pushes: readonly ViewPush[]): string {
  return jsonText(Object.fromEntries(pushes.map(({ view, takenUs }) => [view, takenUs])));
}

/** Returns the pushes that viewsText wrote. */
export function parseViews(text: string): ViewPush[] {
  return Object.entries(parseJson(text) as Record<string, Us | null>).map(([view, takenUs]) => ({ view, takenUs }));
}

export function pushesText({ loggedUs, pushes }: RowPushes): string {
  return `${loggedUs} ${viewsText(pushes)}`;
}

export function parsePushes(text: string): RowPushes {
  const end = text.indexOf(" ");
  const logged = text.slice(0, end);
  return { loggedUs: logged === "null" ? null : Number(logged), pushes: parseViews(text.slice(end + 1)) };
}
