// Files that can't be read as what they are called: each says what it is, which file, and what to do about it.
import { mkdir, mkdtemp, open, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobSource, tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import {
  openPath,
  readSchemaFile,
  readTable,
  readTableFile,
  writeTable,
  writeTableFile,
} from "../../../offline/datasets/files.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";

const fixture = (name: string) => readFile(join(import.meta.dirname, "../../fixtures", name));
const text = (value: string) => new TextEncoder().encode(value);
const CSV = "user_id,at\n1,2001-03-31T00:00:00Z\n";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgefeat-bad-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function faultOf(work: Promise<unknown>): Promise<EdgefeatError> {
  const fault = await work.then(
    () => new Error("no error"),
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(EdgefeatError);
  return fault as EdgefeatError;
}

/** What a file is called, what it holds, what is said of it, and what to do. */
const FILES: [name: string, content: () => Promise<Uint8Array> | Uint8Array, reason: RegExp, hint: RegExp][] = [
  ["empty.parquet", () => text(""), /empty: 0 bytes/, /make it again, or take it away/],
  ["empty.csv", () => text(""), /empty: 0 bytes/, /make it again/],
  ["empty.jsonl", () => text(""), /empty: 0 bytes/, /make it again/],
  ["empty.arrow", () => text(""), /empty/, /make it again/],
  ["blank.csv", () => text("\n\n"), /first line is empty/, /header line/],
  ["text.parquet", () => text(CSV), /starts with "user", so it is text, perhaps CSV/, /ending of what it is/],
  ["text.arrow", () => text(CSV), /text, perhaps CSV/, /ending of what it is/],
  ["json.parquet", () => text('{"a":1}\n'), /so it is JSON/, /ending/],
  ["parquet.csv", () => fixture("driver_stats.parquet"), /it is a Parquet file/, /ending/],
  ["parquet.arrow", () => fixture("driver_stats.parquet"), /a Parquet file/, /ending/],
  ["arrow.parquet", () => fixture("arrow-types/types.arrow"), /so it is an Arrow IPC file/, /ending/],
  ["arrow.csv", () => fixture("arrow-types/types.arrow"), /it is an Arrow IPC file/, /ending/],
  ["gz.parquet", () => gzipSync(CSV), /compressed with gzip/, /gunzip/],
  ["gz.arrow", () => gzipSync(CSV), /compressed with gzip/, /gunzip/],
  ["cut.csv.gz", () => gzipSync(CSV).subarray(0, 30), /gzip data is damaged or cut off/, /copy or write it again/],
  ["zstd.csv", () => zstdCompressSync(CSV), /compressed with zstd/, /zstd -d/],
  ["archive.csv", () => text("PK\u0003\u0004rest"), /a zip archive or a spreadsheet/, /save a spreadsheet as CSV/],
  ["page.parquet", () => text("<!DOCTYPE html><title>Sign in"), /a web page/, /fetch the file itself/],
  ["page.csv", () => text("<!DOCTYPE html><title>Sign in"), /a web page/, /fetch the file itself/],
  ["pointer.parquet", () => text("version https://git-lfs.github.com/spec/v1\noid"), /Git LFS/, /git lfs pull/],
  ["avro.parquet", () => text("Obj\u0001rest"), /an Avro file/, /convert it to Parquet/],
  [
    "footer.parquet",
    () => fixture("arrow-types/encrypted-footer.parquet"),
    /an encrypted Parquet/,
    /without encryption/,
  ],
  [
    "columns.parquet",
    () => fixture("arrow-types/encrypted-columns.parquet"),
    /some of its columns are encrypted/,
    /read other columns/,
  ],
  ["utf16.csv", () => new Uint8Array(Buffer.from(`\ufeff${CSV}`, "utf16le")), /text in UTF-16/, /save it as UTF-8/],
  ["latin1.csv", () => Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a), /not text in UTF-8/, /write it as UTF-8/],
  ["ragged.csv", () => text("a,b\n1,2\n3\n"), /line 3 has 1 cells, and the header 2/, /double quotes/],
  ["twice.csv", () => text("a,a\n1,2\n"), /has two columns "a"/, /rename one/],
  ["twice.parquet", () => fixture("arrow-types/duplicate.parquet"), /has two columns "a"/, /rename one/],
  ["twice.arrow", () => fixture("arrow-types/duplicate.feather"), /has two columns "a"/, /rename one/],
  [
    "lz4.arrow",
    () => fixture("arrow-types/lz4.feather"),
    /compressed with LZ4/i,
    /compression="uncompressed" or "zstd"/,
  ],
  [
    "feather1.feather",
    () => fixture("arrow-types/version1.feather"),
    /Feather version 1/,
    /Feather version 2 or Parquet/,
  ],
  ["cut.parquet", async () => (await fixture("driver_stats.parquet")).subarray(0, 20_000), /cut off/, /again, whole/],
  ["cut.arrow", async () => (await fixture("arrow-types/types.arrow")).subarray(0, 5000), /cut off/, /whole/],
  ["cut.jsonl", () => text('{"a":1}\n{"a":'), /line 2/, /mend the line/],
  ["short.parquet", () => text("PAR1PAR1"), /cut off/, /again, whole/],
];

describe.each(FILES)("%s", (name, content, reason, hint) => {
  it("says which file, why, and the mend; for its columns too", async () => {
    const path = join(folder, name);
    await writeFile(path, await content());
    const work = name.startsWith("twice") ? "duplicate_column" : "file_unreadable";
    const fault = await faultOf(readTableFile(path));
    expect([fault.code, fault.message]).toEqual([work, expect.stringContaining(path)]);
    expect(fault.message).toMatch(reason);
    expect(fault.hint).toMatch(hint);
    // A CSV's columns are those of its header, whatever follows.
    if (!/ragged|latin1|columns\.parquet/.test(name)) expect((await faultOf(readSchemaFile(path))).code).toBe(work);
  });
});

it("a folder in the place of a file", async () => {
  await mkdir(join(folder, "folder.parquet"));
  const fault = await faultOf(readTableFile(join(folder, "folder.parquet")));
  expect([fault.code, fault.message]).toEqual(["file_unreadable", expect.stringContaining("is a folder")]);
});

describe("a file that changes while it is read", () => {
  it("on disk", async () => {
    const path = join(folder, "changing.parquet");
    await writeFile(path, await fixture("driver_stats.parquet"));
    const source = await openPath(path);
    await source.read(0, 4);
    await utimes(path, 1, 1);
    expect((await faultOf(readTable(source, "parquet"))).message).toMatch(
      /changing\.parquet changed while it was read/,
    );
    await source.close();
  });

  it("on disk, made shorter", async () => {
    const path = join(folder, "shorter.csv");
    await writeFile(path, CSV);
    const source = await openPath(path);
    await (await open(path, "w")).close();
    const fault = await faultOf(readTable(source, "csv"));
    expect([fault.code, fault.message]).toEqual([
      "file_unreadable",
      expect.stringContaining("changed while it was read"),
    ]);
    await source.close();
  });

  it("in a browser, where a chosen file is gone", async () => {
    const gone = { size: 1000, slice: () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) }) };
    const fault = await faultOf(readTable(blobSource(gone as unknown as Blob, "chosen.parquet"), "parquet"));
    expect([fault.message, fault.hint]).toEqual([
      "chosen.parquet can't be read: NotReadableError",
      expect.stringContaining("choose it again"),
    ]);
  });

  it("and the next file is read", async () => {
    expect((await readTable(await fixture("driver_stats.parquet"), "parquet")).numRows).toBe(1807);
  });
});

