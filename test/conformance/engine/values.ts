// Columns in and out: every type, to the bit, in order; and what SQL and Arrow call each.
import {
  type DataType,
  DateDay,
  Decimal,
  Field,
  FixedSizeList,
  Float32,
  Int16,
  Int8,
  LargeBinary,
  LargeUtf8,
  List,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { columnOf, columnReader, tableOf, vectorFromTyped, vectorFromValues } from "../../../offline/datasets/index.ts";
import { typeName } from "../../../sdk/types/index.ts";
import { bits, rowsOf, TYPES } from "../../offline/datasets/values.ts";
import { type EngineCase, equal, rows } from "./case.ts";

/** Every type but lists of decimals with all digits after the point and the like: what the offline side puts through SQL. */
const LOADED = TYPES.filter((type) => type.kind !== "decimal" || type.scale < 38);

const roundTrips = LOADED.map((type): EngineCase => ({
  name: `6 ${typeName(type)} passes through to the bit, in its order, nulls among it`,
  run: ({ engine }) =>
    fc.assert(
      fc.asyncProperty(rowsOf(type, { textTimes: true }), async (values) => {
        await engine.load("t", tableOf([["x", vectorFromValues(type, values)]]));
        const back = columnOf(await engine.query("SELECT x FROM t"), "x");
        const read = columnReader(back, type, { column: "x" });
        equal(
          Array.from({ length: back.length }, (_, row) => read(row)),
          values,
        );
      }),
      { numRuns: 5, examples: [[[]], [[null]]] },
    ),
}));

const list = (type: DataType) => new List(new Field("item", type));
const COLUMNS: [arrow: DataType, sql: string, values: unknown[]][] = [
  [new TimestampMicrosecond("UTC"), "TIMESTAMP", [0]],
  [new TimestampMicrosecond("America/New_York"), "TIMESTAMP", [0]],
  [new TimestampMicrosecond(), "TIMESTAMP", [0]],
  [new TimestampSecond(), "TIMESTAMP_S", [0]],
  [new TimestampMillisecond(), "TIMESTAMP_MS", [0]],
  [new TimestampNanosecond(), "TIMESTAMP_NS", [0]],
  [new DateDay(), "DATE", [0]],
  [new TimeMicrosecond(), "TIME", [1n]],
  [new Decimal(2, 4, 128), "DECIMAL(4,2)", []],
  [new Decimal(2, 10, 128), "DECIMAL(10,2)", []],
  [list(new Utf8()), "VARCHAR[]", [["a"]]],
  [list(list(new Utf8())), "VARCHAR[][]", [[["a"]]]],
  [new FixedSizeList(3, new Field("item", new Float32())), "FLOAT[3]", [[1, 2, 3]]],
  [
    new Struct([new Field("a", new Int8()), new Field("b", new Utf8())]),
    "STRUCT(a TINYINT, b VARCHAR)",
    [{ a: 1, b: "x" }],
  ],
  [new Int8(), "TINYINT", [-128]],
  [new Int16(), "SMALLINT", [-32_768]],
  [new Uint8(), "UTINYINT", [255]],
  [new Uint16(), "USMALLINT", [65_535]],
  [new Uint32(), "UINTEGER", [4_294_967_295]],
  [new Uint64(), "UBIGINT", [2n ** 64n - 1n]],
  [new LargeUtf8(), "VARCHAR", ["é"]],
  [new LargeBinary(), "BLOB", [Uint8Array.of(0, 255)]],
];

const columnTypes = COLUMNS.map(([arrow, sql, values]): EngineCase => ({
  name: `a column of ${String(arrow)} is ${sql}, whatever it holds`,
  async run({ engine }) {
    await engine.load("t", tableOf([["x", vectorFromArray([null, ...values, null], arrow)]]));
    equal(await rows(engine, "SELECT column_type FROM (DESCRIBE t)"), [[sql]]);
    const back = columnOf(await engine.query("SELECT x FROM t WHERE x IS NOT NULL"), "x");
    equal(JSON.stringify([...back], text), JSON.stringify([...vectorFromArray(values, arrow)], text));
    equal(await rows(engine, "SELECT count(*) FROM t"), [[BigInt(values.length + 2)]]);
  },
}));

const text = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);

