import { parseJson } from "../../sdk/types/index.js";
import { jsonText } from "./events.js";
/** The column of those texts: no name that a source's column can have. */
export const PUSHES = "edgefeat pushes";
/** Returns the text of a JSON object of when the online store last took an event (µs), by view; null where it did not. */
export function viewsText(pushes) {
  return jsonText(Object.fromEntries(pushes.map(({ view, takenUs }) => [view, takenUs])));
}
/** Returns the pushes that viewsText wrote. */
export function parseViews(text) {
  return Object.entries(parseJson(text)).map(([view, takenUs]) => ({ view, takenUs }));
}
export function pushesText({ loggedUs, pushes }) {
  return `${loggedUs} ${viewsText(pushes)}`;
}
export function parsePushes(text) {
  const end = text.indexOf(" ");
  const logged = text.slice(0, end);
  return { loggedUs: logged === "null" ? null : Number(logged), pushes: parseViews(text.slice(end + 1)) };
}
