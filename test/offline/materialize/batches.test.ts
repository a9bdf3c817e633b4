// What is sent to the online store at once: bounded in items and size, in whatever order large and small come.
import { describe, expect, it } from "vitest";
import { batches, eventChars, writeChars } from "../../../offline/materialize/batches.ts";
import type { RowWrite } from "../../../offline/materialize/sink.ts";
import { rowJson } from "../../../sdk/cli/online-sink.ts";
import { eventsJson } from "../../../sdk/cli/replayed-events.ts";
import { bool, csv, entity, featureView, string, timestamp, vector } from "../../../sdk/index.ts";
import type { StoredViewSpec } from "../../../sdk/registry/index.ts";
import type { LogEvent } from "../../../offline/log/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const [SMALL, MOST] = [1_000, 1_000_000];

describe("batches", () => {
  const cut = (sizes: readonly number[], from = 0) =>
    [...batches(sizes, from, (size) => size)].map(({ from, to }) => [from, to]);

  it.each<[what: string, sizes: readonly number[], expected: readonly (readonly [number, number])[]]>([
    ["nothing", [], []],
    [
      "at most 1,000 items",
      Array<number>(1_001).fill(0),
      [
        [0, 1_000],
        [1_000, 1_001],
      ],
    ],
    [
      "as much as may be",
      [SMALL, MOST - SMALL, SMALL],
      [
        [0, 2],
        [2, 3],
      ],
    ],
    [
      "a large one after small ones alone",
      [SMALL, SMALL, MOST, SMALL],
      [
        [0, 2],
        [2, 3],
        [3, 4],
      ],
    ],
    [
      "one beyond the bound alone",
      [4 * MOST, SMALL, 4 * MOST],
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
    ],
  ])("%s", (_, sizes, expected) => {
    expect(cut(sizes)).toEqual(expected);
  });

  it("go on from a place", () => {
    expect(cut([SMALL, SMALL, MOST, SMALL], 1)).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });
});

describe("what is sent takes no more than three bytes a character of the size of", () => {
  const user = entity("user", { joinKey: "user", type: string() });
  const names = Array.from({ length: 500 }, (_, i) => `a_feature_of_which_little_is_told_${i}`);
  const flags = Object.fromEntries(names.map((name) => [name, bool()]));
  const source = csv("s", {
    path: "s.csv",
    eventTime: "at",
    eventId: "id",
    schema: { id: string(), at: timestamp(), user: string(), note: string(), near: vector(10_000), ...flags },
  });
  const texts = featureView("texts", { entities: [user], source, features: { note: string() } });
  const wide = featureView("wide", { entities: [user], source, features: flags });
  const vectors = featureView("vectors", { entities: [user], source, features: { near: vector(10_000) } });
  const { views } = snapshotFrom({ texts, vectors, wide }).snapshot;
  const specOf = (view: string) => views[view]?.versions["1"]?.spec as StoredViewSpec;
  const times = { eventTimeUs: 0, createdTimeUs: null, writtenAtUs: 0 };

  it.each<[what: string, view: string, values: RowWrite["row"]["values"]]>([
    ["text beyond ASCII", "texts", ["漢".repeat(10_000)]],
    ["text that is escaped", "texts", ["\u0001".repeat(10_000)]],
    ["long lists of numbers", "vectors", [new Float32Array(10_000).fill(-1.234567e-20)]],
    ["many columns with little in them", "wide", names.map(() => null)],
  ])("a row: %s", (_, view, values) => {
    const write: RowWrite = { keys: ["\u0001".repeat(1_000)], row: { ...times, values } };
    expect(3 * writeChars(specOf(view))(write)).toBeGreaterThanOrEqual(Buffer.byteLength(rowJson(specOf(view), write)));
  });

  it.each(["漢", "\u0001", "x"])("an event of %j", (letter) => {
    const event: LogEvent = {
      ...times,
      id: letter.repeat(1_000),
      values: { user: "a", note: letter.repeat(10_000) },
      pushes: [],
    };
    expect(3 * eventChars(event)).toBeGreaterThanOrEqual(Buffer.byteLength(eventsJson(specOf("texts"), [event])));
  });
});
