// Dates of timestamps: UTC, proleptic Gregorian, over all 64 bits (SEMANTICS 1.1, 5.2).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { civilDate, dayNumber, isoWeekday, microsecondOfDay } from "../../../sdk/expressions/calendar.ts";

const DAY = 86_400_000_000n;

function parts(us: bigint) {
  const days = dayNumber(us);
  const sinceMidnight = microsecondOfDay(us);
  return { ...civilDate(days), weekday: isoWeekday(days), sinceMidnight, days };
}

describe("calendar", () => {
  it("agrees with Date over all the moments that Date knows", () => {
    const range = 8_640_000_000_000_000n * 1000n;
    fc.assert(
      fc.property(fc.bigInt({ min: -range, max: range }), (us) => {
        const ms = us >= 0n ? us / 1000n : -((-us + 999n) / 1000n);
        const date = new Date(Number(ms));
        expect(parts(us)).toMatchObject({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
          weekday: date.getUTCDay() === 0 ? 7 : date.getUTCDay(),
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("splits every 64-bit moment into a day and the time since its midnight", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (us) => {
        const { days, sinceMidnight } = parts(us);
        expect(BigInt(days) * DAY + BigInt(sinceMidnight)).toBe(us);
        expect(sinceMidnight).toBeGreaterThanOrEqual(0);
        expect(sinceMidnight).toBeLessThan(Number(DAY));
      }),
    );
  });

  it.each([
    [-(2n ** 63n), -290_308, 12, 21],
    [2n ** 63n - 1n, 294_247, 1, 10],
    [-1n, 1969, 12, 31],
    [0n, 1970, 1, 1],
    [-62_135_596_800_000_001n, 0, 12, 31],
    [951_782_400_000_000n, 2000, 2, 29],
    [-2_203_891_200_000_000n, 1900, 3, 1],
    [-2_203_891_200_000_001n, 1900, 2, 28],
  ])("%d is %d-%d-%d", (us, year, month, day) => {
    expect(parts(us)).toMatchObject({ year, month, day });
  });
});
