// The companion of a row of tiles: how many ids it remembers, and that a store can hold them whatever they are made of.
import { expect, it } from "vitest";
import { packSeen, prunedSeen, type SeenEvent, unpackSeen } from "../../../worker/push/seen.ts";
import { MAX_ROW_BYTES } from "../../../worker/store/index.ts";

const EVENTS = 25_000;

it.each([
  ["plain ids", "flight-", 12],
  ["long ids", "f", 500],
  ["ids beyond ASCII", "航", 500],
  ["ids of control characters", "\u0001", 500],
  ["ids of quotes", '"\\', 250],
])("%s: the latest that a row holds, and no id up to the floor counts again", (_, part, times) => {
  const events = new Map<string, SeenEvent>(
    Array.from({ length: EVENTS }, (_, i) => [
      `${part.repeat(times)}${i}`,
      { eventTimeUs: i, hash: 2 ** 53 - 1, logged: true },
    ]),
  );
  const seen = { counter: 7, ...prunedSeen(events, -1, 0) };
  const text = packSeen(seen);
  expect(Buffer.byteLength(text)).toBeLessThan(0.9 * MAX_ROW_BYTES);
  const kept = [...(unpackSeen(text)?.events ?? [])];
  expect(kept.length).toBeGreaterThan(300);
  expect(Math.min(...kept.map(([, { eventTimeUs }]) => eventTimeUs))).toBe(seen.floorUs + 1);
  expect(kept.length).toBe(EVENTS - seen.floorUs - 1);
});
