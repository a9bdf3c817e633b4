// Bad input to a join: each fault has its code, names the field, and yields no table.
import type { Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures, openEngine } from "../../offline/index.ts";
import { EdgefeatError } from "../../sdk/index.ts";
import {
  count,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
  timestamp,
} from "../../sdk/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const user = entity("user", { joinKey: "id", type: int64() });
const schema = { id: int64(), at: timestamp(), n: int64(), event: string() };
const plain = parquet("plain", { path: "p.parquet", eventTime: "at", schema });
const identified = parquet("identified", { path: "e.parquet", eventTime: "at", eventId: "event", schema });
const stored = featureView("stored", { entities: [user], source: plain, features: { n: int64() } });
const again = featureView("again", { entities: [user], source: plain, features: { n: int64() } });
const windows = featureView("windows", {
  entities: [user],
  source: identified,
  aggregations: { total: sum("n", "1d"), events: count("1d") },
});
const asked = requestSource("asked", { scale: float64() });
const computed = onDemandView("computed", {
  inputs: [stored, asked],
  features: { scaled: float64() },
  expressions: { scaled: "n * scale" },
});
const both = featureService("both", { features: [stored, again] });
const { snapshot } = snapshotFrom({ stored, again, windows, computed, both });

type Columns = Record<string, [ValueType["kind"], (Value | null)[]]>;
const tableFrom = (columns: Columns): Table =>
  tableOf(
    Object.entries(columns).map(
      ([name, [kind, values]]) => [name, vectorFromValues({ kind } as ValueType, values)] as const,
    ),
  );

const ENTITIES: Columns = { id: ["int64", [1n, 2n]], event_timestamp: ["timestamp", [10n, 10n]] };
const SOURCE: Columns = {
  id: ["int64", [1n, 1n]],
  at: ["timestamp", [5n, 6n]],
  n: ["int64", [7n, 8n]],
  event: ["string", ["a", "b"]],
};

const join = (entities: Columns, source: Columns, features: string[], signal?: AbortSignal) =>
  getHistoricalFeatures({
    engine,
    entities: tableFrom(entities),
    snapshot,
    request: { features },
    readSource: async () => tableFrom(source),
    ...(signal === undefined ? {} : { signal }),
  });

async function faultOf(work: Promise<unknown>): Promise<EdgefeatError> {
  const fault = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(EdgefeatError);
  return fault as EdgefeatError;
}

