// What online should hold of a view: a table of rows and events, and whether they count surely, perhaps, or not.
import { expect, test } from "vitest";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { PUSHES, pushesText } from "../../../offline/log/pushes.ts";
import { boundaryOf, heldName, HeldRows, type HeldView, type Outcome } from "../../../offline/monitor/held-rows.ts";
import type { RowMark } from "../../../offline/monitor/reconcile-report.ts";
import { count, entity, featureView, int64, parquet, string, timestamp } from "../../../sdk/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const key = entity("key", { joinKey: "key", type: string() });
const source = parquet("events", {
  path: "events.parquet",
  eventTime: "t",
  eventId: "id",
  schema: { id: string(), key: string(), t: timestamp(), n: int64() },
});
const { snapshot } = snapshotFrom({
  stored: featureView("stored", { entities: [key], source, features: { n: int64() } }),
  pushedStored: featureView("pushed_stored", { entities: [key], source, push: true, features: { n: int64() } }),
  windows: featureView("windows", { entities: [key], source, aggregations: { n: count("1h") } }),
  pushed: featureView("pushed", { entities: [key], source, push: true, aggregations: { n: count("1h") } }),
});

const LATENESS = 3_600_000_000;

type ViewName = "stored" | "pushed_stored" | "windows" | "pushed";
const row = (e: number) => ({ e, pushes: null });
/** An event of the log; `inFile`: the source has it too. */
const event = (e: number, loggedUs: number, taken: Record<string, number | null>, inFile = false) => ({
  e,
  pushes: pushesText({
    loggedUs: inFile ? null : loggedUs,
    pushes: Object.entries(taken).map(([view, takenUs]) => ({ view, takenUs })),
  }),
});
const mark = (eventTimeUs: number | null, boundaryUs: number | null = null): RowMark => ({
  id: "k",
  revision: "r",
  eventTimeUs,
  boundaryUs,
  isReadable: true,
});
const UNREADABLE: RowMark = { ...mark(null), isReadable: false };

// Runs took (0, 100], of the log what was written by 110. What was written after 500 may be on its way.
const CASES: [
  what: string,
  view: ViewName,
  of: ReturnType<typeof event | typeof row>,
  mark: RowMark | null,
  held: string,
][] = [
  ["a row that a run covered", "stored", row(50), null, "yes"],
  ["the last row of a run", "stored", row(100), null, "yes"],
  ["a row at a run's START", "stored", row(0), null, "no"],
  ["a row before any run", "stored", row(-5), mark(80), "yes"],
  ["a row before any run, of a key without one", "stored", row(-5), null, "no"],
  ["a row after every run", "stored", row(101), mark(100), "no"],
  ["a row that a run under way has written", "stored", row(101), mark(101), "yes"],
  ["a row before B", "windows", row(-50), null, "yes"],
  ["a row after B", "windows", row(101), mark(100, 100), "no"],
  ["a row before the later B of its key", "windows", row(101), mark(120, 120), "yes"],
  ["a row after the stale B of its key", "windows", row(60), mark(50, 50), "yes"],
  ["a row after the B of a key that was pushed to", "pushed", row(60), mark(90, 50), "perhaps"],
  ["a row of a key that is not there", "pushed", row(60), null, "yes"],
  ["a row of a key that can't be read", "pushed", row(60), UNREADABLE, "yes"],
  ["a pushed event", "pushed", event(200, 201, { pushed: 201 }), mark(200, 100), "yes"],
  ["a pushed event of a stored view", "pushed_stored", event(200, 201, { pushed_stored: 201 }), mark(200), "yes"],
  ["a pushed event on its way", "pushed", event(200, 501, { pushed: 501 }), null, "perhaps"],
  ["a pushed event that a run took", "pushed", event(90, 95, { pushed: 95 }), mark(90, 100), "yes"],
  ["a pushed event that a run overtook", "pushed", event(90, 115, { pushed: 115 }), mark(90, 100), "perhaps"],
  ["a deferred event before B, that a run took", "pushed", event(90, 95, { pushed: null }), mark(90, 100), "yes"],
  [
    "a deferred event before B, later than the run",
    "pushed",
    event(90, 300, { pushed: null }),
    mark(90, 100),
    "perhaps",
  ],
  ["a deferred event after B", "pushed", event(150, 300, { pushed: null }), mark(400, 100), "no"],
  ["a deferred event in the file too", "pushed", event(90, 300, { pushed: null }, true), mark(90, 100), "yes"],
  ["an event for another view", "pushed", event(150, 160, { other: 160 }), mark(120, 100), "no"],
  [
    "an event for another view, pushed beside it maybe",
    "pushed",
    event(150, 160, { other: 160 }),
    mark(150, 100),
    "unnamed",
  ],
  ["an event for another view, that a run took", "stored", event(90, 95, { other: 95 }), null, "yes"],
];

