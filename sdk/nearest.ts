// The nearest known name to a mistyped one, for hints.
import { distance } from "fastest-levenshtein";

/** Returns the known name closest to `name`, or undefined when none is close enough to be a likely typo. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(Math.ceil(name.length / 3), name.length - 1) + 1;
  for (const candidate of known) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** Returns a hint that names the nearest known name, or else lists the first few there are. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const names = [...known];
  const close = nearest(name, names);
  if (close !== undefined) return `did you mean "${close}"?`;
  if (names.length === 0) return "there are none yet";
  const shown = names.slice(0, 8).map((n) => `"${n}"`);
  return `known: ${shown.join(", ")}${names.length > shown.length ? `, and ${names.length - shown.length} more` : ""}`;
}
