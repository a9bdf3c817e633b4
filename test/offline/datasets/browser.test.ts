// Datasets in real Chromium: files, URLs and bytes in and out, Parquet on a worker that ends when it should.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTable, writeTable } from "../../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type BrowserPage, hasChromium, openPage } from "../../support/browser-page.ts";
import { reportMissing } from "../../support/requirements.ts";

const MINUTE = 60_000;
const COUNT = 200_000;

const table = tableOf([
  ["id", vectorFromValues({ kind: "int64" }, [...Array(COUNT).keys()].map(BigInt))],
  [
    "word",
    vectorFromValues(
      { kind: "string" },
      [...Array(COUNT).keys()].map((i) => (i % 7 === 0 ? null : `é ${i}`)),
    ),
  ],
]);

const PAGE = `
  import { openBrowserDatasets } from "edgefeat/offline";
  const open = (options) => openBrowserDatasets({
    parquetWorker: "parquet-worker.js",
    parquetWasm: "parquet_wasm_bg.wasm",
    ...options,
  });
  const told = (work) => work.then((table) => ({ rows: table.numRows, columns: table.schema.fields.map((f) => f.name), last: String(table.get(table.numRows - 1)) }), ({ code, message }) => ({ code, message }));
  const file = async (path, name = path) => new File([await (await fetch(path)).blob()], name);
  let datasets;
  Object.assign(globalThis, {
    start: async () => { datasets = await open(); },
    fromFile: async (path, options, name) => told(datasets.readTableFile(await file(path, name), options)),
    fromUrl: async (path, options) => told(datasets.readTableFile(new URL(path, location.href), options)),
    schema: async (path) => (await datasets.readSchemaFile(await file(path))).rows,
    again: async (path, format) => {
      const table = await datasets.readTableFile(await file(path));
      const bytes = await datasets.writeTable(table, format);
      return told(datasets.readTable(bytes, format));
    },
    written: async (path) => [...await datasets.writeTable((await datasets.readTableFile(await file(path))).slice(0, 1_000), "parquet")],
    close: () => datasets.close(),
    opening: (options) => told(open(options)),
  });
`;

if (!hasChromium) reportMissing("chromium", "the datasets' tests in Chromium", "apt-get install chromium");

describe.skipIf(!hasChromium)("datasets in Chromium", () => {
  let opened: BrowserPage;
  const run = (call: string): Promise<unknown> => opened.page.evaluate(`globalThis.${call}`);
  const last = `{"id": ${COUNT - 1}, "word": "é ${COUNT - 1}"}`;

  beforeAll(async () => {
    const parquet = await writeTable(table, "parquet");
    opened = await openPage(PAGE, {
      files: {
        "a.parquet": parquet,
        "b.arrow": await writeTable(table, "arrow"),
        "c.csv": await writeTable(table, "csv"),
        "cut.parquet": parquet.subarray(0, parquet.length - 9),
        "damaged.parquet": parquet.map((byte, i) =>
          i > parquet.length - 300 && i < parquet.length - 8 ? 0xff - byte : byte,
        ),
      },
    });
    await run("start()");
  }, MINUTE);
  afterAll(() => opened?.close());

  it.each([
    ["fromFile('a.parquet')", ["id", "word"], last],
    ["fromFile('a.parquet', { columns: ['word'] })", ["word"], `{"word": "é ${COUNT - 1}"}`],
    ["fromUrl('a.parquet')", ["id", "word"], last],
    ["fromFile('b.arrow')", ["id", "word"], last],
    ["fromFile('c.csv', { types: { id: { kind: 'int64' } } })", ["id", "word"], last],
    ["fromFile('a.parquet', { format: 'parquet' }, 'no ending')", ["id", "word"], last],
    ["again('a.parquet', 'parquet')", ["id", "word"], last],
    ["again('a.parquet', 'arrow')", ["id", "word"], last],
  ])("%s has all rows", async (call, columns, row) => {
    expect(await run(call)).toEqual({ rows: COUNT, columns, last: row });
  });

  it("what it writes, Node reads", async () => {
    const bytes = Uint8Array.from((await run("written('a.parquet')")) as number[]);
    expect((await readTable(bytes, "parquet")).toString()).toBe(table.slice(0, 1_000).toString());
  });

  it("reads a schema", async () => {
    expect(await run("schema('a.parquet')")).toBe(COUNT);
  });

  it.each([
    ["fromFile('cut.parquet')", "file_unreadable", /cut\.parquet.*cut off/],
    ["fromFile('damaged.parquet')", "file_unreadable", /damaged\.parquet/],
    ["fromFile('c.csv', {}, 'x.parquet')", "file_unreadable", /x\.parquet/],
    ["fromFile('a.parquet', { columns: ['wrod'] })", "missing_column", /wrod/],
    ["fromFile('a.parquet', {}, 'a.xlsx')", "file_format_unknown", /a\.xlsx/],
    ["fromUrl('nothing.parquet')", "file_not_found", /nothing\.parquet/],
    ["opening({ parquetWasm: 'nothing.wasm' })", "engine_unavailable", /nothing\.wasm.*404/],
  ])("%s is told apart", async (call, code, message) => {
    expect(await run(call)).toEqual({ code, message: expect.stringMatching(message) });
    expect(await run("fromFile('a.parquet')")).toMatchObject({ rows: COUNT });
  });

  it("closing ends the worker, and what is asked for later", async () => {
    expect(opened.page.workers()).toHaveLength(1);
    await run("close()");
    await expect.poll(() => opened.page.workers()).toHaveLength(0);
    expect(await run("fromFile('a.parquet')")).toMatchObject({ code: "engine_unavailable" });
  });
});