// Of views with versions beside the one that is looked at; the log has the verdict of whichever was the latest.
const BESIDE_OTHERS: typeof CASES = [
  [
    "a deferred event that another version may have deferred",
    "pushed",
    event(150, 300, { pushed: null }),
    mark(400, 100),
    "perhaps",
  ],
  [
    "a deferred event later than all that the row has",
    "pushed",
    event(450, 460, { pushed: null }),
    mark(400, 100),
    "no",
  ],
  ["a deferred event before B, that a run took", "pushed", event(90, 95, { pushed: null }), mark(90, 100), "yes"],
  ["a deferred row of a stored view", "pushed_stored", event(150, 300, { pushed_stored: null }), mark(400), "perhaps"],
  ["an event that was on time", "pushed", event(LATENESS, 300, { pushed: 300 }), mark(2 * LATENESS, 100), "yes"],
  [
    "an event that another version may have taken late",
    "pushed",
    event(LATENESS - 1, 300, { pushed: 300 }),
    mark(2 * LATENESS, 100),
    "perhaps",
  ],
  [
    "an event of a stored view, however late",
    "pushed_stored",
    event(200, 300, { pushed_stored: 300 }),
    mark(2 * LATENESS),
    "yes",
  ],
];

// Where the run was the version's first, and pushed into it what the view had been told.
const CAUGHT_UP: typeof CASES = [
  ["a deferred event told by then", "pushed", event(150, 105, { pushed: null }), mark(400, 100), "yes"],
  ["a deferred event told later", "pushed", event(150, 300, { pushed: null }), mark(400, 100), "no"],
  [
    "a deferred event that this or another view was told by then",
    "pushed",
    event(150, 105, { pushed: null, other: 105 }),
    mark(400, 100),
    "perhaps",
  ],
];

test.each([
  ...CASES.map((one) => [...one, {}] as const),
  ...BESIDE_OTHERS.map((one) => [...one, { hasOthers: true }] as const),
  ...CAUGHT_UP.map((one) => [...one, { caughtUp: true }] as const),
])(
  "%s of %s",
  async (
    _,
    view,
    of,
    its,
    held,
    { hasOthers = false, caughtUp = false }: { hasOthers?: boolean; caughtUp?: boolean },
  ) => {
    const spec = snapshot.views[view]?.versions["1"]?.spec as HeldView["spec"];
    const runs = [{ startUs: 0, endUs: 100, sealedUs: 110, caughtUp }];
    const covered = {
      intervals: runs,
      runs: spec.kind === "stored" ? runs : [{ startUs: null, endUs: 100, sealedUs: 110, caughtUp }],
    };
    const marks = new Map(its === null ? [] : [["k", its]]);
    const boundaryUs = boundaryOf(spec, covered, [mark(100, 100)]);
    const table = tableOf([
      ["id", vectorFromValues({ kind: "string" }, ["e"])],
      ["key", vectorFromValues({ kind: "string" }, ["k"])],
      ["t", vectorFromValues({ kind: "timestamp" }, [BigInt(of.e)])],
      ["n", vectorFromValues({ kind: "int64" }, [1n])],
      [PUSHES, vectorFromValues({ kind: "string" }, [of.pushes])],
    ]);
    const rows = new HeldRows([{ view, version: 1, spec, covered, boundaryUs, marks, hasOthers }], {
      engine: undefined as never,
      readSource: async () => table,
      onBadRows: undefined,
      surelyWrittenUs: 500,
    });
    const read = async (outcome: Outcome) => {
      const given = await rows.reader(outcome)({ ...spec.source, name: heldName(view, 1) }, undefined);
      return ("table" in given ? given.table : given).numRows;
    };
    const counts = [await read("sure"), await read("moving"), await read("unnamed"), await read("all")];
    expect([...counts, rows.moving.get(heldName(view, 1))?.size, rows.others]).toEqual(
      {
        yes: [1, 1, 1, 1, 0, []],
        no: [0, 0, 0, 0, 0, []],
        perhaps: [0, 1, 0, 1, 1, ["all"]],
        unnamed: [0, 0, 1, 1, 0, ["all"]],
      }[held],
    );
  },
);

test("B of a view is that of its last run, however far other rows have come", () => {
  const spec = snapshot.views["pushed"]?.versions["1"]?.spec as HeldView["spec"];
  const intervals = [{ startUs: null, endUs: 100 }];
  expect(boundaryOf(spec, { intervals, runs: [] }, [mark(1, 60), mark(1, 90), mark(1, 130), mark(1)])).toBe(90);
  expect(boundaryOf(spec, { intervals, runs: [] }, [])).toBe(100);
  expect(boundaryOf(spec, { intervals: [], runs: [] }, [mark(1, 60)])).toBe(Number.NEGATIVE_INFINITY);
});