const RESULTS: [sql: string, arrow: string][] = [
  ["true", "Bool"],
  ["1::TINYINT", "Int8"],
  ["1::INTEGER", "Int32"],
  ["1::BIGINT", "Int64"],
  ["1::UBIGINT", "Uint64"],
  ["1::FLOAT", "Float32"],
  ["1::DOUBLE", "Float64"],
  ["'a'", "Utf8"],
  ["'a'::BLOB", "Binary"],
  ["TIMESTAMP '2001-01-01'", "Timestamp<MICROSECOND>"],
  ["DATE '2001-01-01'", "Date32<DAY>"],
  ["1.5::DECIMAL(10,2)", "Decimal[10e+2]"],
  ["[1::BIGINT]", "List<Int64>"],
  ["[1, 2]::FLOAT[2]", "FixedSizeList[2]<Float32>"],
];

const resultTypes = RESULTS.map(([sql, arrow]): EngineCase => ({
  name: `the result of ${sql} is ${arrow}, null or not, and where there are no rows`,
  async run({ engine }) {
    for (const suffix of ["", " WHERE false"]) {
      const { schema } = await engine.query(`SELECT ${sql} AS x${suffix}`);
      equal(String(schema.fields[0]?.type), arrow);
    }
    const table = await engine.query(
      `SELECT v.x FROM range(5000) r(i) LEFT JOIN (SELECT 0 AS z, ${sql} AS x) v ON r.i % 2 = v.z ORDER BY r.i`,
    );
    equal(
      Array.from({ length: 4 }, (_, i) => table.getChildAt(0)?.isValid(4_000 + i)),
      [true, false, true, false],
    );
  },
}));

const million: EngineCase = {
  name: "a million rows keep their order, on the way in and out, through every slice",
  async run({ engine }) {
    const count = 1_000_000;
    const id = vectorFromTyped(
      { kind: "int64" },
      BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
    );
    const wordOf = (i: number) => (i % 3 === 0 ? null : i % 5 === 0 ? `a longer text, and é: ${i}` : `é${i}`);
    const words = vectorFromValues(
      { kind: "string" },
      (function* () {
        for (let i = 0; i < count; i++) yield wordOf(i);
      })(),
    );
    await engine.load(
      "big",
      tableOf([
        ["id", id],
        ["word", words],
      ]),
    );
    equal(await rows(engine, "SELECT count(*), count(word), count(*) FILTER (id <> rowid) FROM big"), [
      [1_000_000n, 666_666n, 0n],
    ]);
    equal(await rows(engine, "SELECT count(*) FROM big WHERE word <> 'é' || id AND id % 5 <> 0"), [[0n]]);
    const back = await engine.query("SELECT id, word FROM big");
    const ids = columnReader(columnOf(back, "id"), { kind: "int64" }, { column: "id" });
    const texts = columnReader(columnOf(back, "word"), { kind: "string" }, { column: "word" });
    equal(back.numRows, count);
    for (let i = 0; i < count; i++) {
      if (ids(i) !== BigInt(i) || texts(i) !== wordOf(i)) throw new Error(`row ${i} is ${bits([ids(i), texts(i)])}`);
    }
    const sorted = await engine.query("SELECT id FROM big WHERE id % 7 <> 0 ORDER BY id DESC");
    const downwards = columnReader(columnOf(sorted, "id"), { kind: "int64" }, { column: "id" });
    for (let i = 1; i < sorted.numRows; i++) {
      if ((downwards(i) as bigint) >= (downwards(i - 1) as bigint)) throw new Error(`row ${i} is out of order`);
    }
  },
};

export const valueCases: readonly EngineCase[] = [...roundTrips, ...columnTypes, ...resultTypes, million];