describe("a table of 10,000 columns", () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `column_${i}`);
  const wide = tableOf(names.map((name, i) => [name, vectorFromValues({ kind: "int32" }, [i, null])]));

  it.each(["parquet", "csv", "jsonl", "arrow"] as const)(
    "is written as %s and read, whole and by two of its columns",
    async (format) => {
      const bytes = await writeTable(wide, format);
      const types = { column_9999: { kind: "int32" }, column_3: { kind: "int32" } } as const;
      const whole = await readTable(bytes, format, { types });
      expect([whole.numCols, whole.numRows]).toEqual([10_000, 2]);
      const two = await readTable(bytes, format, { columns: ["column_9999", "column_3"], types });
      expect(two.toArray().map((row) => row?.toJSON())).toEqual([
        { column_9999: 9999, column_3: 3 },
        { column_9999: null, column_3: null },
      ]);
      const missing = await faultOf(readTable(bytes, format, { columns: ["colum_77"] }));
      expect([missing.code, missing.hint]).toEqual(["missing_column", expect.stringContaining("column_77")]);
    },
    120_000,
  );
});

describe("writing that ends early leaves the file as it was", () => {
  it.each(["parquet", "csv", "jsonl", "arrow"])("cancelled, .%s", async (ending) => {
    const path = join(folder, `kept/table.${ending}`);
    const table = tableOf([["n", vectorFromValues({ kind: "int64" }, [1n])]]);
    await writeTableFile(path, table);
    const before = await readFile(path);
    const fault = await faultOf(writeTableFile(path, table, { signal: AbortSignal.abort() }));
    expect(fault.code).toBe("cancelled");
    expect(await readFile(path)).toEqual(before);
  });
});
