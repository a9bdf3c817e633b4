// JSON lines: what a member stands for, what is refused and where, and what is written.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DateDay, makeData, Struct, TimestampNanosecond, Uint64, Vector, vectorFromArray } from "apache-arrow";
import { describe, expect, it } from "vitest";
import {
  type BadCell,
  columnOf,
  columnReader,
  tableOf,
  type TextOptions,
  vectorFromValues,
} from "../../../offline/datasets/index.ts";
import { readSchema, readTable, writeTable } from "../../../offline/datasets/files.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { parseTypeName, type Value } from "../../../sdk/types/index.ts";
import { bits } from "./values.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function rowsOf(
  text: string | Uint8Array,
  types: Record<string, string> = {},
  options: TextOptions = {},
): Promise<Record<string, Value | null>[]> {
  const declared = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, parseTypeName(type)]));
  const bytes = typeof text === "string" ? encode(text) : text;
  const table = await readTable(bytes, "jsonl", { types: declared, name: "x.jsonl", ...options });
  const readers = table.schema.fields.map(({ name }) => {
    const type = Object.hasOwn(declared, name) ? declared[name] : undefined;
    return [name, columnReader(columnOf(table, name), type ?? { kind: "string" }, { column: name })] as const;
  });
  return Array.from({ length: table.numRows }, (_, row) =>
    Object.fromEntries(readers.map(([name, read]) => [name, read(row)])),
  );
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof EdgefeatError ? `${error.code}: ${error.message}` : String(error)),
  );

describe("6 a member is read by its declared type", () => {
  it.each<[type: string, json: string, value: Value | null]>([
    ["bool", "true", true],
    ["int32", "-2147483648", -(2 ** 31)],
    ["int64", "9223372036854775807", 2n ** 63n - 1n],
    ["int64", "-9223372036854775808", -(2n ** 63n)],
    ["int64", "9007199254740993", 2n ** 53n + 1n],
    ["int64", "1.0", 1n],
    ["float64", "-0", -0],
    ["float64", '"NaN"', Number.NaN],
    ["float64", '"-Infinity"', -Infinity],
    ["float64", "3", 3],
    ["float32", "0.1", Math.fround(0.1)],
    ["decimal(5,2)", '"1.5"', "1.50"],
    ["string", '"é\\n"', "é\n"],
    ["string", '""', ""],
    ["bytes", '"AP8="', Uint8Array.of(0, 255)],
    ["timestamp", '"2001-03-31T00:00:00.000001Z"', 985_996_800_000_001n],
    ["timestamp", '"2001-03-31 02:00:00+02:00"', 985_996_800_000_000n],
    ["timestamp", '"2001-03-31T00:00:00"', 985_996_800_000_000n],
    ["timestamp", '"2001-03-31"', 985_996_800_000_000n],
    ["list<int64>", "[9223372036854775807]", [2n ** 63n - 1n]],
    ["list<list<string>>", '[["a"],[]]', [["a"], []]],
    ["vector(2)", '[1,"NaN"]', Float32Array.of(1, Number.NaN)],
    ["int64", "null", null],
    ["vector(2)", "null", null],
  ])("%s: %s", async (type, json, value) => {
    const [row] = await rowsOf(`{"x":${json}}\n`, { x: type });
    expect(bits(row?.["x"] as Value | null)).toEqual(bits(value));
  });

  it.each<[type: string, json: string, code: string]>([
    ["int64", '"1"', "type_mismatch"],
    ["int64", "1.5", "type_mismatch"],
    ["int64", "9223372036854775808", "value_out_of_range"],
    ["int32", "2147483648", "value_out_of_range"],
    ["bool", "1", "type_mismatch"],
    ["string", "1", "type_mismatch"],
    ["decimal(5,2)", "1.5", "type_mismatch"],
    ["timestamp", "985996800", "type_mismatch"],
    ["timestamp", '"soon"', "bad_time"],
    ["vector(2)", "[1]", "type_mismatch"],
    ["list<int64>", "[null]", "type_mismatch"],
    ["bytes", '"*"', "type_mismatch"],
  ])("%s: %s is refused with its line and column", async (type, json, code) => {
    expect(await errorOf(rowsOf(`{"x":null}\n\n{"x":${json}}\n`, { x: type }))).toMatch(
      new RegExp(`^${code}: x\\.jsonl, line 3, column "x": `),
    );
  });

  it("times finer than a microsecond keep their digits until they are rounded", async () => {
    const table = await readTable(encode('{"t":"2001-03-31T00:00:00.000000001Z"}\n{"t":null}'), "jsonl", {
      types: { t: { kind: "timestamp" } },
    });
    const up = columnReader(columnOf(table, "t"), { kind: "timestamp" }, { column: "t", round: "up" });
    const down = columnReader(columnOf(table, "t"), { kind: "timestamp" }, { column: "t", round: "down" });
    expect([up(0), down(0), up(1)]).toEqual([985_996_800_000_001n, 985_996_800_000_000n, null]);
  });

  it("undeclared members are text: strings as they are, others as their JSON", async () => {
    const text = '{"s":"a","i":9223372036854775807,"b":true,"o":{"k":[1,null]},"n":null,"__proto__":1,"toString":2}';
    expect(await rowsOf(text)).toEqual([
      Object.fromEntries([
        ["s", "a"],
        ["i", "9223372036854775807"],
        ["b", "true"],
        ["o", '{"k":[1,null]}'],
        ["n", null],
        ["__proto__", "1"],
        ["toString", "2"],
      ]),
    ]);
  });
});

