// What every online store must do: one suite for all adapters (worker/store/port.ts).
import { beforeEach, describe, expect, it } from "vitest";
import { EdgefeatError } from "../../sdk/errors.ts";
import { seenKey } from "../../sdk/rows/index.ts";
import type { OnlineStore, StoreWrite } from "../../worker/store/port.ts";

const TEXTS: readonly (readonly [what: string, text: string])[] = [
  ["empty", ""],
  ["a space", " "],
  ["ASCII", 'the "quoted" \\ text'],
  ["line ends", "a\r\nb\tc"],
  ["NUL and controls", "a\u0000b\u0001\u007f\u2028"],
  ["accents, composed and not", "é e\u0301"],
  ["emoji and a family", "😀👩‍👩‍👧"],
  ["the last code points", "\ud7ff\ue000\ufffd\uffff\u{10000}\u{10ffff}"],
  ["a replacement character", "\ufffd"],
  ["digits that a double rounds", "9007199254740993"],
  ["digits that cjson rounds", "0.1234567890123456789"],
  ["words of the protocol", "OK"],
  ["JSON", '{"a":[1,null,"\\u0000"]}'],
  ["null", "null"],
  ["base64", "T0s="],
  ["200 kB", "packed row ".repeat(20_000)],
];

const KEYS: readonly string[] = [
  "feature:p:dev:user:1:v@1",
  "a%3Ab",
  "a+b@2",
  "star*",
  "question?",
  "[set]",
  "back\\slash",
  "^caret-",
  "{tag}:1",
  "space in key",
  "quote\"'",
  "é😀\u{10ffff}",
  "NUL\u0000NUL",
  "x".repeat(2_000),
];

let runs = 0;

