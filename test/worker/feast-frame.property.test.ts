// A frame of Feast's is another way to write the rows of POST /v1/rows: both come to the same, to the bit.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bool,
  bytes,
  decimal,
  entity,
  featureView,
  float32,
  float64,
  int64,
  list,
  parquet,
  string,
  timestamp,
  vector,
} from "../../sdk/index.ts";
import type { StoredRow } from "../../sdk/rows/index.ts";
import { formatTime, parseTime } from "../../sdk/time.ts";
import { parseJson, parseTypeName, type Value, valueToJson } from "../../sdk/types/index.ts";
import { parseFrame, readFrame, type StoredTarget } from "../../worker/write/feast-frame.ts";
import { writableView } from "../../worker/write/row-shape.ts";
import { parseStoredRows } from "../../worker/write/stored-rows.ts";
import { snapshotFrom } from "../support/snapshots.ts";
import { anyText, bitsOf, valuesOf } from "../support/values.ts";

const features = {
  a_bool: bool(),
  an_int64: int64(),
  a_float32: float32(),
  a_float64: float64(),
  a_decimal: decimal(20, 4),
  a_string: string(),
  some_bytes: bytes(),
  a_time: timestamp(),
  times: list(timestamp()),
  embedding: vector(3),
};
const pair = entity("pair", { joinKeys: { user_id: int64(), item: string() } });
const source = parquet("events", {
  path: "events.parquet",
  eventTime: "at",
  createdTime: "made",
  schema: { user_id: int64(), item: string(), at: timestamp(), made: timestamp(), ...features },
});
const { snapshot } = snapshotFrom({ view: featureView("view", { entities: [pair], source, features }) });
const target = writableView(snapshot, "view", null) as StoredTarget;
const types = target.spec.features.map(({ name, type }) => ({ name, type: parseTypeName(type) }));
const NOW = parseTime("2100-01-01T00:00:00Z");
const moment = { nowUs: NOW, maxSkewUs: 0, frozen: true };

const times = fc.integer({ min: -(2 ** 52), max: NOW });
const rows = fc.array(
  fc.record({
    user_id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    item: anyText,
    at: times,
    made: fc.option(times),
    values: fc.tuple(...types.map(({ type }) => fc.option(valuesOf(type)))),
  }),
  { minLength: 1, maxLength: 5 },
);

test("rows written as a frame are those written one by one", () => {
  fc.assert(
    fc.property(rows, fc.boolean(), (given, zoneless) => {
      const json = (i: number, value: Value | null) => parseJson(valueToJson(types[i]!.type, value));
      const byRow = given.map(({ user_id, item, at, made, values }) => ({
        entities: { user_id, item },
        eventTime: formatTime(at),
        createdTime: made === null ? null : formatTime(made),
        values: Object.fromEntries(values.map((value, i) => [types[i]!.name, json(i, value)])),
      }));
      // Years beyond four digits have no zoneless form that anyone sends, and all of these have four.
      const timeText = (us: number) => (zoneless ? formatTime(us).slice(0, -1) : formatTime(us));
      const frame = parseFrame({
        user_id: given.map((row) => row.user_id),
        item: given.map((row) => row.item),
        event_timestamp: given.map((row) => timeText(row.at)),
        created: given.map((row) => (row.made === null ? null : timeText(row.made))),
        ...Object.fromEntries(types.map(({ name }, i) => [name, given.map((row) => json(i, row.values[i] ?? null))])),
      });
      const used = new Set<string>();
      const read = shown(readFrame(snapshot, target, frame, moment, used));
      expect(read).toEqual(shown(parseStoredRows(snapshot, target, byRow, moment)));
      expect([...used].toSorted()).toEqual([...frame.columns.keys()].toSorted());
    }),
  );
});

function shown(byKey: ReadonlyMap<string, readonly StoredRow[]>) {
  return [...byKey].map(([key, stored]) => [
    key,
    stored.map(({ values, ...times_ }) => ({ ...times_, values: values.map(bitsOf) })),
  ]);
}
