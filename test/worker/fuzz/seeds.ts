// Requests as they should be, by operation: what the fuzzer starts from, and the words it writes its own with.
import { snapshotOf } from "../../../sdk/registry/index.ts";
import { compiled } from "../support/definitions.ts";
import { flightRow, NOW } from "../support/harness.ts";
import { packedTiles } from "../support/tiles.ts";
import { PACE } from "../support/transforms.ts";

/** Names that mean something in the tests' definitions, and texts of the right kinds. */
export const WORDS = [
  "last_flight",
  "airport_info",
  "delays",
  "rating",
  "everything",
  "risk",
  "shout",
  "model",
  "route",
  "pace",
  "origin",
  "user_id",
  "item",
  "delay",
  "distance",
  "carrier",
  "scheduled",
  "seats",
  "SEA",
  "PDX",
  "last_flight:delay",
  "last_flight:carrier",
  "last_flight@1:distance",
  "airport_info:city",
  "delays:events_1h",
  "risk:ratio",
  "risk:per_seat",
  "shout:loud",
  "everything:a_decimal",
  "statuses",
  "event_timestamp",
  "float64",
  "vector(3)",
  "delay / seats",
  "1h",
  NOW,
] as const;

/** What a path's parameter may be called. */
export const PATH_WORDS: Readonly<Record<string, readonly string[]>> = {
  view: ["last_flight", "delays", "rating", "everything", "airport_info", "risk", "nothing"],
  name: ["pace", "risk", "shout", "delays", "nothing"],
  id: ["0123456789abcdef", "0123456789ABCDEF", "root"],
  job: ["1", "2", "7"],
  runner: ["one", "vm-1.local"],
};

const ALL_TYPES = {
  a_bool: true,
  an_int32: 1,
  an_int64: 9_007_199_254_740_993n,
  a_float32: 1.5,
  a_float64: "NaN",
  a_decimal: "1.5000",
  a_string: "a",
  some_bytes: "AAEC",
  a_time: NOW,
  names: ["a", "b"],
  numbers: [1, 2],
  embedding: [1, 2, 3],
};

const frame = {
  origin: ["F1", "F2"],
  delay: [1, null],
  distance: [1.5, 2],
  carrier: ["AS", "DL"],
  event_timestamp: ["2001-03-31T11:00:00", NOW],
  created: [null, "2001-03-31T11:30:00"],
};

