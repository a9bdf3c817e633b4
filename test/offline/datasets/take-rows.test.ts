// Some rows of a table: whatever a column's type and layout, they are what they were.
import {
  Binary,
  Bool,
  DataType,
  Decimal,
  Dictionary,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  LargeUtf8,
  List,
  makeData,
  Map_,
  Null,
  Struct,
  type Table,
  TimestampNanosecond,
  Uint8,
  Utf8,
  Vector,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableOf, takeRows } from "../../../offline/datasets/index.ts";

const list = (type: DataType) => new List(new Field("item", type, true));
const TYPES: Record<string, [DataType, unknown[]]> = {
  bool: [new Bool(), [true, false, null, true, true]],
  int32: [new Int32(), [1, null, 3, -4, 5]],
  int64: [new Int64(), [1n, 2n ** 62n, null, -4n, 5n]],
  uint8: [new Uint8(), [1, 2, 3, 4, 255]],
  float32: [new Float32(), [0.5, null, NaN, -0, 1]],
  float64: [new Float64(), [0.1, -0, NaN, null, 5]],
  decimal: [new Decimal(2, 20, 128), [null, ...[2, 3, 4, 5].map((n) => Uint32Array.of(n, 0, 0, 0))]],
  text: [new Utf8(), ["a", "", null, "ééé", "e"]],
  large_text: [new LargeUtf8(), ["a", "", null, "ééé", "e"]],
  bytes: [new Binary(), [Uint8Array.of(1), null, Uint8Array.of(), Uint8Array.of(4, 5), Uint8Array.of(6)]],
  fixed_bytes: [new FixedSizeBinary(2), [Uint8Array.of(1, 2), null, Uint8Array.of(3, 4), null, Uint8Array.of(5, 6)]],
  dictionary: [new Dictionary(new Utf8(), new Int32()), ["a", "b", null, "a", "c"]],
  list: [list(new Int32()), [[1], [], null, [2, null, 3], [4]]],
  lists: [list(list(new Utf8())), [[["a"], []], [], null, [["b", "c"]], [["d"]]]],
  vector: [new FixedSizeList(2, new Field("item", new Float32(), true)), [[1, 2], [3, 4], null, [5, 6], [7, 8]]],
  struct: [
    new Struct<any>([new Field("x", new Int32(), true), new Field("y", new Utf8(), true)]),
    [{ x: 1, y: "a" }, { x: null, y: "b" }, null, { x: 4, y: null }, { x: 5, y: "e" }],
  ],
  map: [
    new Map_(
      new Field("entries", new Struct<any>([new Field("key", new Utf8()), new Field("value", new Int32(), true)])),
    ),
    [new Map([["a", 1]]), new Map(), new Map([["b", 2]]), new Map([["c", null]]), new Map([["d", 4]])],
  ],
  nothing: [new Null(), [null, null, null, null, null]],
};

const nanoseconds = new Vector([
  makeData({
    type: new TimestampNanosecond("UTC"),
    length: 5,
    nullCount: 1,
    nullBitmap: Uint8Array.of(0b11011),
    data: BigInt64Array.of(1_000_000n, 2n ** 60n, 0n, -4_000_000n, 5_000_000n),
  }),
]);

const all = (): Table =>
  tableOf([
    ...Object.entries(TYPES).map(([name, [type, values]]) => [name, vectorFromArray(values, type)] as const),
    ["nanoseconds", nanoseconds],
  ]);

const shown = (table: Table, row: number) =>
  table.schema.fields.map(({ name }, i) => [
    name,
    Object.is(table.getChildAt(i)?.get(row), -0) ? "-0" : text(table.getChildAt(i)?.get(row)),
  ]);

function text(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : Number.isNaN(v) ? "NaN" : v));
}

describe("takeRows", () => {
  const once = all();
  const chunked = once.concat(once, once);
  it.each<[string, Table]>([
    ["one chunk", once],
    ["several chunks", chunked],
    ["a slice that begins within a byte of its bitmaps", chunked.slice(3, 14)],
  ])("takes rows of every type from %s", (_, table) => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: table.numRows - 1 }), { maxLength: table.numRows });
    fc.assert(
      fc.property(numbers, (picked) => {
        const rows = Int32Array.from(picked).sort();
        const taken = takeRows(table, rows);
        expect(taken.numRows).toBe(rows.length);
        expect(taken.schema.fields.map(String)).toStrictEqual(table.schema.fields.map(String));
        for (const [i, row] of rows.entries()) expect(shown(taken, i)).toStrictEqual(shown(table, row));
        for (const [i, { name, type }] of table.schema.fields.entries()) {
          if (DataType.isNull(type)) continue;
          const nulls = [...rows].filter((row) => table.getChildAt(i)?.get(row) === null).length;
          expect([name, taken.getChildAt(i)?.nullCount]).toStrictEqual([name, nulls]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
