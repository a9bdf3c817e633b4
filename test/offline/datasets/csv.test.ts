// CSV: what a cell stands for, what is refused and where, and what is written.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DataType, DateDay, Null, Struct, TimestampNanosecond, Uint64, vectorFromArray } from "apache-arrow";
import { describe, expect, it } from "vitest";
import {
  type BadCell,
  type TextOptions,
  columnOf,
  columnReader,
  tableOf,
  vectorFromValues,
} from "../../../offline/datasets/index.ts";
import { readSchema, readTable, writeTable } from "../../../offline/datasets/files.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { parseTypeName, type Value } from "../../../sdk/types/index.ts";
import { bits } from "./values.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Returns the rows of a CSV text, each column by its declared type. */
async function rowsOf(
  text: string,
  types: Record<string, string> = {},
  options: TextOptions = {},
): Promise<(Value | null)[][]> {
  const declared = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, parseTypeName(type)]));
  const table = await readTable(encode(text), "csv", { types: declared, ...options });
  const readers = table.schema.fields.map(({ name }) =>
    columnReader(columnOf(table, name), declared[name] ?? { kind: "string" }, { column: name }),
  );
  return Array.from({ length: table.numRows }, (_, row) => readers.map((read) => read(row)));
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof EdgefeatError ? `${error.code}: ${error.message}` : String(error)),
  );

describe("6 a cell is parsed by its declared type", () => {
  it.each<[type: string, cell: string, value: Value | null]>([
    ["bool", "true", true],
    ["bool", "False", false],
    ["int32", "-2147483648", -(2 ** 31)],
    ["int32", "+7", 7],
    ["int32", "-0", 0],
    ["int64", "9223372036854775807", 2n ** 63n - 1n],
    ["int64", "-9223372036854775808", -(2n ** 63n)],
    ["int64", " 12 ", 12n],
    ["int64", '"12"', 12n],
    ["int64", "007", 7n],
    ["float64", "0.1", 0.1],
    ["float64", "-0", -0],
    ["float64", "-0.0", -0],
    ["float64", "1e3", 1000],
    ["float64", ".5", 0.5],
    ["float64", "5.", 5],
    ["float64", "NaN", Number.NaN],
    ["float64", "nan", Number.NaN],
    ["float64", "Infinity", Infinity],
    ["float64", "-inf", -Infinity],
    ["float64", "1e-400", 0],
    ["float32", "0.1", Math.fround(0.1)],
    ["decimal(10,2)", "1.5", "1.50"],
    ["decimal(10,2)", "-0.01", "-0.01"],
    ["string", " x ", " x "],
    ["string", '""', ""],
    ["string", "", null],
    ["string", '"a""b,\nc"', 'a"b,\nc'],
    ["string", "null", "null"],
    ["string", "NaN", "NaN"],
    ["bytes", "/wA=", Uint8Array.of(255, 0)],
    ["bytes", '""', new Uint8Array(0)],
    ["bytes", "", null],
    ["timestamp", "2001-03-31T00:00:00Z", 985_996_800_000_000n],
    ["timestamp", "2001-03-31 00:00:00", 985_996_800_000_000n],
    ["timestamp", "2001-03-31", 985_996_800_000_000n],
    ["timestamp", "2001-03-31T02:00:00+02:00", 985_996_800_000_000n],
    ["timestamp", "1969-12-31T23:59:59.999999Z", -1n],
    ["timestamp", "", null],
    ["list<int64>", '"[9007199254740993,-1]"', [9007199254740993n, -1n]],
    ["list<float64>", '"[-0.0,""NaN""]"', [-0, Number.NaN]],
    ["list<string>", "[]", []],
    ["list<timestamp>", '"[""2001-03-31""]"', [985_996_800_000_000n]],
    ["vector(2)", '"[0.5,-0.0]"', Float32Array.of(0.5, -0)],
  ])("%s %s", async (type, cell, value) => {
    expect((await rowsOf(`row,x\n1,${cell}\n`, { x: type })).map((row) => bits(row[1]))).toEqual([bits(value)]);
  });

  it.each<[type: string, cell: string, code: string]>([
    ["bool", "1", "type_mismatch"],
    ["bool", "yes", "type_mismatch"],
    ["int64", "1.0", "type_mismatch"],
    ["int64", "1e3", "type_mismatch"],
    ["int64", "0x10", "type_mismatch"],
    ["int64", "1_000", "type_mismatch"],
    ["int64", '""', "type_mismatch"],
    ["int64", " ", "type_mismatch"],
    ["int64", "9223372036854775808", "value_out_of_range"],
    ["int32", "2147483648", "value_out_of_range"],
    ["float64", "1,5", "file_unreadable"],
    ["float64", "1.5.2", "type_mismatch"],
    ["float64", "0x10", "type_mismatch"],
    ["float64", "1e999", "value_out_of_range"],
    ["float32", "1e39", "value_out_of_range"],
    ["decimal(4,2)", "1.234", "value_out_of_range"],
    ["decimal(4,2)", "100", "value_out_of_range"],
    ["decimal(4,2)", "1e1", "type_mismatch"],
    ["bytes", "!", "type_mismatch"],
    ["timestamp", "2001-02-30", "bad_time"],
    ["timestamp", "yesterday", "bad_time"],
    ["timestamp", "985996800", "bad_time"],
    ["timestamp", "2001-03-31T00:00:00.0000000001Z", "value_out_of_range"],
    ["list<int64>", "1", "type_mismatch"],
    ["list<int64>", "[1", "type_mismatch"],
    ["list<int64>", "[null]", "type_mismatch"],
    ["vector(2)", "[1]", "type_mismatch"],
  ])("%s %s is refused: %s", async (type, cell, code) => {
    expect(await errorOf(rowsOf(`row,x\n1,${cell}\n`, { x: type }))).toMatch(new RegExp(`^${code}: the data.*line 2`));
  });
});

