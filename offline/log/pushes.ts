// What became of each event of the log, as the text that goes with its row where a join asks what was served.
import type { Us } from "../../sdk/time.ts";
import { parseJson } from "../../sdk/types/index.ts";
import { jsonText, type ViewPush } from "./events.ts";

/** The column of those texts: no name that a source's column can have. */
export const PUSHES = "edgefeat pushes";

export interface RowPushes {
  /** When the event came into the log; null for one that the source has too. */
  readonly loggedUs: Us | null;
  /** When the log took an event that the source has too. */
  readonly alsoLoggedUs?: Us;
  readonly pushes: readonly ViewPush[];
}

/** Returns the text of a JSON object of when the online store last took an event (µs), by view; null where it did not, false where it refused it. */
export function viewsText(pushes: readonly ViewPush[]): string {
  return jsonText(Object.fromEntries(pushes.map(({ view, takenUs, refused }) => [view, refused ? false : takenUs])));
}

/** Returns the pushes that viewsText wrote. */
export function parseViews(text: string): ViewPush[] {
  return Object.entries(parseJson(text) as Record<string, Us | null | false>).map(([view, takenUs]) =>
    takenUs === false ? { view, takenUs: null, refused: true } : { view, takenUs },
  );
}

export function pushesText({ loggedUs, alsoLoggedUs, pushes }: RowPushes): string {
  const logged = loggedUs === null && alsoLoggedUs !== undefined ? `also${alsoLoggedUs}` : loggedUs;
  return `${logged} ${viewsText(pushes)}`;
}

export function parsePushes(text: string): RowPushes {
  const end = text.indexOf(" ");
  const logged = text.slice(0, end);
  const pushes = parseViews(text.slice(end + 1));
  if (logged.startsWith("also")) return { loggedUs: null, alsoLoggedUs: Number(logged.slice("also".length)), pushes };
  return { loggedUs: logged === "null" ? null : Number(logged), pushes };
}
