// Reconciling while it is not sure which events online holds: what any outcome that the log allows explains is no difference.
import { afterAll, beforeAll, expect, test } from "vitest";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { type Engine, openEngine, reconcile } from "../../../offline/index.ts";
import { PUSHES, pushesText } from "../../../offline/log/pushes.ts";
import { count, entity, featureView, int64, onDemandView, parquet, string, timestamp } from "../../../sdk/index.ts";
import { US_PER_SECOND } from "../../../sdk/time.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const key = entity("key", { joinKey: "key", type: string() });
const source = parquet("events", {
  path: "events.parquet",
  eventTime: "t",
  eventId: "id",
  schema: { id: string(), key: string(), t: timestamp() },
});
const pushed = (name: string, feature: string, entities: (typeof key)[]) =>
  featureView(name, { entities, source, push: true, aggregations: { [feature]: count("1h") } });
const [windows, totals] = [pushed("windows", "n", [key]), pushed("totals", "all", [])];
const both = onDemandView("both", {
  inputs: [windows, totals],
  features: { sum: int64() },
  expressions: { sum: "10 * n + all" },
});
const { snapshot } = snapshotFrom({ windows, totals, both });

const NOW_US = 20 * US_PER_SECOND;
/** When an event was taken that online surely has by now, and one that is on its way yet. */
const [SURE, MOVING] = [1 * US_PER_SECOND, 19 * US_PER_SECOND];

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

type Taken = Partial<Record<"windows" | "totals", number>>;

// Each event's pushes; n and all as online has them.
const CASES: [what: string, events: Taken[], n: number, all: number, view: string, verdict: string][] = [
  ["an event on its way has come", [{ windows: SURE }, { windows: MOVING }], 2, 0, "windows", "equal"],
  ["an event on its way has not come", [{ windows: SURE }, { windows: MOVING }], 1, 0, "windows", "equal"],
  ["an event of another view was pushed beside it", [{ windows: SURE }, { totals: SURE }], 2, 1, "windows", "equal"],
  [
    "an event on its way has come, one of another view was not pushed",
    [{ windows: SURE }, { windows: MOVING }, { totals: SURE }, { totals: SURE }],
    2,
    2,
    "windows",
    "equal",
  ],
  [
    "an event on its way has not come, others of another view were pushed",
    [{ windows: SURE }, { windows: MOVING }, { totals: SURE }, { totals: SURE }],
    3,
    2,
    "windows",
    "equal",
  ],
  [
    "more than all of them",
    [{ windows: SURE }, { windows: MOVING }, { totals: SURE }, { totals: SURE }],
    5,
    2,
    "windows",
    "different",
  ],
  ["less than is sure", [{ windows: SURE }, { windows: MOVING }], 0, 0, "windows", "different"],
  [
    "an event on its way has come to one input of what is computed",
    [
      { windows: SURE, totals: SURE },
      { windows: MOVING, totals: MOVING },
    ],
    2,
    1,
    "both",
    "equal",
  ],
];

test.each(CASES)("%s", async (_, events, n, all, view, verdict) => {
  const pushes = events.map((taken) =>
    pushesText({
      loggedUs: Object.values(taken)[0] as number,
      pushes: Object.entries(taken).map(([of, takenUs]) => ({ view: of, takenUs })),
    }),
  );
  const texts = (values: string[]) => vectorFromValues({ kind: "string" }, values);
  const table = tableOf([
    ["id", texts(events.map((_one, i) => `e${i}`))],
    ["key", texts(events.map(() => "k"))],
    [
      "t",
      vectorFromValues(
        { kind: "timestamp" },
        events.map(() => 200n),
      ),
    ],
    [PUSHES, texts(pushes)],
  ]);
  const markOf = (of: string) => ({
    id: of === "totals" ? "" : "k",
    revision: "r",
    eventTimeUs: 200,
    boundaryUs: null,
    isReadable: true,
  });
  const report = await reconcile({
    engine,
    snapshot,
    registry: "sha256:1",
    readSource: async () => table,
    online: {
      now: async () => NOW_US,
      isFrozen: false,
      read: async (plan, keys) => ({
        nowUs: NOW_US,
        registry: "sha256:1",
        rows: keys.map(() =>
          plan.outputs.map(({ feature }) => BigInt({ n, all, sum: 10 * n + all }[feature] as number)),
        ),
        absent: keys.map(() => new Set<string>()),
      }),
      async *list(of) {
        yield [markOf(of)];
      },
      marks: async (of) => [markOf(of)],
      replace: async () => 0,
    },
    covered: new Map(),
    views: [{ view, version: 1 }],
    sample: { by: "all" },
  });
  expect(report.verdict).toBe(verdict);
});
