// When a circuit breaker lets calls through: every line of a story is an event at a moment, and what it leads to.
import { describe, expect, it } from "vitest";
import { type BreakerOptions, CircuitBreaker } from "../../../worker/store/breaker.ts";

const OPTIONS: BreakerOptions = {
  failuresInARow: 3,
  failedShare: 0.5,
  windowMs: 1_000,
  windowCalls: 10,
  pauseMs: 100,
  maxPauseMs: 400,
  tryMs: 50,
};

/** "10 fail": at 10 ms a call fails; "10 ok": one succeeds; "10 unasked": one ends before; "10 ask 90": one is to wait 90 ms; "10 open": the state. */
const STORIES: [what: string, story: string][] = [
  ["is closed at first", "0 closed, 0 ask 0, 0 ask 0"],
  ["opens after failures in a row, for a pause", "0 fail, 1 fail, 2 closed, 2 fail, 2 open, 3 ask 99, 101 ask 1"],
  ["does not open where one succeeds between", "0 fail, 1 fail, 2 ok, 3 fail, 4 fail, 5 closed"],
  ["lets one try through after the pause", "0 fail, 0 fail, 0 fail, 100 half_open, 100 ask 0, 101 ask 49, 110 ask 40"],
  ["closes when the try succeeds", "0 fail, 0 fail, 0 fail, 100 ask 0, 101 ok, 101 closed, 101 ask 0, 101 ask 0"],
  [
    "pauses twice as long when it fails",
    "0 fail, 0 fail, 0 fail, 100 ask 0, 100 fail, 100 open, 101 ask 199, 300 ask 0",
  ],
  [
    "but not longer than the longest",
    "0 fail, 0 fail, 0 fail, 100 ask 0, 100 fail, 300 ask 0, 300 fail, 700 ask 0, 700 fail, 700 ask 400",
  ],
  [
    "begins with the short pause after it was well",
    "0 fail, 0 fail, 0 fail, 100 ask 0, 100 fail, 300 ask 0, 300 ok, 301 fail, 301 fail, 301 fail, 301 ask 100",
  ],
  ["gives up a try that never ends", "0 fail, 0 fail, 0 fail, 100 ask 0, 149 ask 1, 150 ask 0, 151 ask 49"],
  ["lets another try where one did not ask the store", "0 fail, 0 fail, 0 fail, 100 ask 0, 101 unasked, 101 ask 0"],
  ["is not moved by calls from before it opened", "0 fail, 0 fail, 0 fail, 10 ok, 10 open, 20 fail, 20 ask 80"],
  [
    "opens when half of a window's calls fail",
    "0 ok, 0 fail, 0 fail, 0 ok, 0 fail, 0 fail, 0 ok, 0 fail, 0 fail, 0 closed, 0 ok, 0 closed, 0 fail, 0 open",
  ],
  [
    "begins a new window",
    "0 ok, 0 fail, 0 fail, 0 ok, 0 fail, 0 fail, 0 ok, 0 fail, 0 fail, 1000 ok, 1000 fail, 1000 fail, 1000 closed",
  ],
  ["is not opened by few calls", "0 ok, 0 fail, 0 fail, 0 ok, 0 fail, 0 closed"],
];

describe("a circuit breaker", () => {
  it.each(STORIES)("%s: %s", (_, story) => {
    const breaker = new CircuitBreaker(OPTIONS);
    for (const event of story.split(", ")) {
      const [at, what, waitMs] = event.split(" ");
      const nowMs = Number(at);
      if (what === "ok") breaker.succeeded(nowMs);
      else if (what === "fail") breaker.failed(nowMs);
      else if (what === "unasked") breaker.notAsked();
      else if (what === "ask") expect([event, breaker.admit(nowMs)]).toEqual([event, Number(waitMs)]);
      else expect([event, breaker.stateAt(nowMs)]).toEqual([event, what]);
    }
  });

  it("counts how often it opened, and tells when the last call failed", () => {
    const breaker = new CircuitBreaker(OPTIONS);
    expect([breaker.opened, breaker.failing]).toEqual([0, false]);
    for (let i = 0; i < 3; i++) breaker.failed(0);
    expect([breaker.opened, breaker.failing]).toEqual([1, true]);
    breaker.admit(100);
    breaker.failed(100);
    breaker.admit(300);
    breaker.succeeded(300);
    expect([breaker.opened, breaker.failing]).toEqual([1, false]);
    for (let i = 0; i < 3; i++) breaker.failed(300);
    expect(breaker.opened).toBe(2);
  });
});
