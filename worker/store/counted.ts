// Counts the calls of a store that does not count by itself, and the text of the keys and rows that go through it.
import type { OnlineStore, StoreStats, StoreTraffic } from "./port.ts";

/** The figures of a store that nothing was asked of. */
export const NO_STATS: StoreStats = {
  commands: {},
  sentBytes: 0,
  receivedBytes: 0,
  errors: {},
  retries: 0,
  breaker: null,
  opened: 0,
  failing: false,
};

/** Returns the store with `stats`. */
export function counted(store: OnlineStore): OnlineStore {
  const commands: Record<string, number> = {};
  const traffic = { sentBytes: 0, receivedBytes: 0 };

  function count(command: string, sentChars: number): void {
    commands[command] = (commands[command] ?? 0) + 1;
    traffic.sentBytes += sentChars;
  }

  return {
    async read(keys, options) {
      count("read", lengthOf(keys));
      const values = await store.read(keys, options);
      traffic.receivedBytes += lengthOf(values);
      return values;
    },
    compareAndSet(writes) {
      let chars = 0;
      for (const { key, expected, value, beside } of writes) {
        chars += key.length + (expected?.length ?? 0) + value.length;
        if (beside !== undefined) chars += beside.key.length + beside.value.length;
      }
      count("write", chars);
      return store.compareAndSet(writes);
    },
    async scan(prefix, cursor) {
      count("scan", prefix.length);
      const page = await store.scan(prefix, cursor);
      traffic.receivedBytes += lengthOf(page.keys);
      return page;
    },
    status() {
      count("status", 0);
      return store.status();
    },
    stats: () => ({ ...NO_STATS, commands: { ...commands }, ...traffic }),
  };
}

/** Returns the figures of several stores together. */
export function sumOfTraffic(all: readonly StoreTraffic[]): StoreTraffic {
  const commands = sumOfCounts(all.map((one) => one.commands));
  const sum = (of: (one: StoreTraffic) => number) => all.reduce((total, one) => total + of(one), 0);
  return { commands, sentBytes: sum((one) => one.sentBytes), receivedBytes: sum((one) => one.receivedBytes) };
}

/** Returns the counts of several records by name. */
export function sumOfCounts(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

function lengthOf(texts: readonly (string | null)[]): number {
  let chars = 0;
  for (const text of texts) chars += text?.length ?? 0;
  return chars;
}
