// The bounded map against its plain twin, a list of all that was set in the order of its last use.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BoundedMap } from "../../worker/serve/bounded-map.ts";

const MAX_ENTRIES = 6;
const MAX_SIZE = 20;
const KEYS = ["a", "b", "c", "d", "e", "f", "g", "h", "__proto__"];

const key = fc.constantFrom(...KEYS);
const get = fc.record({ does: fc.constant("get" as const), key });
const set = fc.record({ does: fc.constant("set" as const), key, size: fc.integer({ min: 1, max: 12 }) });
const remove = fc.record({ does: fc.constant("delete" as const), key });

describe("BoundedMap", () => {
  it("answers what was set last or nothing, and stays within its bounds", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(get, set, remove), { maxLength: 80 }), (steps) => {
        const map = new BoundedMap<number>(MAX_ENTRIES, MAX_SIZE);
        const twin = new Map<string, { value: number; size: number }>();
        for (const [n, one] of steps.entries()) {
          if (one.does === "get") expect([undefined, twin.get(one.key)?.value]).toContain(map.get(one.key));
          else if (one.does === "set") {
            map.set(one.key, n, one.size);
            twin.set(one.key, { value: n, size: one.size });
            expect(map.get(one.key)).toBe(one.size > MAX_SIZE / 2 ? undefined : n);
          } else {
            map.delete(one.key);
            expect(map.get(one.key)).toBeUndefined();
          }
        }
        const held = KEYS.filter((name) => map.get(name) !== undefined).map((name) => twin.get(name)?.size ?? Infinity);
        expect(held.length).toBeLessThanOrEqual(MAX_ENTRIES);
        expect(held.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_SIZE);
      }),
    );
  });

  it("keeps what was used last, up to half of either bound", () => {
    const sizeOf = (name: string) => 1 + KEYS.indexOf(name);
    fc.assert(
      fc.property(fc.array(fc.oneof(get, set), { maxLength: 80 }), (steps) => {
        const map = new BoundedMap<string>(MAX_ENTRIES, MAX_SIZE);
        let used: string[] = [];
        for (const one of steps) {
          if (one.does === "set") map.set(one.key, one.key, sizeOf(one.key));
          if (one.does === "set" || map.get(one.key) !== undefined)
            used = [...used.filter((name) => name !== one.key), one.key];
        }
        let size = 0;
        const lately = used
          .toReversed()
          .slice(0, MAX_ENTRIES / 2)
          .filter((name) => (size += sizeOf(name)) <= MAX_SIZE / 2);
        expect(lately.map((name) => map.get(name))).toEqual(lately);
      }),
    );
  });
});