describe("where a bad cell is", () => {
  it.each<[text: string, where: string]>([
    ["a,b\n1,2\n3,x\n", 'line 3, column "b"'],
    ['a,b\n"two\nlines",2\n3,x\n', 'line 4, column "b"'],
    ['a,b\r\n"two\r\nlines",2\r\n3,x\r\n', 'line 4, column "b"'],
    ["a,b\n\n\n3,x\n", 'line 4, column "b"'],
  ])("%j", async (text, where) => {
    expect(await errorOf(rowsOf(text, { b: "int64" }))).toBe(
      `type_mismatch: the data, ${where}: expected int64, got "x"`,
    );
  });

  it("1.3 more than one row of them are counted, the first ones named, and the mend told", async () => {
    const text = `t,n\n${["x,y", ",1", "x,2", "x,3", "x,4"].map((line) => `${line}\n`).join("")}`;
    const types = { t: { kind: "timestamp" }, n: { kind: "int64" } } as const;
    await expect(readTable(encode(text), "csv", { types, name: "x.csv" })).rejects.toMatchObject({
      code: "bad_time",
      message: expect.stringMatching(
        /^x\.csv, line 2, column "t": .*; 4 rows have such cells, first on lines 2, 4, 5$/,
      ),
      hint: expect.stringMatching(/; or set such rows aside: --on-bad-rows quarantine$/),
      details: { line: 2, column: "t", count: 4, lines: [2, 4, 5] },
    });
  });

  it("1.3 bad cells can be heard of one by one, and read as null", async () => {
    const bad: BadCell[] = [];
    const rows = await rowsOf(
      "t,n\nx,1\n2001-03-31,y\n,3\n",
      { t: "timestamp", n: "int64" },
      { onBadCell: (cell) => bad.push(cell) },
    );
    expect(rows).toEqual([
      [null, 1n],
      [985_996_800_000_000n, null],
      [null, 3n],
    ]);
    expect(bad.map(({ line, column, text, error }) => [line, column, text, error.code])).toEqual([
      [2, "t", "x", "bad_time"],
      [3, "n", "y", "type_mismatch"],
    ]);
  });
});

