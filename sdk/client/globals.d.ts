// The web globals that only the client uses: timers and giving up. Declared no wider than what the code needs.

declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;

interface AbortSignal {
  addEventListener(type: "abort", listener: () => void, options?: { once: boolean }): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare const performance: { now(): number };
