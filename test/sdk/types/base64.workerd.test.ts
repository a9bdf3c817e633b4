// Base64 by the engine and by our own loop are the same, for what is base64 and for what is not.
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { bytesFromBase64, bytesToBase64 } from "../../../sdk/types/index.ts";

const engine = Uint8Array as unknown as { fromBase64?: unknown; prototype: { toBase64?: unknown } };
const { fromBase64 } = engine;
const { toBase64 } = engine.prototype;

afterEach(() => {
  Object.assign(engine, { fromBase64 });
  Object.assign(engine.prototype, { toBase64 });
});

/** Returns what `work` gives with the engine's base64, and what it gives without. */
function bothWays<T>(work: () => T): [T, T] {
  const own = work();
  Object.assign(engine, { fromBase64: undefined });
  Object.assign(engine.prototype, { toBase64: undefined });
  const fallback = work();
  Object.assign(engine, { fromBase64 });
  Object.assign(engine.prototype, { toBase64 });
  return [own, fallback];
}

function read(text: string): number[] | string {
  try {
    return Array.from(bytesFromBase64(text, "x"));
  } catch (fault) {
    return (fault as { code: string }).code;
  }
}

describe("base64", () => {
  it("is the engine's in workerd", () => {
    expect([typeof fromBase64, typeof toBase64]).toEqual(["function", "function"]);
  });

  it("of any bytes is the same both ways, and gives them back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
        const [own, fallback] = bothWays(() => bytesToBase64(bytes));
        expect(own).toBe(fallback);
        expect(bothWays(() => read(own))).toEqual([Array.from(bytes), Array.from(bytes)]);
      }),
      { numRuns: 50 },
    );
  });

  it.each(["", "AA==", "AA", "A", "AAA=", "AA=", "A A=\n=", "AB==", "-_8=", "é", "A=A=", "====", "\u0000"])(
    "%j is read or refused the same both ways",
    (text) => {
      const [own, fallback] = bothWays(() => read(text));
      expect(own).toEqual(fallback);
    },
  );
});
