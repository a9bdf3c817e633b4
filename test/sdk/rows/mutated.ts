// Texts with something wrong: cut, doubled, a character changed, or a value of the JSON replaced by another.
import fc from "fast-check";

const replacements: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  "",
  "x",
  "NaN",
  "1",
  [],
  [null],
  [[[]]],
  {},
  { length: 3 },
];

/** Returns texts damaged in one place. */
export function mutated(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const characters = fc.constantFrom(...'0123456789-+.eE,[]{}":nultrue\\ x\u0000é');
  return fc.oneof(
    fc.tuple(texts, place, fc.nat(3), characters).map(([text, at, length, by]) => {
      const i = Math.floor(at * text.length);
      return text.slice(0, i) + by + text.slice(i + length);
    }),
    fc.tuple(texts, place).map(([text, at]) => text.slice(0, Math.floor(at * text.length))),
    fc.tuple(texts, place, fc.constantFrom(...replacements)).map(([text, at, by]) => {
      const json: unknown = JSON.parse(text);
      const places = placesIn(json);
      const { holder, index } = places[Math.floor(at * places.length)] as (typeof places)[number];
      holder[index] = by;
      return JSON.stringify(json);
    }),
    fc.tuple(texts, place, fc.boolean()).map(([text, at, twice]) => {
      const json: unknown = JSON.parse(text);
      const places = placesIn(json);
      const { holder, index } = places[Math.floor(at * places.length)] as (typeof places)[number];
      holder.splice(index, twice ? 0 : 1, ...(twice ? [holder[index]] : []));
      return JSON.stringify(json);
    }),
  );
}

/** Returns where every element of a JSON of arrays is. */
function placesIn(json: unknown): { holder: unknown[]; index: number }[] {
  if (!Array.isArray(json)) return [];
  const holder = json as unknown[];
  return holder.flatMap((element, index) => [{ holder, index }, ...placesIn(element)]);
}