describe("columns", () => {
  const lines = '{"a":1}\r\n{"b":"x"}\n  \n{"b":null,"a":3,"c":true}';
  it("are those of any line, in the order in which they first come; a missing member is null", async () => {
    expect(await rowsOf(lines, { a: "int64" })).toEqual([
      { a: 1n, b: null, c: null },
      { a: null, b: "x", c: null },
      { a: 3n, b: null, c: "true" },
    ]);
  });
  it("come as asked for; a declared one that no line has is null", async () => {
    expect(await rowsOf(lines, { a: "int64", z: "int64" }, { columns: ["z", "b"] })).toEqual([
      { z: null, b: null },
      { z: null, b: "x" },
      { z: null, b: null },
    ]);
  });
  it("that no line has and nothing declares are refused by the nearest name", async () => {
    const work = rowsOf(lines, {}, { columns: ["bb"] });
    await expect(work).rejects.toMatchObject({ code: "missing_column", hint: expect.stringContaining("b") });
  });
  it("of a file without lines are those that are asked for and declared", async () => {
    const table = await readTable(encode(""), "jsonl", { columns: ["a"], types: { a: { kind: "int64" } } });
    expect([String(table.schema), table.numRows]).toEqual(["Schema<{ 0: a: Int64 }>", 0]);
  });
  it("are told by readSchema as text", async () => {
    const { columns, rows } = await readSchema(encode(lines), "jsonl");
    expect([columns.map(({ name, type }) => [name, type?.kind]), rows]).toEqual([
      [
        ["a", "string"],
        ["b", "string"],
        ["c", "string"],
      ],
      null,
    ]);
  });
});

it("bad members are told of, and read as null, where someone hears of them", async () => {
  const bad: BadCell[] = [];
  const text = '{"x":1}\n{"x":"y"}\n{"x":3}';
  const rows = await rowsOf(text, { x: "int64" }, { onBadCell: (cell) => bad.push(cell) });
  expect(rows).toEqual([{ x: 1n }, { x: null }, { x: 3n }]);
  expect(bad).toMatchObject([{ row: 1, line: 2, column: "x", text: '"y"', error: { code: "type_mismatch" } }]);
});

it("a gzipped file is read", async () => {
  expect(await rowsOf(gzipSync('{"x":1}\n'), { x: "int64" })).toEqual([{ x: 1n }]);
  expect(await errorOf(rowsOf(gzipSync('{"x":1}\n').subarray(0, 12)))).toMatch(/gzip data is damaged or cut off/);
});

it.each<[what: string, text: string | Uint8Array, message: RegExp]>([
  ["nothing", "", /empty: 0 bytes/],
  ["blank lines", "\n \n", /no lines/],
  ["a line that is cut off", '{"x":1}\n{"x":', /line 2.*is not JSON/],
  ["a JSON array", '[{"x":1}]', /line 1 is an array, not an object/],
  ["a document over lines", "{\n", /line 1 is only a part of a value/],
  ["a number", "1\n", /line 1 is the value 1, not an object/],
  ["CSV", "a,b\n1,2\n", /it is text, perhaps CSV/],
  ["a web page", "<!DOCTYPE html>\n<p>", /it is a web page/],
  ["another encoding", Uint8Array.of(0x7b, 0x22, 0xff), /line 1 is not text in UTF-8/],
])("%s is refused", async (_, text, message) => {
  const error = await errorOf(rowsOf(text));
  expect(error).toMatch(/^file_unreadable: x\.jsonl can't be read as JSON lines: /);
  expect(error).toMatch(message);
});

it("a Parquet file that is called JSON lines is named for what it is", async () => {
  const bytes = await readFile(join(import.meta.dirname, "../../fixtures/driver_stats.parquet"));
  expect(await errorOf(rowsOf(bytes))).toMatch(/it is a Parquet file/);
});

describe("written", () => {
  it("every column is a member, in the JSON forms of SEMANTICS 6", async () => {
    const table = tableOf([
      ["i", vectorFromValues({ kind: "int64" }, [2n ** 63n - 1n, null])],
      ["f", vectorFromValues({ kind: "float64" }, [-0, Number.NaN])],
      ['quo"te', vectorFromValues({ kind: "string" }, ["a\nb", ""])],
      ["t", vectorFromValues({ kind: "timestamp" }, [1n, null])],
      ["ns", new Vector([makeData({ type: new TimestampNanosecond(), data: BigInt64Array.of(1n, -1n) })])],
      ["u", vectorFromArray([2n ** 64n - 1n, 0n], new Uint64())],
      ["d", vectorFromArray([new Date("2001-03-31"), null], new DateDay())],
    ]);
    expect(new TextDecoder().decode(await writeTable(table, "jsonl"))).toBe(
      '{"i":9223372036854775807,"f":-0,"quo\\"te":"a\\nb","t":"1970-01-01T00:00:00.000001Z","ns":"1970-01-01T00:00:00.000000001Z","u":18446744073709551615,"d":"2001-03-31"}\n' +
        '{"i":null,"f":"NaN","quo\\"te":"","t":null,"ns":"1969-12-31T23:59:59.999999999Z","u":0,"d":null}\n',
    );
  });
  it("a column without a form in JSON lines is refused", async () => {
    const table = tableOf([["s", vectorFromArray([], new Struct([]))]]);
    await expect(writeTable(table, "jsonl")).rejects.toMatchObject({ code: "type_mismatch" });
  });
});
