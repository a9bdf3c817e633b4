// Events of the log as a push takes them: what a version knows of, as it knows it, whatever versions before it were told.
import { describe, expect, it } from "vitest";
import type { LogEvent } from "../../offline/log/index.ts";
import { eventsJson } from "../../sdk/cli/replayed-events.ts";
import { entity, featureView, float64, int64, parquet, string, sum, timestamp } from "../../sdk/index.ts";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { snapshotFrom } from "../support/snapshots.ts";

const user = entity("user", { joinKey: "user", type: int64() });
const schema = { id: string(), user: int64(), at: timestamp(), made: timestamp(), x: float64(), seen: timestamp() };
const specOf = (more: { createdTime?: string; eventTime?: string }, columns: object = {}) => {
  const source = parquet("s", {
    path: "s.parquet",
    eventTime: "at",
    eventId: "id",
    schema: { ...schema, ...columns },
    ...more,
  });
  const view = featureView("v", { entities: [user], source, push: true, aggregations: { n: sum("x", "1d") } });
  return snapshotFrom({ view }).snapshot.views["v"]?.versions["1"]?.spec as AggregatedViewSpec;
};
const event: LogEvent = {
  id: "7",
  eventTimeUs: 1_000_000,
  createdTimeUs: 2_000_001,
  writtenAtUs: 3_000_000,
  values: { user: 9007199254740993n, x: "NaN", seen: "1970-01-01T00:00:05Z", gone: 1 },
  pushes: [],
};
const times = { time: "1970-01-01T00:00:01Z", created: "1970-01-01T00:00:02.000001Z" };
const user9 = '"user":9007199254740993';

describe("an event of the log", () => {
  it.each<[what: string, spec: AggregatedViewSpec, event: LogEvent, text: string]>([
    [
      "has its id, times and values, long integers kept",
      specOf({ createdTime: "made" }),
      event,
      `[{"id":"7","time":"${times.time}","created":"${times.created}","values":{${user9},"x":"NaN","seen":"1970-01-01T00:00:05Z"}}]`,
    ],
    [
      "leaves out a created time that the version has none of",
      specOf({}),
      event,
      `[{"id":"7","time":"${times.time}","values":{${user9},"x":"NaN","seen":"1970-01-01T00:00:05Z"}}]`,
    ],
    [
      "leaves out among its values what is a time of the version",
      specOf({ createdTime: "seen" }),
      { ...event, createdTimeUs: null },
      `[{"id":"7","time":"${times.time}","created":null,"values":{${user9},"x":"NaN"}}]`,
    ],
    [
      "does not make up what it was not told",
      specOf({}),
      { ...event, values: { user: 1 } },
      `[{"id":"7","time":"${times.time}","values":{"user":1}}]`,
    ],
  ])("%s", (_, spec, given, text) => {
    const [parsed] = JSON.parse(eventsJson(spec, [given])) as { values: object }[];
    const [wanted] = JSON.parse(text) as { values: object }[];
    expect(parsed).toEqual(wanted);
    expect(eventsJson(spec, [given]).includes(user9)).toBe(text.includes(user9));
  });
});
