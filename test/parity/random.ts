// Random histories around the suite's clock, and random values of every type.
import type { Table } from "apache-arrow";
import fc from "fast-check";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { parseTime } from "../../sdk/time.ts";
import { parseTypeName, type Value, type ValueType } from "../../sdk/types/index.ts";
import { doubles, histories as historiesOf, type HistoryRow, integers, orNull, texts } from "../support/histories.ts";

/** Where the clock stands still: rows after it exist in the files, and must not be seen. */
export const NOW_US = parseTime("2001-03-31T00:00:00Z");

const around = (us: number) => us + NOW_US;

export const histories: fc.Arbitrary<HistoryRow[]> = historiesOf(
  { x: orNull(doubles), n: orNull(integers), s: orNull(texts) },
  40,
).map((rows) => rows.map((row) => ({ ...row, e: around(row.e), c: row.c === null ? null : around(row.c) })));

const int64s = fc.oneof(integers, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));

/** Each type with values that some encoding somewhere would lose. */
const BY_TYPE: Record<string, [type: string, values: fc.Arbitrary<Value>]> = {
  a_bool: ["bool", fc.boolean()],
  an_int32: ["int32", fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1))],
  an_int64: ["int64", int64s],
  a_float32: ["float32", doubles.map(Math.fround)],
  a_float64: ["float64", doubles],
  a_decimal: [
    "decimal(38,5)",
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map((unscaled) => {
      const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(6, "0");
      return `${unscaled < 0n ? "-" : ""}${digits.slice(0, -5)}.${digits.slice(-5)}`;
    }),
  ],
  a_string: ["string", fc.oneof(texts, fc.string({ unit: "binary", maxLength: 10 }))],
  some_bytes: ["bytes", fc.uint8Array({ maxLength: 20 })],
  a_timestamp: [
    "timestamp",
    fc.oneof(
      fc.constantFrom(0n, -1n, 253_402_300_799_999_999n),
      fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
    ),
  ],
  int64s: ["list<int64>", fc.array(int64s, { maxLength: 4 })],
  strings: ["list<string>", fc.array(texts, { maxLength: 3 })],
  a_vector: ["vector(3)", fc.tuple(doubles, doubles, doubles).map((values) => Float32Array.from(values))],
};

export const EVERY_TYPE: Record<string, ValueType> = Object.fromEntries(
  Object.entries(BY_TYPE).map(([name, [type]]) => [name, parseTypeName(type)]),
);

export type EveryType = Record<string, Value | null>;
export const everyType: fc.Arbitrary<EveryType> = fc.record(
  Object.fromEntries(Object.entries(BY_TYPE).map(([name, [, values]]) => [name, orNull(values)])),
);

/** Returns the file of these rows, an hour before the clock; or, with another name for the time, entity rows at the clock. */
export async function fileOf(ids: readonly string[], rows: readonly EveryType[]): Promise<Table> {
  return tableOf([
    ["id", vectorFromValues({ kind: "string" }, ids)],
    ["event_time", timesOf(ids, NOW_US - 3_600_000_000)],
    ...Object.entries(EVERY_TYPE).map(
      ([name, type]) =>
        [
          name,
          vectorFromValues(
            type,
            rows.map((row) => row[name] as Value | null),
          ),
        ] as const,
    ),
  ]);
}

/** Returns entity rows of these ids at the clock. */
export function spineOf(ids: readonly string[]): Table {
  return tableOf([
    ["id", vectorFromValues({ kind: "string" }, ids)],
    ["event_timestamp", timesOf(ids, NOW_US)],
  ]);
}

function timesOf(ids: readonly string[], us: number) {
  return vectorFromValues(
    { kind: "timestamp" },
    ids.map(() => BigInt(us)),
  );
}
