// The time that long work still takes, as it is told beside its stage.
import { expect, it } from "vitest";
import { timeLeft } from "../../sdk/cli/progress.ts";

it.each([
  ["nothing is known before anything is done", [[0, 0, 10]], ""],
  [
    "as fast as so far",
    [
      [0, 0, 10],
      [4000, 2, 10],
    ],
    ", about 16 s left",
  ],
  [
    "in minutes where they are many",
    [
      [0, 0, 100],
      [6000, 1, 100],
    ],
    ", about 10 min left",
  ],
  [
    "not where it is nearly done",
    [
      [0, 0, 10],
      [900, 9, 10],
    ],
    "",
  ],
  [
    "not at the end",
    [
      [0, 0, 10],
      [9000, 10, 10],
    ],
    "",
  ],
  [
    "not where the total is not known",
    [
      [0, 0, 0],
      [9000, 500, 0],
    ],
    "",
  ],
  [
    "by what this run did, where an earlier one did the rest",
    [
      [0, 5, 10],
      [4000, 6, 10],
    ],
    ", about 16 s left",
  ],
  [
    "from the start of each count",
    [
      [0, 0, 10],
      [9000, 9, 10],
      [10_000, 0, 4],
      [14_000, 1, 4],
    ],
    ", about 12 s left",
  ],
] as const)("%s", (_, updates, expected) => {
  const left = timeLeft();
  const told = updates.map(([at, done, total]) => left(at, done, total));
  expect(told.at(-1)).toBe(expected);
});
