// Tables loaded: replaced, sliced, of any name; and refused without a loss.
import {
  Dictionary,
  Field,
  Int32,
  List,
  makeData,
  TimestampMicrosecond,
  Utf8,
  Vector,
  vectorFromArray,
} from "apache-arrow";
import { tableOf, vectorFromTyped, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type EngineCase, equal, errorOf, matches, rows } from "./case.ts";

const int64 = (values: bigint[]) => vectorFromTyped({ kind: "int64" }, BigInt64Array.from(values));

export const loadingCases: readonly EngineCase[] = [
  {
    name: "names itself and its version",
    async run({ engine }) {
      matches(engine.name, /^[a-z-]+ \d+\.\d+\.\d+/);
    },
  },
  {
    name: "load replaces a table, whatever its columns were",
    async run({ engine }) {
      await engine.load("t", tableOf([["a", int64([1n, 2n])]]));
      await engine.load("t", tableOf([["b", vectorFromValues({ kind: "string" }, ["x"])]]));
      equal(await rows(engine, "SELECT * FROM t"), [["x"]]);
    },
  },
  {
    name: "load takes any name of a table or a column",
    async run({ engine }) {
      const odd = `we"ird ' name.x; -- $1 é`;
      await engine.load(odd, tableOf([[odd, int64([7n])]]));
      const quoted = `"${odd.replaceAll('"', '""')}"`;
      equal(await rows(engine, `SELECT ${quoted} FROM ${quoted}`), [[7n]]);
    },
  },
  {
    name: "load takes a slice of a table, from any row on, nulls and nested values included",
    async run({ engine }) {
      const numbers = Array.from({ length: 40 }, (_, i) => i);
      const whole = tableOf([
        ["a", int64(numbers.map(BigInt))],
        [
          "n",
          vectorFromValues(
            { kind: "bool" },
            numbers.map((i) => (i % 3 === 0 ? null : i % 2 === 0)),
          ),
        ],
        [
          "v",
          vectorFromValues(
            { kind: "vector", dimension: 2 },
            numbers.map((i) => (i % 4 === 0 ? null : Float32Array.of(i, -i))),
          ),
        ],
        [
          "l",
          vectorFromValues(
            { kind: "list", of: { kind: "string" } },
            numbers.map((i) => (i % 5 === 0 ? null : Array.from({ length: i % 3 }, () => `text number ${i} of many`))),
          ),
        ],
      ]);
      const rowOf = (i: number) => [
        BigInt(i),
        i % 3 === 0 ? null : i % 2 === 0,
        i % 4 === 0 ? null : Float32Array.of(i, -i),
        i % 5 === 0 ? null : Array.from({ length: i % 3 }, () => `text number ${i} of many`),
      ];
      for (const [from, to] of [
        [0, 40],
        [1, 3],
        [8, 29],
        [13, 40],
      ] as const) {
        await engine.load("t", whole.slice(from, to));
        equal(await rows(engine, "SELECT a, n, v, l FROM t"), numbers.slice(from, to).map(rowOf));
      }
    },
  },
  {
    name: "load takes a table of many small batches",
    async run({ engine }) {
      const parts = Array.from({ length: 50 }, (_, i) => tableOf([["a", int64([BigInt(2 * i), BigInt(2 * i + 1)])]]));
      await engine.load("t", (parts[0] as (typeof parts)[0]).concat(...parts.slice(1)));
      equal(await rows(engine, "SELECT count(*), count(*) FILTER (a <> rowid) FROM t"), [[100n, 0n]]);
    },
  },
  {
    name: "load takes a dictionary-encoded column as its values",
    async run({ engine }) {
      const column = vectorFromArray(["a", null, "b", "a"], new Dictionary(new Utf8(), new Int32()));
      await engine.load("t", tableOf([["x", column]]));
      equal(await rows(engine, "SELECT x FROM t WHERE coalesce(x, '') <> 'b'"), [["a"], [null], ["a"]]);
    },
  },
  {
    name: "load takes lists of dictionary-encoded text, and of times with a zone, as of plain ones",
    async run({ engine }) {
      const words = new Dictionary(new Utf8(), new Int32());
      const texts = vectorFromArray([["a", null], null, ["b", "a"]], new List(new Field("item", words, true)));
      const zoned = makeData({ type: new TimestampMicrosecond("UTC"), data: BigInt64Array.of(1n, 2n, 3n) });
      const times = makeData({
        type: new List(new Field("item", zoned.type, true)),
        length: 3,
        valueOffsets: Int32Array.of(0, 1, 1, 3),
        child: zoned,
      });
      await engine.load(
        "t",
        tableOf([
          ["x", texts],
          ["t", new Vector([times])],
        ]),
      );
      equal(await rows(engine, "SELECT x::VARCHAR, t, typeof(t) FROM t"), [
        ["[a, NULL]", [1n], "TIMESTAMP[]"],
        [null, [], "TIMESTAMP[]"],
        ["[b, a]", [2n, 3n], "TIMESTAMP[]"],
      ]);
    },
  },
  {
    name: "load refuses columns that SQL can't tell apart, and leaves what was there",
    async run({ engine }) {
      await engine.load("t", tableOf([["a", int64([1n])]]));
      const twins = tableOf([
        ["Key", int64([1n])],
        ["key", int64([2n])],
      ]);
      const error = await errorOf(engine.load("t", twins));
      equal(error.code, "duplicate_column");
      matches(error.message, /"Key".*"key"/);
      equal((await errorOf(engine.load("t", tableOf([])))).code, "type_mismatch");
      equal(await rows(engine, "SELECT * FROM t"), [[1n]]);
    },
  },
  {
    name: "two columns of a result may not have one name, which Arrow could not tell apart",
    async run({ engine }) {
      const error = await errorOf(engine.query("SELECT 1 AS x, 2 AS y, 'a' AS x"));
      equal([error.code, error.details?.["sql"]], ["duplicate_column", "SELECT 1 AS x, 2 AS y, 'a' AS x"]);
      matches(error.message, /"x"/);
    },
  },
];