/** Returns bodies by operationId, for the app of a project. */
export function bodiesOf(project: string): Readonly<Record<string, readonly unknown[]>> {
  const snapshot = snapshotOf(project, "test", compiled());
  return {
    postFeatures: [
      { features: ["last_flight:delay", "last_flight:carrier"], entities: { origin: ["SEA", "ZZZ"] } },
      {
        service: "model",
        entities: { origin: ["SEA", "PDX"] },
        request: { scheduled: [55, 90], seats: 3 },
        include: ["statuses", "eventTimes", "versions"],
        maxStalenessMs: 1_000,
      },
      { features: ["rating:stars"], entities: { user_id: 1, item: ["a", "b"] } },
      { service: "route", entities: { origin: "SEA", destination: ["PDX"] } },
      { features: Object.keys(ALL_TYPES).map((name) => `everything:${name}`), entities: { user_id: [1, 2] } },
      { features: ["shout:loud"], entities: { origin: ["SEA", null] }, include: ["statuses"] },
    ],
    postGetOnlineFeatures: [
      { features: ["last_flight:delay"], entities: { origin: ["SEA", "ZZZ"] }, full_feature_names: true },
      { feature_service: "model", entities: { airport: ["SEA"], scheduled: [1], seats: [2] } },
      { features: ["everything:a_time"], entities: { user_id: [1] }, include_feature_view_version_metadata: true },
    ],
    putRowsView: [
      { until: NOW, rows: [{ ...flightRow("F7", NOW), revision: null }] },
      { version: 1, until: NOW, rows: [{ entities: { origin: "F8" }, values: null, revision: "0".repeat(32) }] },
      { until: NOW, tiles: [{ entities: { origin: "F6" }, packed: null, revision: null }] },
    ],
    postRowsView: [
      { rows: [flightRow("F3", NOW), flightRow("F4", "2001-03-31T11:00:00Z", { delay: null })] },
      { version: 1, rows: [{ entities: { user_id: 9, item: "f" }, eventTime: NOW, values: { stars: 5 } }] },
      { rows: [{ entities: { user_id: 9 }, eventTime: NOW, values: ALL_TYPES }] },
      { rows: [{ entities: { origin: "F5" }, values: { city: "x" } }] },
      {
        tiles: [
          {
            entities: { origin: "F6" },
            packed: packedTiles([{ time: "2001-03-31T11:45:00Z", delay: 1n, distance: 1 }], NOW),
          },
        ],
      },
    ],
    postWriteToOnlineStore: [
      { feature_view_name: "last_flight", df: frame, allow_registry_cache: false },
      { feature_view_name: "airport_info", df: { origin: ["F7"], city: ["x"] } },
    ],
    postPush: [
      { push_source_name: "flights", df: frame, to: "online" },
      { push_source_name: "last_flight", df: frame },
    ],
    postMaterialize: [
      { start_ts: "2001-03-01T00:00:00", end_ts: "2001-03-02T00:00:00", feature_views: ["last_flight"] },
    ],
    postMaterializeIncremental: [{ end_ts: "2001-03-02T00:00:00" }],
    postPushView: [
      {
        events: [
          { id: "f1", time: NOW, values: { origin: "F7", delay: 5, distance: 100.5, carrier: "AS" } },
          {
            time: "2001-03-31T11:00:00Z",
            created: null,
            values: { origin: "F8", delay: null, distance: null, carrier: null },
          },
        ],
        to: "online",
      },
      [{ time: NOW, values: { user_id: 9, item: "f", stars: 5 } }],
      { time: NOW, values: { user_id: 9, ...ALL_TYPES } },
    ],
    postJobs: [
      { views: ["last_flight", "delays"], incremental: false, start: "2001-03-01T00:00:00Z", end: NOW },
      { due: NOW },
    ],
    postJobsJob: [
      {
        lease: "0123456789abcdef",
        leaseMs: 1_000,
        progress: { stage: "read", done: 1, total: 2 },
        rows: { keys: 1 },
        seconds: 0.5,
        error: { code: "sql_error", message: "x", hint: null },
        state: "failed",
      },
    ],
    postRunnersRunner: [{ lease: "0123456789abcdef", leaseMs: 60_000, pollMs: 5_000 }, {}],
    putRegistry: [snapshot, { ...snapshot, services: {} }],
    postMaterializationsView: [{ start: null, end: NOW, rows: 1, bytes: 2, version: 1 }],
    putTransformsName: [
      PACE,
      {
        inputs: [
          { view: "last_flight", as: "f", features: ["delay"], joinKeyMap: { origin: "o" }, version: 1 },
          "delays",
        ],
        request: { hours: "list<float64>" },
        features: {
          a: { type: "float64", expression: "f__delay / size(hours) + delay_mean_1h", default: 1.5, description: "x" },
        },
        artifacts: {
          s: { kind: "scaler", mean: 0, stddev: 1 },
          v: { kind: "vocabulary", terms: ["a"], outOfVocabulary: -1 },
        },
        tags: { a: "b" },
      },
    ],
    postSecondaryFill: [{ cursor: null }],
    postTokens: [{ name: "made", access: "read", views: ["delays"], services: null, expiresIn: "1h" }],
    postTokensIdRotate: [{ overlap: "1h" }, {}],
  };
}

/** Query strings by operationId. */
export const QUERIES: Readonly<Record<string, readonly (readonly (readonly [string, string])[])[]>> = {
  getFeatures: [
    [
      ["features", "last_flight:delay,last_flight:carrier"],
      ["origin", "SEA"],
      ["include", "statuses"],
    ],
    [
      ["service", "model"],
      ["origin", "SEA"],
      ["scheduled", "1"],
      ["seats", "2"],
      ["maxStalenessMs", "5"],
    ],
    [
      ["features", "everything:an_int64"],
      ["user_id", "9223372036854775807"],
    ],
  ],
  getJobs: [
    [
      ["state", "queued"],
      ["limit", "2"],
      ["before", "7"],
    ],
    [["view", "delays"]],
  ],
  getAudit: [
    [
      ["since", "2001-03-30T00:00:00Z"],
      ["limit", "3"],
    ],
    [["before", "985996800000000-0-0-00000000"]],
  ],
};
