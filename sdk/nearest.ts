// The nearest known name to a mistyped one, for hints.

/** Returns the known name closest to `name`, or undefined when none is close enough to be a likely typo. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(Math.ceil(name.length / 3), name.length - 1) + 1;
  for (const candidate of known) {
    // No fewer letters are to change than one name has more than the other: so a name of megabytes costs nothing.
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const d = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** Returns how many letters are to be put in, left out or replaced to make one text of another (Levenshtein's distance). */
export function editDistance(a: string, b: string): number {
  // By the length of b's beginning, for one beginning of a after another.
  const row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let before = i - 1;
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j] as number;
      const replaced = before + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(above + 1, (row[j - 1] as number) + 1, replaced);
      before = above;
    }
  }
  return row[b.length] as number;
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
