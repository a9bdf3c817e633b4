// Random histories, for tests that hold the engine against the oracle: rows with ties, gaps, nulls and awkward numbers.
import type { Table } from "apache-arrow";
import fc from "fast-check";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import type { OracleRow, OracleValue } from "./oracle.ts";

/** A small clock, so that ties, window edges and TTL edges are common: two days around the epoch, some moments often. */
export const times = fc.oneof(
  { arbitrary: fc.constantFrom(0, 1, 3_600_000_000, -3_600_000_000, 86_400_000_000, 82_800_000_000), weight: 3 },
  fc.integer({ min: -48, max: 48 }).map((h) => h * 3_600_000_000),
  fc.integer({ min: -600, max: 600 }).map((m) => m * 60_000_000 + (m % 3)),
  fc.integer({ min: -2_000_000, max: 2_000_000 }),
);

export const doubles = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.1,
    12.34,
    1e16,
    -1e16,
    1e-300,
    5e-324,
    -5e-324,
    1e300,
    Number.NaN,
    Infinity,
    -Infinity,
  ),
  fc.integer({ min: -1000, max: 1000 }).map((n) => n / 100),
  fc.double(),
);
export const finiteDoubles = fc.oneof(
  fc.constantFrom(0, -0, 1, 0.1, 12.34, 1e16, -1e16, 1e-300, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7e308),
  fc.integer({ min: -1000, max: 1000 }).map((n) => n / 100),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
export const integers = fc.oneof(
  fc.bigInt({ min: -5n, max: 5n }),
  fc.constantFrom(2n ** 62n, -(2n ** 62n), 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n),
);
export const texts = fc.oneof(
  fc.constantFrom("", "a", "b", "ﬀ", "😀", "\u0000", "zz"),
  fc.string({ unit: "grapheme", maxLength: 4 }),
);

export const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 5 });

/** Two-part keys, some null: the text key of the oracle, and the two columns of the files. */
export interface Key {
  readonly parts: readonly [string | null, bigint | null];
  readonly text: string | null;
}
export const keys: fc.Arbitrary<Key> = fc
  .tuple(orNull(fc.constantFrom("a", "b", "a+b", "")), orNull(fc.constantFrom(1n, 2n, 2n ** 60n + 1n)))
  .map(([first, second]) => ({
    parts: [first, second],
    text: first === null || second === null ? null : `${first}/${second}`,
  }));

export interface HistoryRow extends OracleRow {
  readonly keyParts: readonly [string | null, bigint | null];
}

/** Rows of a history whose values are drawn by column. */
export function histories(
  columns: Readonly<Record<string, fc.Arbitrary<OracleValue>>>,
  maxLength = 60,
): fc.Arbitrary<HistoryRow[]> {
  const row = fc
    .record({ key: keys, e: times, c: orNull(times), values: fc.record(columns) })
    .map(({ key, e, c, values }) => ({
      key: key.text,
      keyParts: key.parts,
      e,
      c,
      values: values as Record<string, OracleValue>,
    }));
  return fc.array(row, { maxLength, size: "max" });
}

/** Returns the Arrow table of a history: k1, k2, event_time, created, then the columns. */
export function historyTable(rows: readonly HistoryRow[], types: Readonly<Record<string, ValueType>>): Table {
  const column = (type: ValueType, values: (Value | null)[]) => vectorFromValues(type, values);
  return tableOf([
    [
      "k1",
      column(
        { kind: "string" },
        rows.map((r) => r.keyParts[0]),
      ),
    ],
    [
      "k2",
      column(
        { kind: "int64" },
        rows.map((r) => r.keyParts[1]),
      ),
    ],
    [
      "event_time",
      column(
        { kind: "timestamp" },
        rows.map((r) => BigInt(r.e)),
      ),
    ],
    [
      "created",
      column(
        { kind: "timestamp" },
        rows.map((r) => (r.c === null ? null : BigInt(r.c))),
      ),
    ],
    ...Object.entries(types).map(
      ([name, type]) =>
        [
          name,
          column(
            type,
            rows.map((r) => r.values[name] as Value | null),
          ),
        ] as const,
    ),
  ]);
}

export interface EntityRow {
  readonly key: Key;
  readonly t: number;
}
export const entityRows = (maxLength: number): fc.Arbitrary<EntityRow[]> =>
  fc.array(fc.record({ key: keys, t: times }), { minLength: 1, maxLength, size: "max" });

/** Returns the entity rows as a table: k1, k2, event_timestamp. */
export function entityTable(rows: readonly EntityRow[]): Table {
  return tableOf([
    [
      "k1",
      vectorFromValues(
        { kind: "string" },
        rows.map((r) => r.key.parts[0]),
      ),
    ],
    [
      "k2",
      vectorFromValues(
        { kind: "int64" },
        rows.map((r) => r.key.parts[1]),
      ),
    ],
    [
      "event_timestamp",
      vectorFromValues(
        { kind: "timestamp" },
        rows.map((r) => BigInt(r.t)),
      ),
    ],
  ]);
}