describe("a join refuses", () => {
  const without = (columns: Columns, name: string): Columns =>
    Object.fromEntries(Object.entries(columns).filter(([column]) => column !== name));

  it.each<[string, Columns, Columns, string[], string, RegExp]>([
    ["entity rows without the key", without(ENTITIES, "id"), SOURCE, ["stored:n"], "missing_column", /join key.*"id"/],
    [
      "entity rows without the time",
      without(ENTITIES, "event_timestamp"),
      SOURCE,
      ["stored:n"],
      "missing_column",
      /time.*"event_timestamp"/,
    ],
    [
      "2.5: a text key for an integer one",
      { ...ENTITIES, id: ["string", ["1", "2"]] },
      SOURCE,
      ["stored:n"],
      "type_mismatch",
      /"id".*int64/,
    ],
    [
      "1.3: a null entity time",
      { ...ENTITIES, event_timestamp: ["timestamp", [10n, null]] },
      SOURCE,
      ["stored:n"],
      "null_time",
      /1 rows.*entity rows.*first 1/,
    ],
    [
      "1.3: a null source time",
      ENTITIES,
      { ...SOURCE, at: ["timestamp", [null, 6n]] },
      ["stored:n"],
      "null_time",
      /source "plain".*"at".*first 0/,
    ],
    [
      "1.1, 1.3: an entity time that is no text of a time",
      { ...ENTITIES, event_timestamp: ["string", ["1970-01-01 00:00:00.00001", "y"]] },
      SOURCE,
      ["stored:n"],
      "bad_time",
      /1 rows of the entity rows hold text that is no RFC 3339 time in "event_timestamp", first 1 \("y"\)/,
    ],
    [
      "an entity time that is a number",
      { ...ENTITIES, event_timestamp: ["int64", [1n, 2n]] },
      SOURCE,
      ["stored:n"],
      "type_mismatch",
      /event_timestamp/,
    ],
    [
      "1.3: null, unreadable and impossible times, the nulls first",
      ENTITIES,
      { ...SOURCE, at: ["string", [null, "9999-12-31T00:00:00Z"]] },
      ["stored:n"],
      "null_time",
      /1 rows of source "plain" have no time in "at", first 0; 1 more/,
    ],
    ["a source without a feature's column", ENTITIES, without(SOURCE, "n"), ["stored:n"], "missing_column", /"n"/],
    [
      "a source column of another type",
      ENTITIES,
      { ...SOURCE, n: ["string", ["7", "8"]] },
      ["stored:n"],
      "type_mismatch",
      /"plain\.n"/,
    ],
    [
      "2.5: a source key of another type",
      ENTITIES,
      { ...SOURCE, id: ["string", ["1", "1"]] },
      ["stored:n"],
      "type_mismatch",
      /"plain\.id"/,
    ],
    [
      "5.4: entity rows without request data",
      ENTITIES,
      SOURCE,
      ["computed:scaled"],
      "missing_column",
      /request data.*"scale"/,
    ],
    [
      "5.4: null request data",
      { ...ENTITIES, scale: ["float64", [1, null]] },
      SOURCE,
      ["computed:scaled"],
      "missing_value",
      /"scale".*1 entity rows, first 1/,
    ],
    [
      "5.4: request data of another type",
      { ...ENTITIES, scale: ["string", ["1", "2"]] },
      SOURCE,
      ["computed:scaled"],
      "type_mismatch",
      /"scale"/,
    ],
    [
      "2.7: two features of one name",
      ENTITIES,
      SOURCE,
      ["stored:n", "again:n"],
      "duplicate_column",
      /stored:n.*again:n/,
    ],
    [
      "2.7: a feature that has an entity column's name",
      { ...ENTITIES, n: ["int64", [0n, 0n]] },
      SOURCE,
      ["stored:n"],
      "duplicate_column",
      /column of the entity rows.*stored:n/,
    ],
    [
      "4.6: one event id with two contents",
      ENTITIES,
      { ...SOURCE, event: ["string", ["a", "a"]] },
      ["windows:total"],
      "event_conflict",
      /"a"/,
    ],
    [
      "an event without an id",
      ENTITIES,
      { ...SOURCE, event: ["string", ["a", null]] },
      ["windows:total"],
      "missing_value",
      /no id in "event"/,
    ],
    ["an unknown feature", ENTITIES, SOURCE, ["stored:m"], "unknown_feature", /no feature "m"/],
    [
      "a time past the year 2255",
      { ...ENTITIES, event_timestamp: ["timestamp", [10n, 2n ** 60n]] },
      SOURCE,
      ["stored:n"],
      "value_out_of_range",
      /1684 to 2255/,
    ],
  ])("%s", async (_, entities, source, features, code, message) => {
    const fault = await faultOf(join(entities, source, features));
    expect([fault.code, fault.message]).toStrictEqual([code, expect.stringMatching(message)]);
  });

  it("a cancelled signal", async () => {
    expect((await faultOf(join(ENTITIES, SOURCE, ["stored:n"], AbortSignal.abort()))).code).toBe("cancelled");
  });

  it("names the nearest feature", async () => {
    expect((await faultOf(join(ENTITIES, SOURCE, ["windows:totl"]))).hint).toBe('did you mean "total"?');
  });
});

describe("an engine after a fault", () => {
  it("joins as before", async () => {
    const { table } = await join(ENTITIES, SOURCE, ["stored:n", "windows:total"]);
    expect(columnValues(table, "n", { kind: "int64" })).toStrictEqual([8n, null]);
    expect(columnValues(table, "total", { kind: "int64" })).toStrictEqual([15n, null]);
  });

  it("4.6: counts an event once however often its id comes", async () => {
    const source: Columns = {
      id: ["int64", [1n, 1n, 1n]],
      at: ["timestamp", [5n, 5n, 6n]],
      n: ["int64", [7n, 7n, 1n]],
      event: ["string", ["a", "a", "b"]],
    };
    const { table } = await join(ENTITIES, source, ["windows:total", "windows:events"]);
    expect(columnValues(table, "total", { kind: "int64" })).toStrictEqual([8n, null]);
    expect(columnValues(table, "events", { kind: "int64" })).toStrictEqual([2n, 0n]);
  });
});