describe("1.2 times finer than a microsecond reach the reader unrounded", () => {
  it("in a column of nanoseconds", async () => {
    const text = "t\n2001-03-31T00:00:00.0000010Z\n\n1969-12-31T23:59:59.999999999\n2001-03-31T00:00:00.000000001Z\n";
    const table = await readTable(encode(text), "csv", { types: { t: { kind: "timestamp" } } });
    const read = (round: "up" | "down") => {
      const reader = columnReader(columnOf(table, "t"), { kind: "timestamp" }, { column: "t", round });
      return [0, 1, 2, 3].map((row) => reader(row));
    };
    expect(read("down")).toEqual([985_996_800_000_001n, null, -1n, 985_996_800_000_000n]);
    expect(read("up")).toEqual([985_996_800_000_001n, null, 0n, 985_996_800_000_001n]);
    expect(new TextDecoder().decode(await writeTable(table, "csv"))).toBe(
      "t\n2001-03-31T00:00:00.000001Z\n\n1969-12-31T23:59:59.999999999Z\n2001-03-31T00:00:00.000000001Z\n",
    );
  });
});

describe("the shape of a file", () => {
  it.each<[what: string, text: string, rows: (string | null)[][]]>([
    ["line feeds", "a,b\n1,2\n", [["1", "2"]]],
    ["no line break at the end", "a,b\n1,2", [["1", "2"]]],
    ["carriage returns too", "a,b\r\n1,2\r\n", [["1", "2"]]],
    [
      "mixed line breaks",
      "a,b\r\n1,2\n3,4\r5,6",
      [
        ["1", "2"],
        ["3", "4"],
        ["5", "6"],
      ],
    ],
    ["a byte order mark", "\ufeffa,b\n1,2\n", [["1", "2"]]],
    ["blank lines", "a,b\n\n1,2\n\n", [["1", "2"]]],
    ["blank lines of a single column are nulls", "a\n1\n\n2\n", [["1"], [null], ["2"]]],
    ["no rows", "a,b\n", []],
    ["no rows and no line break", "a,b", []],
    ["null and empty text", 'a,b\n,""\n', [[null, ""]]],
    ["NUL in a cell", "a\nx\0y\n", [["x\0y"]]],
  ])("%s", async (_, text, rows) => {
    expect(await rowsOf(text)).toEqual(rows);
  });

  it.each<[what: string, bytes: Uint8Array, error: RegExp]>([
    ["empty", encode(""), /file_unreadable: the data can't be read as CSV: it is empty/],
    ["short row", encode("a,b\n1,2\n3\n"), /file_unreadable: .*line 3 has 1 cells, and the header 2/],
    ["long row", encode("a,b\n1,2,3\n"), /file_unreadable: .*line 2 has 3 cells, and the header 2/],
    ["two equal names", encode("a,b,a\n1,2,3\n"), /duplicate_column: the data has two columns "a"/],
    ["open quote", encode('a\n"x\n'), /file_unreadable: .*line 2/],
    ["text after a quote", encode('a\n"x"y\n'), /file_unreadable: .*line 2/],
    ["quote within text", encode('a\nx"y\n'), /file_unreadable: .*line 2/],
    ["Latin-1", Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a), /file_unreadable: .*UTF-8/],
    ["UTF-16", Uint8Array.from(Buffer.from("a,b\n1,2\n", "utf16le")), /file_unreadable: .*NUL/],
  ])("%s is refused", async (_, bytes, error) => {
    expect(await errorOf(readTable(bytes, "csv"))).toMatch(error);
  });

  it("columns come as asked for, and only they are parsed", async () => {
    const table = await readTable(encode("a,b,c\n1,x,3\n"), "csv", {
      columns: ["c", "a"],
      types: { b: { kind: "int64" } },
    });
    expect(table.schema.fields.map(({ name }) => name)).toEqual(["c", "a"]);
    expect(await errorOf(readTable(encode("delay\n1\n"), "csv", { columns: ["dealy"] }))).toBe(
      'missing_column: the data has no column "dealy"',
    );
  });

  it("the header alone tells the columns", async () => {
    const schema = await readSchema(encode('"a\n1",b\n"x'), "csv");
    expect(schema.columns.map(({ name }) => name)).toEqual(["a\n1", "b"]);
    expect(schema.rows).toBeNull();
  });
});

