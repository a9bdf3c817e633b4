// What every place of the event log must do: one suite for R2 and for workerd's folders (worker/log/port.ts).
import { beforeEach, describe, expect, it } from "vitest";
import { type LogRecord, parseSegmentLine, parseSegmentName } from "../../sdk/log/index.ts";
import { parseJson } from "../../sdk/types/index.ts";
import { createEventLog, type PutObject } from "../../worker/log/segments.ts";

/** A place that objects are put to, and what is there, by path. */
export interface LogPlace {
  readonly put: PutObject;
  contents(): Promise<ReadonlyMap<string, string>>;
}

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));

const RECORD: LogRecord = {
  source: "sales",
  view: "stats",
  id: "e1",
  eventTimeUs: 985_996_800_000_001,
  createdTimeUs: null,
  writtenAtUs: 985_996_800_123_456,
  deferred: false,
  valuesJson: '{"shop":"a"}',
};

const RECORDS: readonly (readonly [what: string, more: Partial<LogRecord>])[] = [
  ["a plain event", {}],
  ["a deferred one with a created time", { deferred: true, createdTimeUs: 985_996_799_000_000 }],
  ["one that was taken before, perhaps", { repeat: true }],
  ["an event without an id", { id: null }],
  ["integers that a double rounds, and -0", { valuesJson: '{"a":9007199254740993,"b":-9223372036854775808,"c":-0}' }],
  [
    "text of all kinds",
    { id: '\u0000"\\é😀\u2028\n', valuesJson: JSON.stringify({ k: "line\nend \u0000 😀 \ufffd" }) },
  ],
  ["values that look like the line", { valuesJson: JSON.stringify({ values: ',"values":{' }), id: ',"values":' }],
  [
    "times before 1970 and late",
    { eventTimeUs: -1, writtenAtUs: -62_135_596_800_000, createdTimeUs: 9_007_199_254_740_991 },
  ],
  ["200 kB", { valuesJson: JSON.stringify({ k: "x".repeat(200_000) }) }],
];

let runs = 0;

/** Holds a place to it. `open` may return one place over and over: each test has a project of its own. */
export function eventLogConformance(name: string, open: () => Promise<LogPlace>): void {
  describe(`${name} as an event log`, () => {
    let place: LogPlace;
    let project: string;
    beforeEach(async () => {
      place = await open();
      project = `p${runs++}`;
    });

    const append = (records: readonly LogRecord[], space = { project, environment: "dev" }) =>
      createEventLog(place.put, space, random).append(records);

    async function segments(): Promise<[string, string][]> {
      return [...(await place.contents())].filter(([path]) => path.startsWith(`${project}/`));
    }

    it.each(RECORDS)("keeps %s", async (_, more) => {
      const record = { ...RECORD, ...more };
      await append([record]);
      const [[path, text] = ["", ""]] = await segments();
      expect(path).toMatch(new RegExp(`^${project}/dev/sales/segments/[^/]+$`));
      expect(parseSegmentName(path.split("/").at(-1) as string)).toEqual({
        writtenAtUs: record.writtenAtUs,
        records: 1,
      });
      expect(text.endsWith("\n")).toBe(true);
      expect(text.slice(0, -1)).not.toContain("\n");
      const { source: _source, valuesJson, ...told } = record;
      expect(parseSegmentLine(text.slice(0, -1))).toEqual({ ...told, values: parseJson(valuesJson) });
    });

    it("keeps the records of a call together, by source, in their order", async () => {
      const records = ["a", "b", "c", "d"].map((id, i) => ({ ...RECORD, id, source: i % 2 === 0 ? "x" : "y" }));
      await append(records);
      const found = await segments();
      const bySource = found.map(([path, text]) => [path.split("/")[2], text.split("\n").slice(0, -1)] as const);
      const ids = bySource.map(([source, lines]) => [source, lines.map((line) => parseSegmentLine(line).id)]);
      expect(Object.fromEntries(ids)).toEqual({ x: ["a", "c"], y: ["b", "d"] });
    });

    it("keeps what calls write at the same time", async () => {
      await Promise.all(Array.from({ length: 30 }, (_, i) => append([{ ...RECORD, id: String(i) }])));
      expect(await segments()).toHaveLength(30);
    });

    it("writes nothing for no records", async () => {
      await append([]);
      expect(await segments()).toEqual([]);
    });

    it("keeps projects whose names begin with dots in folders of their own", async () => {
      await append([RECORD], { project: "..", environment: ".hidden" });
      expect([...(await place.contents()).keys()].filter((path) => path.startsWith("~../~.hidden/sales/"))).not.toEqual(
        [],
      );
    });
  });
}
