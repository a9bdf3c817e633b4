// Columns as other tools write them, read as exact values or refused.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type DataType,
  Dictionary,
  Float64,
  Int32,
  Int64,
  makeData,
  TimestampNanosecond,
  Utf8,
  Vector,
  vectorFromArray,
} from "apache-arrow";
import { describe, expect, it } from "vitest";
import {
  columnOf,
  columnReader,
  countFinerThanUs,
  tableOf,
  valueTypeOfArrow,
  vectorFromTyped,
  vectorFromValues,
} from "../../../offline/datasets/index.ts";
import { readTable } from "../../../offline/datasets/files.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { parseTypeName, typeName, type Value } from "../../../sdk/types/index.ts";
import { bits } from "./values.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/arrow-types");
const bytesOf = (...bytes: number[]) => Uint8Array.from(bytes);
const text = (s: string) => new TextEncoder().encode(s);

/** Column of the fixture, the type it is read as, its first two rows (the third is null), or the code of its refusal. */
const COLUMNS: [column: string, type: string, first: Value, second: Value][] = [
  ["bool", "bool", true, false],
  ["int8", "int32", -128, 127],
  ["int16", "int32", -32768, 32767],
  ["int32", "int32", -(2 ** 31), 2 ** 31 - 1],
  ["int8", "int64", -128n, 127n],
  ["int32", "int64", -(2n ** 31n), 2n ** 31n - 1n],
  ["int64", "int64", -(2n ** 63n), 2n ** 63n - 1n],
  ["uint8", "int32", 0, 255],
  ["uint16", "int32", 0, 65535],
  ["uint32", "int64", 0n, 2n ** 32n - 1n],
  ["uint64", "int64", 0n, 2n ** 63n - 1n],
  ["uint64_large", "int64", 0n, "value_out_of_range"],
  ["int16", "float32", -32768, 32767],
  ["uint16", "float64", 0, 65535],
  ["uint32", "float64", 0, 2 ** 32 - 1],
  ["int64", "float64", -(2 ** 63), "value_out_of_range"],
  ["uint64_large", "float64", 0, "value_out_of_range"],
  ["float16", "float32", 1.5, -0],
  ["float16", "float64", 1.5, -0],
  ["float32", "float32", Math.fround(0.1), -0],
  ["float32", "float64", Math.fround(0.1), -0],
  ["float64", "float64", Number.NaN, -0],
  ["float64", "float32", Number.NaN, -0],
  ["decimal9", "decimal(9,2)", "1.25", "-9999999.99"],
  ["decimal9", "decimal(12,4)", "1.2500", "-9999999.9900"],
  ["decimal38", "decimal(38,10)", "0.0000000001", "-1234567890123456789012345678.0123456789"],
  ["string", "string", "\ufeffmark", "😀 é"],
  ["large_string", "string", "", "x"],
  ["string_view", "string", "short", "longer than twelve bytes"],
  ["dictionary", "string", "a", "b"],
  ["binary", "bytes", bytesOf(), bytesOf(255, 0)],
  ["large_binary", "bytes", bytesOf(), bytesOf(255, 0)],
  ["binary_view", "bytes", bytesOf(0), text("longer than twelve bytes")],
  ["fixed_binary", "bytes", text("ab"), bytesOf(255, 0)],
  ["timestamp_s", "timestamp", 1_000_000n, -1_000_000n],
  ["timestamp_ms", "timestamp", 1000n, -1000n],
  ["timestamp_us", "timestamp", 1n, -1n],
  ["timestamp_us_utc", "timestamp", 1n, -1n],
  ["timestamp_us_zone", "timestamp", 1n, -1n],
  ["timestamp_s_large", "timestamp", 0n, "value_out_of_range"],
  ["date32", "timestamp", 86_400_000_000n, -86_400_000_000n],
  ["date64", "timestamp", 86_400_000_000n, -86_400_000_000n],
  ["list", "list<int64>", [1n, 2n], []],
  ["list", "list<float64>", [1, 2], []],
  ["list_with_null", "list<int64>", [], "type_mismatch"],
  ["large_list", "list<string>", ["a"], []],
  ["list_of_lists", "list<list<string>>", [["a"], []], []],
  ["vector", "vector(3)", Float32Array.of(1, 2, 3), Float32Array.of(-0, Number.NaN, 0.1)],
  ["vector", "list<float32>", [1, 2, 3], [-0, Number.NaN, Math.fround(0.1)]],
  ["list_as_vector", "vector(3)", Float32Array.of(1, 2, 3), Float32Array.of(-0, Number.NaN, 0.1)],
  ["ragged_vector", "vector(3)", Float32Array.of(1, 2, 3), "type_mismatch"],
];