/** Holds an adapter to the port's contract. `makeStore` may return one store over and over: each test has keys of its own. */
export function onlineStoreConformance(name: string, makeStore: () => OnlineStore): void {
  describe(`${name} as an online store`, () => {
    let store: OnlineStore;
    let own: string;
    beforeEach(() => {
      store = makeStore();
      own = `conformance:${name}:${runs++}:`;
    });

    const write = (key: string, value: string, rest: Partial<StoreWrite> = {}): StoreWrite => ({
      key: own + key,
      expected: null,
      value,
      expireInMs: null,
      ...rest,
    });
    const read = (...keys: string[]) => store.read(keys.map((key) => own + key));
    const scanAll = async (prefix: string): Promise<string[]> => {
      const keys: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await store.scan(prefix, cursor);
        keys.push(...page.keys);
        cursor = page.cursor;
      } while (cursor !== null);
      return [...new Set(keys)].toSorted();
    };

    describe("read", () => {
      it("returns values in the order asked for, null where there is none, duplicates each", async () => {
        await store.compareAndSet([write("a", "1"), write("b", "2"), write("c", "3")]);
        expect(await read("c", "none", "a", "a", "b", "none", "c")).toEqual(["3", null, "1", "1", "2", null, "3"]);
      });

      it("returns nothing for no keys", async () => {
        expect(await store.read([])).toEqual([]);
      });

      it.each(["serve", "newest", "write"] as const)("shows what was written, to %s", async (purpose) => {
        await store.compareAndSet([write("k", "1")]);
        expect(await store.read([`${own}k`, `${own}none`], { purpose })).toEqual(["1", null]);
        await store.compareAndSet([write("k", "2", { expected: "1" })]);
        expect(await store.read([`${own}k`, `${own}none`], { purpose })).toEqual(["2", null]);
      });

      it("returns 3,000 keys at once", async () => {
        const keys = Array.from({ length: 3_000 }, (_, i) => `many-${i}`);
        await store.compareAndSet([write("many-0", "first"), write("many-2999", "last")]);
        const values = await read(...keys);
        expect(values.length).toBe(3_000);
        expect([values[0], values[1], values[2_999]]).toEqual(["first", null, "last"]);
      });
    });

    describe("texts", () => {
      it("keeps apart 1,200 long keys that differ at their ends", async () => {
        const keys = Array.from({ length: 1_200 }, (_, i) => `${"long ".repeat(200)}${i}`);
        await store.compareAndSet([0, 600, 1_199].map((i) => write(keys[i] as string, `value ${i}`)));
        const values = await read(...keys);
        expect(values.flatMap((value, i) => (value === null ? [] : [[i, value]]))).toEqual([
          [0, "value 0"],
          [600, "value 600"],
          [1_199, "value 1199"],
        ]);
      });

      it.each(TEXTS)("keeps %s as a value", async (_, text) => {
        expect(await store.compareAndSet([write("k", text)])).toEqual([true]);
        expect(await read("k")).toEqual([text]);
        // Its revision survives the way too.
        expect(await store.compareAndSet([write("k", "next", { expected: text })])).toEqual([true]);
        expect(await read("k")).toEqual(["next"]);
      });

      it("keeps keys apart, whatever is in them", async () => {
        expect(await store.compareAndSet(KEYS.map((key) => write(key, `value of ${key}`)))).toEqual(
          KEYS.map(() => true),
        );
        expect(await read(...KEYS)).toEqual(KEYS.map((key) => `value of ${key}`));
        expect(await read(...KEYS.map((key) => key.slice(0, -1)))).toEqual(KEYS.map(() => null));
      });

      it.each([
        ["ASCII", "x".repeat(1_000_000)],
        ["of three bytes each", "€".repeat(333_000)],
        ["quotes", '"'.repeat(1_000_000)],
      ])("keeps a value near 1 MB: %s", async (_, text) => {
        expect(await store.compareAndSet([write("large", text)])).toEqual([true]);
        expect((await read("large"))[0] === text).toBe(true);
        expect(await store.compareAndSet([write("large", "small", { expected: text })])).toEqual([true]);
      });

      it("keeps a row of exactly 2,000,000 bytes", async () => {
        const value = "x".repeat(2_000_000 - `${own}full`.length);
        expect(await store.compareAndSet([write("full", value)])).toEqual([true]);
        expect((await read("full"))[0] === value).toBe(true);
      });

      it("takes a call whose rows together are larger than one request may be", async () => {
        const rows = Array.from({ length: 12 }, (_, i) => write(`mb-${i}`, String(i).repeat(900_000)));
        expect(await store.compareAndSet(rows)).toEqual(rows.map(() => true));
        expect((await read("mb-11"))[0]?.length).toBe(1_800_000);
        const values = await read("none", ...rows.map((_, i) => `mb-${i}`));
        expect(values.map((value) => value?.length)).toEqual([undefined, ...rows.map(({ value }) => value.length)]);
        expect(values.slice(1).every((value, i) => value === rows[i]?.value)).toBe(true);
      });

      it.each([
        ["a value above 2 MB", { value: "x".repeat(2_000_001) }],
        ["a value above 2 MB in bytes only", { value: "€".repeat(700_000) }],
        ["half a surrogate pair in a value", { value: "a\ud800" }],
        ["half a surrogate pair in a key", { key: "a\udc00b" }],
        ["an expiry that is no number", { expireInMs: Number.NaN }],
      ])("refuses %s, and then writes none of the call", async (_, fault) => {
        const call = store.compareAndSet([write("good", "1"), write("bad", "2", fault)]);
        await expect(call).rejects.toMatchObject({ name: EdgefeatError.name, code: "value_out_of_range" });
        expect(await read("good", "bad")).toEqual([null, null]);
      });
    });

    describe("compareAndSet", () => {
      it("does nothing for no writes", async () => {
        expect(await store.compareAndSet([])).toEqual([]);
      });

      it.each<[what: string, before: string | null, expected: string | null, written: boolean]>([
        ["creates where nothing is", null, null, true],
        ["does not create over a row", "old", null, false],
        ["does not create over an empty row", "", null, false],
        ["replaces what was read", "old", "old", true],
        ["replaces an empty value", "", "", true],
        ["does not replace what has changed", "newer", "old", false],
        ["does not replace a value that differs in case", "Old", "old", false],
        ["does not replace a value that is longer", "old ", "old", false],
        ["does not replace what is gone", null, "old", false],
        ["does not take an empty value for absence", null, "", false],
      ])("%s", async (_, before, expected, written) => {
        if (before !== null) await store.compareAndSet([write("k", before)]);
        expect(await store.compareAndSet([write("k", "new", { expected })])).toEqual([written]);
        expect(await read("k")).toEqual([written ? "new" : before]);
      });

      it("decides each row by itself", async () => {
        await store.compareAndSet([write("b", "taken")]);
        const written = await store.compareAndSet([
          write("a", "1"),
          write("b", "2"),
          write("c", "3"),
          write("d", "4", { expected: "nothing" }),
        ]);
        expect(written).toEqual([true, false, true, false]);
        expect(await read("a", "b", "c", "d")).toEqual(["1", "taken", "3", null]);
      });

      it("takes the same key twice in one call in order: the second sees the first", async () => {
        const blind = await store.compareAndSet([write("k", "1"), write("k", "2")]);
        expect(blind).toEqual([true, false]);
        const chained = await store.compareAndSet([
          write("k", "2", { expected: "1" }),
          write("k", "3", { expected: "2" }),
        ]);
        expect(chained).toEqual([true, true]);
        expect(await read("k")).toEqual(["3"]);
      });

      it("lets exactly one of several concurrent writers win, each row by itself", async () => {
        const keys = ["r0", "r1", "r2"];
        const calls = Array.from({ length: 8 }, (_, writer) => keys.map((key) => write(key, `writer ${writer}`)));
        const results = await Promise.all(calls.map((call) => store.compareAndSet(call)));
        const values = await read(...keys);
        for (const [i, value] of values.entries()) {
          const winners = results.flatMap((written, writer) => (written[i] === true ? [`writer ${writer}`] : []));
          expect(winners).toEqual([value]);
        }
      });

      it("loses no increment of concurrent read-modify-write loops", async () => {
        await store.compareAndSet([write("n", "0")]);
        const increment = async (): Promise<void> => {
          const [seen] = await read("n");
          const next = write("n", String(Number(seen) + 1), { expected: seen as string });
          if (!(await store.compareAndSet([next]))[0]) await increment();
        };
        await Promise.all(Array.from({ length: 10 }, increment));
        expect(await read("n")).toEqual(["10"]);
      });

      it("writes 1,200 rows in one call, and tells each one's fate in order", async () => {
        const taken = (i: number) => i % 7 === 0;
        const all = Array.from({ length: 1_200 }, (_, i) => i);
        await store.compareAndSet(all.filter(taken).map((i) => write(`r${i}`, "taken")));
        expect(await store.compareAndSet(all.map((i) => write(`r${i}`, `v${i}`)))).toEqual(all.map((i) => !taken(i)));
        expect(await read(...all.map((i) => `r${i}`))).toEqual(all.map((i) => (taken(i) ? "taken" : `v${i}`)));
      });
    });

    describe("companions", () => {
      const both = (key: string, value: string, rest: Partial<StoreWrite> = {}): StoreWrite =>
        write(key, value, { beside: { key: seenKey(own + key), value: `${value} seen` }, ...rest });
      const readBoth = (...keys: string[]) => store.read(keys.flatMap((key) => [own + key, seenKey(own + key)]));

      it("are written with their row, or not at all, whatever they held", async () => {
        expect(await store.compareAndSet([both("a", "1"), write("b", "taken")])).toEqual([true, true]);
        expect(await readBoth("a", "b")).toEqual(["1", "1 seen", "taken", null]);
        const written = await store.compareAndSet([
          both("a", "2", { expected: "other" }),
          both("b", "2", { expected: "taken" }),
          both("c", "3"),
          both("d", "4", { expected: "nothing" }),
        ]);
        expect(written).toEqual([false, true, true, false]);
        expect(await readBoth("a", "b", "c", "d")).toEqual(["1", "1 seen", "2", "2 seen", "3", "3 seen", null, null]);
        expect(await store.compareAndSet([both("a", "5", { expected: "1" })])).toEqual([true]);
        expect(await readBoth("a")).toEqual(["5", "5 seen"]);
      });

      it("stay as they are when their row is written without them", async () => {
        await store.compareAndSet([both("a", "1")]);
        await store.compareAndSet([write("a", "2", { expected: "1" })]);
        expect(await readBoth("a")).toEqual(["2", "1 seen"]);
      });

      it.each(TEXTS)("keep %s", async (_, text) => {
        const beside = { key: seenKey(`${own}k`), value: text };
        expect(await store.compareAndSet([write("k", "row", { beside })])).toEqual([true]);
        expect(await readBoth("k")).toEqual(["row", text]);
      });

      it("are kept apart for 1,200 rows in one call, some with companions and some without", async () => {
        const all = Array.from({ length: 1_200 }, (_, i) => `r${i}`);
        const taken = (i: number) => i % 5 === 0;
        await store.compareAndSet(all.filter((_, i) => taken(i)).map((key) => write(key, "taken")));
        const written = await store.compareAndSet(
          all.map((key, i) => (i % 3 === 0 ? write(key, `v${i}`) : both(key, `v${i}`))),
        );
        expect(written).toEqual(all.map((_, i) => !taken(i)));
        expect(await readBoth(...all)).toEqual(
          all.flatMap((_, i) => (taken(i) ? ["taken", null] : [`v${i}`, i % 3 === 0 ? null : `v${i} seen`])),
        );
      });

      it("follow each other where a key is named twice in a call", async () => {
        expect(await store.compareAndSet([both("k", "1"), both("k", "2", { expected: "1" })])).toEqual([true, true]);
        expect(await readBoth("k")).toEqual(["2", "2 seen"]);
        expect(await store.compareAndSet([both("k", "3", { expected: "2" }), both("k", "4")])).toEqual([true, false]);
        expect(await readBoth("k")).toEqual(["3", "3 seen"]);
      });

      it("are one with their row under concurrent writers: no reader sees them apart", async () => {
        await store.compareAndSet([both("n", "0")]);
        const increment = async (): Promise<void> => {
          const [row, seen] = await readBoth("n");
          expect(seen).toBe(`${row} seen`);
          const next = both("n", String(Number(row) + 1), { expected: row as string });
          if (!(await store.compareAndSet([next]))[0]) await increment();
        };
        await Promise.all(Array.from({ length: 10 }, increment));
        expect(await readBoth("n")).toEqual(["10", "10 seen"]);
      });

      it("expire with their row", async () => {
        await store.compareAndSet([
          both("short", "1", { expireInMs: 50 }),
          both("long", "1", { expireInMs: 3_600_000 }),
        ]);
        while ((await readBoth("short")).some((value) => value !== null)) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        expect(await readBoth("long")).toEqual(["1", "1 seen"]);
        expect(await store.compareAndSet([both("short", "2")])).toEqual([true]);
        expect(await readBoth("short")).toEqual(["2", "2 seen"]);
      });

      it.each([
        ["too large", "x".repeat(2_000_001)],
        ["no valid Unicode", "a\ud800"],
      ])("that are %s are refused, and then none of the call is written", async (_, value) => {
        const call = store.compareAndSet([
          write("good", "1"),
          write("bad", "2", { beside: { key: seenKey(`${own}bad`), value } }),
        ]);
        await expect(call).rejects.toMatchObject({ code: "value_out_of_range" });
        expect(await readBoth("good", "bad")).toEqual([null, null, null, null]);
      });
    });

    describe("expiry (SEMANTICS 3.7)", () => {
      /** Waits until a row is gone: the suite's own timeout is what fails it. */
      const gone = async (key: string) => {
        while ((await read(key))[0] !== null) await new Promise((resolve) => setTimeout(resolve, 20));
      };

      it("drops a row after its time, from reads, scans and comparisons", async () => {
        await store.compareAndSet([write("short", "1", { expireInMs: 50 }), write("kept", "2")]);
        await gone("short");
        expect(await read("short", "kept")).toEqual([null, "2"]);
        expect(await scanAll(own)).toEqual([`${own}kept`]);
        expect(await store.compareAndSet([write("short", "again", { expected: "1" })])).toEqual([false]);
        expect(await store.compareAndSet([write("short", "again")])).toEqual([true]);
        expect(await read("short")).toEqual(["again"]);
      });

      it("keeps a row until its time", async () => {
        await store.compareAndSet([write("long", "1", { expireInMs: 3_600_000 })]);
        expect(await store.compareAndSet([write("long", "2")])).toEqual([false]);
        expect(await read("long")).toEqual(["1"]);
      });

      it("counts anew with each write, and not at all after a write that keeps the row", async () => {
        await store.compareAndSet([
          write("cleared", "1", { expireInMs: 300 }),
          write("longer", "1", { expireInMs: 300 }),
          write("witness", "1", { expireInMs: 300 }),
        ]);
        await store.compareAndSet([
          write("cleared", "2", { expected: "1" }),
          write("longer", "2", { expected: "1", expireInMs: 3_600_000 }),
        ]);
        await gone("witness");
        expect(await read("cleared", "longer")).toEqual(["2", "2"]);
      });

      it("leaves the expiry of a row alone when the write loses", async () => {
        await store.compareAndSet([write("k", "1", { expireInMs: 100 })]);
        await store.compareAndSet([write("k", "2", { expected: "other" })]);
        await gone("k");
        expect(await read("k")).toEqual([null]);
      });

      it.each([0, -5, 0.4])("takes an expiry of %d ms for one that comes at once", async (expireInMs) => {
        expect(await store.compareAndSet([write("k", "1", { expireInMs })])).toEqual([true]);
        await gone("k");
      });

      it("takes an expiry of 300 years", async () => {
        expect(await store.compareAndSet([write("k", "1", { expireInMs: 1e13 })])).toEqual([true]);
        expect(await read("k")).toEqual(["1"]);
      });
    });

    describe("scan", () => {
      it.each([
        "p*",
        "p?",
        "p[abc]",
        "p[^a]",
        "p[a-z]",
        "p\\",
        "p\\*",
        "p{a,b}",
        "p:",
        "p%",
        "é",
        "\ud7ff",
        "😀",
        "\u{10ffff}",
      ])("finds the keys that start with %j and no others", async (prefix) => {
        const inside = [prefix, `${prefix}1`, `${prefix}:*`, `${prefix}\u{10ffff}`];
        const outside = ["", "p", "pa1", "pz:*", "pb", "p]", "P*", "\\p*", "q", "\ue000", "😁", `x${prefix}`];
        const others = outside.filter((key) => !key.startsWith(prefix));
        await store.compareAndSet([...inside, ...others].map((key) => write(key, "1")));
        expect(await scanAll(own + prefix)).toEqual(inside.map((key) => own + key).toSorted());
      });

      it("pages through 2,500 keys, each of which it sees", async () => {
        const keys = Array.from({ length: 2_500 }, (_, i) => `k${i}`);
        await store.compareAndSet(keys.map((key) => write(key, "1")));
        const first = await store.scan(own, null);
        expect(first.cursor).not.toBeNull();
        expect(await scanAll(own)).toEqual(keys.map((key) => own + key).toSorted());
      });

      it("returns nothing, and ends, where there is nothing", async () => {
        expect(await scanAll(`${own}nothing`)).toEqual([]);
      });
    });

    it("tells its kind, whether it keeps rows and how full it is", async () => {
      const { usedBytes, limitBytes, unreachable = [], ...told } = await store.status();
      expect(told).toEqual({ kind: expect.any(String), keepsRows: true, warnings: [] });
      expect([usedBytes, limitBytes]).toEqual([expect.any(Number), limitBytes === null ? null : expect.any(Number)]);
      expect(unreachable).toEqual([]);
    });

    it("counts what it does, if it counts", async () => {
      const before = store.stats?.();
      await store.compareAndSet([write("counted", "1")]);
      await read("counted");
      const after = store.stats?.();
      if (before === undefined || after === undefined) return;
      const sum = ({ commands }: typeof after) => Object.values(commands).reduce((total, count) => total + count, 0);
      expect(sum(after) - sum(before)).toBeGreaterThanOrEqual(2);
      expect(after.sentBytes).toBeGreaterThan(before.sentBytes);
      expect(after.receivedBytes).toBeGreaterThan(before.receivedBytes);
      expect(after).toMatchObject({ errors: {}, retries: 0, opened: 0, failing: false });
    });
  });
}