describe("6 what is written", () => {
  const csvOf = async (type: DataType, values: unknown[]) =>
    new TextDecoder().decode(await writeTable(tableOf([["x", vectorFromArray(values, type)]]), "csv"));

  it("is exact, and told apart from null", async () => {
    const table = tableOf([
      ["i", vectorFromValues({ kind: "int64" }, [2n ** 63n - 1n, null])],
      ["f", vectorFromValues({ kind: "float64" }, [-0, Number.NaN])],
      ["g", vectorFromValues({ kind: "float64" }, [-Infinity, 1e21])],
      ["s", vectorFromValues({ kind: "string" }, ["", null])],
      ["t", vectorFromValues({ kind: "timestamp" }, [985_996_800_000_000n, -1n])],
      ["b", vectorFromValues({ kind: "bytes" }, [Uint8Array.of(255, 0), new Uint8Array(0)])],
      ["v", vectorFromValues({ kind: "vector", dimension: 2 }, [Float32Array.of(0.5, -0), null])],
      ["d", vectorFromValues({ kind: "decimal", precision: 5, scale: 2 }, ["1.50", "-0.01"])],
    ]);
    expect(new TextDecoder().decode(await writeTable(table, "csv"))).toBe(
      [
        "i,f,g,s,t,b,v,d",
        '9223372036854775807,-0,-Infinity,"",2001-03-31T00:00:00Z,/wA=,"[0.5,-0]",1.50',
        ',NaN,1e+21,,1969-12-31T23:59:59.999999Z,"",,-0.01',
        "",
      ].join("\n"),
    );
  });

  it("covers further types that pass through", async () => {
    expect(await csvOf(new Uint64(), [2n ** 64n - 1n, null])).toBe("x\n18446744073709551615\n\n");
    expect(await csvOf(new DateDay(), [new Date("2001-03-31"), null])).toBe("x\n2001-03-31\n\n");
    expect(await csvOf(new Null(), [null])).toBe("x\n\n");
    expect(await csvOf(new TimestampNanosecond(), [])).toBe("x\n");
  });

  it("refuses what has no text", async () => {
    expect(await errorOf(csvOf(new Struct([]), []))).toMatch(/^type_mismatch: column "x"/);
    const far = tableOf([["x", vectorFromValues({ kind: "timestamp" }, [253_402_300_800_000_000n])]]);
    expect(await errorOf(writeTable(far, "csv"))).toMatch(/^value_out_of_range: column "x", row 1/);
  });
});

it("airports.csv of vega-datasets reads with declared types", async () => {
  const bytes = await readFile(join(import.meta.dirname, "../../../node_modules/vega-datasets/data/airports.csv"));
  const table = await readTable(bytes, "csv", {
    types: { latitude: { kind: "float64" }, longitude: { kind: "float64" } },
  });
  expect(String(table.schema)).toBe(
    "Schema<{ 0: iata: Utf8, 1: name: Utf8, 2: city: Utf8, 3: state: Utf8, 4: country: Utf8, 5: latitude: Float64, 6: longitude: Float64 }>",
  );
  expect(table.numRows).toBe(3376);
});