const REFUSED: [column: string, type: string][] = [
  ["int64", "int32"],
  ["uint32", "int32"],
  ["int32", "float32"],
  ["float64", "int64"],
  ["string", "int64"],
  ["int64", "string"],
  ["dictionary", "int64"],
  ["binary", "string"],
  ["string", "bytes"],
  ["bool", "int64"],
  ["int64", "bool"],
  ["int64", "timestamp"],
  ["timestamp_us", "int64"],
  ["time64", "timestamp"],
  ["decimal9", "decimal(9,1)"],
  ["decimal9", "decimal(10,4)"],
  ["decimal9", "float64"],
  ["decimal60", "decimal(38,0)"],
  ["list", "list<int32>"],
  ["list", "list<string>"],
  ["int64", "list<int64>"],
  ["vector", "vector(4)"],
  ["list", "vector(2)"],
  ["struct", "string"],
  ["map", "string"],
];

const table = await readTable(await readFile(join(fixtures, "types.arrow")), "arrow");
const stream = await readTable(await readFile(join(fixtures, "types.arrows")), "arrow-stream");
const parquet = await readTable({ path: join(fixtures, "types.parquet") }, "parquet");

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return error instanceof EdgefeatError ? error.code : String(error);
  }
  return "no error";
}

describe("6 a column is read as its type, or as a wider one", () => {
  it.each(COLUMNS)("%s as %s", (column, name, first, second) => {
    const type = parseTypeName(name);
    for (const source of [table, stream, parquet]) {
      if (source === parquet && column === "timestamp_s_large") continue;
      const vector = columnOf(source, column);
      // Once whole, and once as chunks of one row each.
      const chunks = new Vector([0, 1, 2].flatMap((row) => vector.slice(row, row + 1).data));
      for (const read of [columnReader(vector, type, { column }), columnReader(chunks, type, { column })]) {
        expect(bits(read(0))).toBe(bits(first));
        if (second === "type_mismatch" || second === "value_out_of_range") {
          expect(codeOf(() => read(1))).toBe(second);
          expect(() => read(1)).toThrow(`column "${column}", row 2: `);
        } else {
          expect(bits(read(1))).toBe(bits(second));
        }
        expect(read(2)).toBeNull();
      }
    }
  });

  it.each(REFUSED)("%s is refused as %s", (column, name) => {
    const read = () => columnReader(columnOf(table, column), parseTypeName(name), { column });
    expect(codeOf(read)).toBe("type_mismatch");
    expect(read).toThrow(`column "${column}" is ${name}, but the data is `);
  });

  it("a column of nothing but nulls is read as anything", () => {
    for (const name of ["int64", "string", "list<bool>", "vector(2)", "decimal(3,1)"]) {
      expect(columnReader(columnOf(table, "null"), parseTypeName(name), { column: "null" })(1)).toBeNull();
    }
  });

  it("a column of no rows is read as any type it fits", () => {
    const empty = table.slice(0, 0);
    expect(() => columnReader(columnOf(empty, "list"), parseTypeName("list<int64>"), { column: "list" })(0)).toThrow(
      RangeError,
    );
    expect(codeOf(() => columnReader(columnOf(empty, "list"), parseTypeName("string"), { column: "list" }))).toBe(
      "type_mismatch",
    );
  });
});

it("6 each Arrow type has the value type that holds all of it", () => {
  const types = Object.fromEntries(
    table.schema.fields
      .map(({ name, type }) => [name, valueTypeOfArrow(type)] as const)
      .map(([name, type]) => [name, type && typeName(type)]),
  );
  expect(types).toMatchObject({
    int8: "int32",
    uint16: "int32",
    uint32: "int64",
    uint64: "int64",
    float16: "float32",
    decimal9: "decimal(9,2)",
    decimal60: null,
    string_view: "string",
    dictionary: "string",
    fixed_binary: "bytes",
    timestamp_ns: "timestamp",
    date32: "timestamp",
    time64: null,
    large_list: "list<string>",
    vector: "vector(3)",
    list_as_vector: "list<float32>",
    struct: null,
    map: null,
    null: null,
  });
});

describe("1.2 times finer than a microsecond are rounded as asked, and counted", () => {
  const ns = new Vector([
    makeData({
      type: new TimestampNanosecond(),
      data: BigInt64Array.of(1000n, 1001n, 1999n, -1n, -999n, -1000n, -1001n, 0n),
      nullBitmap: bytesOf(0b01111111),
      length: 8,
      nullCount: 1,
    }),
  ]);
  it.each([
    ["down", [1n, 1n, 1n, -1n, -1n, -1n, -2n, null]],
    ["up", [1n, 2n, 2n, 0n, 0n, -1n, -1n, null]],
  ] as const)("%s", (round, expected) => {
    const read = columnReader(ns, { kind: "timestamp" }, { column: "t", round });
    expect(expected.map((_, row) => read(row))).toEqual(expected);
  });
  it("counts those that are rounded, nulls apart", () => {
    expect(countFinerThanUs(ns)).toBe(5);
    expect(countFinerThanUs(columnOf(table, "timestamp_us"))).toBe(0);
    expect(countFinerThanUs(columnOf(table, "timestamp_ns"))).toBe(2);
  });
});

