// The nearest name, held to a library's distance.
import { distance } from "fastest-levenshtein";
import fc from "fast-check";
import { expect, it } from "vitest";
import { didYouMean, editDistance, nearest } from "../../sdk/nearest.ts";

const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "_"), maxLength: 12 });

it("the distance is Levenshtein's", () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(distance(a, b));
    }),
    { numRuns: 1_000 },
  );
});

it("the nearest is the first of those with the least distance, if that is small enough", () => {
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 8 }), (name, known) => {
      const most = Math.min(Math.ceil(name.length / 3), name.length - 1);
      const least = Math.min(...known.map((each) => distance(name, each)));
      const expected = least <= most ? known.find((each) => distance(name, each) === least) : undefined;
      expect(nearest(name, known)).toBe(expected);
    }),
    { numRuns: 1_000 },
  );
});

it.each([
  ["delai", 'did you mean "delay"?'],
  ["DELAY", 'did you mean "delay"?'],
  ["zzz", 'known: "delay", "distance"'],
  ["x".repeat(4_000_000), 'known: "delay", "distance"'],
])("%#", (name, hint) => {
  expect(didYouMean(name, ["delay", "distance"])).toBe(hint);
});
