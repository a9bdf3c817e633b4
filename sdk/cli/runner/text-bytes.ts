// Texts as long as a job's record has room for, which counts them as JSON in UTF-8.

/** Returns as much of the beginning of a text as `most` bytes of JSON hold, its quotes not counted. */
export function cutToBytes(text: string, most: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(JSON.stringify(character)) - 2;
    if (bytes > most) break;
    end += character.length;
  }
  return text.slice(0, end);
}