it("text is decoded as it stands, or refused", () => {
  const read = (...bytes: number[]) => {
    const data = makeData({
      type: new Utf8(),
      data: bytesOf(...bytes),
      valueOffsets: Int32Array.of(0, bytes.length),
      length: 1,
      nullCount: 0,
    });
    return columnReader(new Vector([data]), { kind: "string" }, { column: "s" })(0);
  };
  expect(read(0xef, 0xbb, 0xbf, 0x61)).toBe("\ufeffa");
  expect(read(0x61, 0x00)).toBe("a\0");
  expect(codeOf(() => read(0x61, 0xff))).toBe("type_mismatch");
});

it("rows are read in any order across many chunks", () => {
  const values = Array.from({ length: 100 }, (_, i) => (i % 9 === 0 ? null : `value ${i}`));
  const chunks = [values.slice(0, 1), [], values.slice(1, 50), values.slice(50)];
  const column = new Vector(chunks.flatMap((rows) => vectorFromValues({ kind: "string" }, rows).data));
  const read = columnReader(column, { kind: "string" }, { column: "s" });
  const order = values.map((_, i) => (i * 37) % 100);
  expect(order.map((row) => read(row))).toEqual(order.map((row) => values[row]));
  expect(() => read(100)).toThrow(RangeError);
  expect(() => read(-1)).toThrow(RangeError);
});

it("dictionary-encoded columns are read by their values, whatever these are", () => {
  const dictionary = (values: unknown[], of: DataType) => vectorFromArray(values, new Dictionary(of, new Int32()));
  const strings = columnReader(dictionary(["b", null, "a", "b"], new Utf8()), { kind: "string" }, { column: "d" });
  expect([0, 1, 2, 3].map((row) => strings(row))).toEqual(["b", null, "a", "b"]);
  const numbers = columnReader(dictionary([2n, 1n, null], new Int64()), { kind: "int64" }, { column: "d" });
  expect([0, 1, 2].map((row) => numbers(row))).toEqual([2n, 1n, null]);
  expect(codeOf(() => columnReader(dictionary([1.5], new Float64()), { kind: "int64" }, { column: "d" }))).toBe(
    "type_mismatch",
  );
});

it("a typed array becomes a column without a copy", () => {
  const values = BigInt64Array.of(1n, 2n, 3n);
  const column = vectorFromTyped({ kind: "timestamp" }, values, bytesOf(0b101));
  const read = columnReader(column, { kind: "timestamp" }, { column: "t" });
  expect([0, 1, 2].map((row) => read(row))).toEqual([1n, null, 3n]);
  expect(column.data[0]?.values.buffer).toBe(values.buffer);
});

describe("tables by column", () => {
  const int = (...values: bigint[]) => vectorFromValues({ kind: "int64" }, values);
  it("keep the order and names given, digits and __proto__ too", () => {
    const made = tableOf([
      ["2020", int(1n, 2n)],
      ["__proto__", int(3n, 4n)],
      ["1", int(5n, 6n)],
    ]);
    expect(made.schema.fields.map((field) => field.name)).toEqual(["2020", "__proto__", "1"]);
    expect([0, 1, 2].map((i) => made.getChildAt(i)?.get(1))).toEqual([2n, 4n, 6n]);
  });
  it("join columns of different chunks", () => {
    const chunked = new Vector([...int(1n).data, ...int(2n, 3n).data]);
    const made = tableOf([
      ["b", chunked],
      ["a", int(4n, 5n, 6n)],
    ]);
    expect([...(made.getChildAt(0) as Vector)]).toEqual([1n, 2n, 3n]);
    expect([...(made.getChildAt(1) as Vector)]).toEqual([4n, 5n, 6n]);
  });
  it("refuse two equal names, and name the nearest of a missing one", () => {
    expect(
      codeOf(() =>
        tableOf([
          ["a", int(1n)],
          ["a", int(1n)],
        ]),
      ),
    ).toBe("duplicate_column");
    const made = tableOf([["delay", int(1n)]]);
    expect(() => columnOf(made, "dealy")).toThrow(
      expect.objectContaining({ code: "missing_column", hint: 'did you mean "delay"?' }),
    );
  });
});
