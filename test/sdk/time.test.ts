// Times and durations as texts: SEMANTICS 1.1 and 1.2, over all that 64-bit microseconds can say.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  floorTo,
  formatDuration,
  formatTime,
  parseDuration,
  parseTime,
  parseTimeExact,
  safeUs,
} from "../../sdk/time.ts";
import { faultOf } from "../support/faults.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const int64s = fc.oneof(
  fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
  // Where a Date works and years have four digits, which a draw over all of int64 would rarely hit.
  fc.bigInt({ min: -62_167_219_200_000_000n, max: 253_402_300_799_999_999n }),
  fc.bigInt({ min: -5_000_000n, max: 5_000_000n }),
);

describe("1.1 a time is a count of microseconds since the epoch, UTC", () => {
  it.each([
    ["1970-01-01T00:00:00Z", 0n],
    ["1970-01-01T00:00:00.000001Z", 1n],
    ["1969-12-31T23:59:59.999999Z", -1n],
    ["2001-03-31T00:00:00Z", 985_996_800_000_000n],
    ["2001-03-31t00:00:00z", 985_996_800_000_000n],
    ["2001-03-31 00:00:00Z", 985_996_800_000_000n],
    ["  2001-03-31T00:00:00Z\n", 985_996_800_000_000n],
    ["2001-03-31T00:00:00.5Z", 985_996_800_500_000n],
    ["2001-03-31T00:00:00.123456Z", 985_996_800_123_456n],
    ["2001-03-31T02:00:00+02:00", 985_996_800_000_000n],
    ["2001-03-30T20:30:00-03:30", 985_996_800_000_000n],
    ["2001-03-31T00:00:00-00:00", 985_996_800_000_000n],
    ["2001-03-31T23:59:00+23:59", 985_996_800_000_000n],
    ["1969-12-31T23:59:59.5-00:00", -500_000n],
    ["2000-02-29T00:00:00Z", 951_782_400_000_000n],
    ["0000-01-01T00:00:00Z", -62_167_219_200_000_000n],
    ["0000-02-29T00:00:00Z", -62_162_121_600_000_000n],
    ["0001-01-01T00:00:00Z", -62_135_596_800_000_000n],
    ["0096-02-29T12:00:00Z", -59_132_548_800_000_000n],
    ["9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999n],
    ["+010000-01-01T00:00:00Z", 253_402_300_800_000_000n],
    ["-000001-12-31T23:59:59Z", -62_167_219_201_000_000n],
    ["+294247-01-10T04:00:54.775807Z", INT64_MAX],
    ["-290308-12-21T19:59:05.224192Z", INT64_MIN],
  ])("%s is %s", (text, us) => {
    expect(parseTimeExact(text)).toBe(us);
  });

  it.each([
    [0, "1970-01-01T00:00:00Z"],
    [-1, "1969-12-31T23:59:59.999999Z"],
    [1000, "1970-01-01T00:00:00.001Z"],
    [120_000, "1970-01-01T00:00:00.120Z"],
    [1_001, "1970-01-01T00:00:00.001001Z"],
    [-1_000_000, "1969-12-31T23:59:59Z"],
    [985_996_800_000_000, "2001-03-31T00:00:00Z"],
    [-62_167_219_200_000_000n, "0000-01-01T00:00:00Z"],
    [-62_167_219_200_000_001n, "-000001-12-31T23:59:59.999999Z"],
    [253_402_300_799_999_999n, "9999-12-31T23:59:59.999999Z"],
    [253_402_300_800_000_000n, "+010000-01-01T00:00:00Z"],
    [INT64_MAX, "+294247-01-10T04:00:54.775807Z"],
    [INT64_MIN, "-290308-12-21T19:59:05.224192Z"],
  ])("%s is written %s", (us, text) => {
    expect(formatTime(us)).toBe(text);
  });

  it("what is written is read back: all of int64", () => {
    fc.assert(
      fc.property(int64s, (us) => {
        expect(parseTimeExact(formatTime(us))).toBe(us);
      }),
      { numRuns: 3000 },
    );
  });

  it("a Date says the same where it reaches", () => {
    const ms = fc.integer({ min: -8.64e15, max: 8.64e15 });
    fc.assert(
      fc.property(ms, (at) => {
        // toISOString always has three digits, formatTime none where they are 0.
        const iso = new Date(at).toISOString().replace(".000Z", "Z");
        expect(formatTime(BigInt(at) * 1000n)).toBe(iso);
        expect(parseTimeExact(iso)).toBe(BigInt(at) * 1000n);
      }),
    );
  });

  it("an offset moves the text, not the moment", () => {
    const offset = fc.integer({ min: -(24 * 60 - 1), max: 24 * 60 - 1 });
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 58n), max: 2n ** 57n }), offset, (us, minutes) => {
        const local = formatTime(us + BigInt(minutes) * 60_000_000n).slice(0, -1);
        const two = (n: number) => String(n).padStart(2, "0");
        const size = Math.abs(minutes);
        const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        expect(parseTimeExact(local + zone)).toBe(us);
      }),
    );
  });

  it.each([
    "",
    "now",
    "2001-03-31",
    "2001-03-31Z",
    "2001-03-31T00:00Z",
    "2001-3-31T00:00:00Z",
    "20010331T000000Z",
    "2001-03-31T00:00:00.Z",
    "2001-03-31T00:00:00,5Z",
    "2001-03-31T00:00:00+0200",
    "2001-03-31T00:00:00+02",
    "2001-03-31T00:00:00 UTC",
    "2001-03-31T00:00:00Z and more",
    "12001-03-31T00:00:00Z",
    "985996800",
  ])("%j is no time", (text) => {
    expect(faultOf(() => parseTimeExact(text)).code).toBe("bad_time");
  });

  it.each([
    "2001-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2000-02-30T00:00:00Z",
    "2001-04-31T00:00:00Z",
    "2001-00-10T00:00:00Z",
    "2001-13-01T00:00:00Z",
    "2001-01-00T00:00:00Z",
    "2001-01-32T00:00:00Z",
    "2001-01-01T24:00:00Z",
    "2001-01-01T23:60:00Z",
    "2001-01-01T23:59:60Z",
    "2001-01-01T12:60:00Z",
    "2001-01-01T12:00:60Z",
    "0001-02-29T00:00:00Z",
    "2001-03-31T00:00:00+24:00",
    "2001-03-31T00:00:00-02:60",
  ])("%s names a moment that does not exist", (text) => {
    expect(faultOf(() => parseTimeExact(text)).code).toBe("bad_time");
  });

  it("exactly the days of the calendar exist", () => {
    const leap = (y: number) => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
    const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9999 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 27, max: 32 }),
        (year, month, day) => {
          const text = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${day}T12:00:00Z`;
          const exists = day <= (month === 2 && leap(year) ? 29 : (lengths[month - 1] as number));
          if (exists) expect(formatTime(parseTimeExact(text))).toBe(text);
          else expect(faultOf(() => parseTimeExact(text)).code).toBe("bad_time");
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("text without a zone is refused, or is UTC in data files", () => {
    const text = "2001-03-31T00:00:00.25";
    expect(faultOf(() => parseTimeExact(text)).code).toBe("bad_time");
    expect(faultOf(() => parseTimeExact(text, { zoneless: "refuse" })).code).toBe("bad_time");
    expect(parseTimeExact(text, { zoneless: "utc" })).toBe(985_996_800_250_000n);
    expect(parseTimeExact("2001-03-31", { zoneless: "utc" })).toBe(985_996_800_000_000n);
    expect(parseTimeExact("2001-03-31 00:00:00", { zoneless: "utc" })).toBe(985_996_800_000_000n);
    expect(faultOf(() => parseTimeExact("2001-02-29", { zoneless: "utc" })).code).toBe("bad_time");
    // A zone still counts where none is needed.
    expect(parseTimeExact("2001-03-31T01:00:00+01:00", { zoneless: "utc" })).toBe(985_996_800_000_000n);
  });

  it("the hint of a zoneless text mends it", () => {
    expect(() => parseTimeExact(" 2001-03-31T00:00:00 ")).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('"2001-03-31T00:00:00Z"') }),
    );
  });

  it("event and entity times are safe integers", () => {
    expect(parseTime("2001-03-31T00:00:00Z")).toBe(985_996_800_000_000);
    expect(parseTime("2255-06-05T23:47:34.740991Z")).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseTime("1684-07-28T00:12:25.259009Z")).toBe(Number.MIN_SAFE_INTEGER);
    expect(faultOf(() => parseTime("2255-06-05T23:47:34.740992Z")).code).toBe("value_out_of_range");
    expect(faultOf(() => parseTime("1684-07-28T00:12:25.259008Z")).code).toBe("value_out_of_range");
    expect(faultOf(() => parseTime("9999-12-31T00:00:00Z")).code).toBe("value_out_of_range");
    expect(faultOf(() => safeUs(2n ** 53n)).code).toBe("value_out_of_range");
    expect(safeUs(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
    expect(() => parseTime("9999-12-31T00:00:00Z")).toThrow(/9999-12-31T00:00:00Z/);
    const long = `9999-12-31T00:00:00.${"0".repeat(1_000_000)}Z`;
    expect(faultOf(() => parseTime(long)).message.length).toBeLessThan(200);
  });
});

describe("1.2 digits finer than a microsecond only hide", () => {
  it.each([
    ["2001-03-31T00:00:00.1234560Z", 123_456, 123_456],
    ["2001-03-31T00:00:00.1234561Z", 123_456, 123_457],
    ["2001-03-31T00:00:00.123456999Z", 123_456, 123_457],
    ["2001-03-31T00:00:00.000000000001Z", 0, 1],
    ["2001-03-31T00:00:00.9999999Z", 999_999, 1_000_000],
    ["2001-03-31T00:00:00.1Z", 100_000, 100_000],
  ])("%s is rounded down or up", (text, down, up) => {
    const second = 985_996_800_000_000;
    expect(parseTime(text)).toBe(second + down);
    expect(parseTime(text, { round: "down" })).toBe(second + down);
    expect(parseTime(text, { round: "up" })).toBe(second + up);
  });

  it("down is earlier and up is later before 1970 too", () => {
    expect(parseTime("1969-12-31T23:59:59.9999985Z", { round: "down" })).toBe(-2);
    expect(parseTime("1969-12-31T23:59:59.9999985Z", { round: "up" })).toBe(-1);
  });

  it("any number of digits: down ≤ the moment ≤ up, at most a microsecond apart", () => {
    const digits = fc.stringMatching(/^[0-9]{1,15}$/);
    fc.assert(
      fc.property(int64s, digits, (us, fraction) => {
        const second = us - (((us % 1_000_000n) + 1_000_000n) % 1_000_000n);
        const text = `${formatTime(second).slice(0, -1)}.${fraction}Z`;
        const down = parseTimeExact(text, { round: "down" });
        const up = parseTimeExact(text, { round: "up" });
        const scale = 10n ** BigInt(fraction.length);
        const exact = second * scale + BigInt(fraction) * 1_000_000n;
        expect(down * scale <= exact && exact < (down + 1n) * scale).toBe(true);
        expect((up - 1n) * scale < exact && exact <= up * scale).toBe(true);
      }),
    );
  });
});

describe("durations", () => {
  it.each([
    ["1us", 1],
    ["7ms", 7_000],
    ["30s", 30_000_000],
    ["5m", 300_000_000],
    ["5min", 300_000_000],
    ["1h", 3_600_000_000],
    ["6 h", 21_600_000_000],
    [" 1d ", 86_400_000_000],
    ["2w", 1_209_600_000_000],
    ["0s", 0],
    ["9007199254740991us", Number.MAX_SAFE_INTEGER],
  ])("%j is %d µs", (text, us) => {
    expect(parseDuration(text)).toBe(us);
  });

  it.each([
    "",
    "1",
    "h",
    "-1h",
    "1.5h",
    "1e3s",
    "1H",
    "1h30m",
    "1 day",
    "∞",
    "9007199254740992us",
    "9007199254740993us",
    "1000000w",
  ])("%j is none", (text) => {
    expect(faultOf(() => parseDuration(text)).code).toBe("definition_invalid");
  });

  it.each([
    [0, "0us"],
    [1_500, "1500us"],
    [90_000_000, "90s"],
    [3_600_000_000, "1h"],
    [5_400_000_000, "90m"],
    [604_800_000_000, "7d"],
    [1_000, "1ms"],
  ])("%d µs is written %s", (us, text) => {
    expect(formatDuration(us)).toBe(text);
  });

  it("what is written is read back", () => {
    const us = fc.oneof(
      fc.maxSafeNat(),
      fc.nat(100_000).map((n) => n * 60_000_000),
    );
    fc.assert(
      fc.property(us, (n) => {
        expect(parseDuration(formatDuration(n))).toBe(n);
      }),
    );
  });
});

describe("4.1 ⌊x⌋ₕ is the largest multiple of h from the epoch that is ≤ x", () => {
  it.each([
    [0, 5, 0],
    [4, 5, 0],
    [5, 5, 5],
    [-1, 5, -5],
    [-5, 5, -5],
    [-6, 5, -10],
    [7, 1, 7],
  ])("⌊%d⌋ by %d is %d", (x, step, floor) => {
    expect(floorTo(x, step)).toBe(floor);
  });

  it("is a multiple, at most x, and less than a step below it", () => {
    const x = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
    fc.assert(
      fc.property(x, fc.integer({ min: 1, max: 86_400_000_000 }), (at, step) => {
        const floor = floorTo(at, step);
        expect(BigInt(floor) % BigInt(step)).toBe(0n);
        expect(floor <= at && at - floor < step).toBe(true);
        expect(Object.is(floorTo(floor, step), floor)).toBe(true);
      }),
    );
  });
});
