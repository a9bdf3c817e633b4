// What a runner tries again, how often and after how long, by injected pauses; and how its words are cut for a record.
import { beforeEach, describe, expect, it, test } from "vitest";
import { PAUSES_MS, type Retry, retried } from "../../sdk/cli/runner/retry.ts";
import { cutToBytes } from "../../sdk/cli/runner/text-bytes.ts";
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";

describe("work that fails", () => {
  let stop: AbortController;
  let tries: number;
  let told: string[];
  beforeEach(() => {
    [stop, tries, told] = [new AbortController(), 0, []];
  });
  const parts = (onSleep = () => {}) => ({
    signal: stop.signal,
    async sleep(ms: number) {
      told.push(`slept ${ms}`);
      onSleep();
    },
    onRetry: ({ fault, number, pauseMs }: Retry) => void told.push(`${number} ${fault.code} ${pauseMs}`),
  });
  const failing = (times: number, fault: unknown) => async () => {
    if (++tries <= times) throw fault;
    return tries;
  };

  it.each<ErrorCode>(["store_unavailable", "store_conflict", "log_unavailable", "server_unreachable", "server_failed"])(
    "is tried again where %s may pass, up to three times",
    async (code) => {
      const fault = new EdgefeatError(code, "for now");
      expect(await retried(failing(3, fault), parts())).toBe(4);
      expect(told).toEqual(PAUSES_MS.flatMap((ms, i) => [`${i + 1} ${code} ${ms}`, `slept ${ms}`]));
      [tries, told] = [0, []];
      await expect(retried(failing(4, fault), parts())).rejects.toBe(fault);
      expect([tries, told.length]).toEqual([4, 6]);
    },
  );

  it.each([new EdgefeatError("file_not_found", "no"), new EdgefeatError("forbidden", "no"), new Error("a bug")])(
    "is left where it would fail again: %s",
    async (fault) => {
      await expect(retried(failing(1, fault), parts())).rejects.toBe(fault);
      expect([tries, told]).toEqual([1, []]);
    },
  );

  it("is not begun again once it is to stop: before the pause, or in it", async () => {
    const fault = new EdgefeatError("store_unavailable", "for now");
    await expect(
      retried(
        failing(1, fault),
        parts(() => stop.abort()),
      ),
    ).rejects.toBe(fault);
    expect([tries, told.length]).toEqual([1, 2]);
    await expect(retried(failing(2, fault), parts())).rejects.toBe(fault);
    expect([tries, told.length]).toEqual([2, 2]);
  });
});

test.each([
  ["all of it", 9, "all of it"],
  ["all of it", 8, "all of i"],
  ["a\nb", 3, "a\n"],
  ['"q"', 4, '"q'],
  ["éé", 3, "é"],
  ["a😀", 4, "a"],
  ["a😀", 5, "a😀"],
  ["\ud800", 5, ""],
])("%j in %i bytes is %j", (text, most, cut) => {
  expect(cutToBytes(text, most)).toBe(cut);
});
