// What a runner queues of the views' schedules, by the times that it is told: nothing here waits.
import { beforeEach, describe, expect, it } from "vitest";
import type { Job, JobRequest, MaterializationRecord } from "../../sdk/client/index.ts";
import { Schedules } from "../../sdk/cli/runner/schedules.ts";
import { entity, featureView, int64, parquet, string, timestamp } from "../../sdk/index.ts";
import { collectDefinitions, compileDefinitions, type Snapshot, snapshotOf } from "../../sdk/registry/index.ts";
import { parseTime } from "../../sdk/time.ts";

const user = entity("user", { joinKey: "user_id", type: string() });
const source = parquet("events", {
  path: "e.parquet",
  eventTime: "at",
  schema: { user_id: string(), at: timestamp(), n: int64() },
});
const view = (name: string, schedule?: string) =>
  featureView(name, {
    entities: [user],
    source,
    features: { n: int64() },
    ...(schedule === undefined ? {} : { schedule }),
  });

function snapshotWith(schedules: Readonly<Record<string, string | undefined>>): Snapshot {
  const views = Object.entries(schedules).map(([name, schedule]) => [name, view(name, schedule)]);
  return snapshotOf(
    "p",
    "dev",
    compileDefinitions(collectDefinitions(Object.fromEntries(views)), { columnsOf: () => undefined }),
  );
}

describe("a runner's schedules", () => {
  let snapshot: Snapshot | null;
  let records: Record<string, MaterializationRecord>;
  let asked: JobRequest[];
  let calls: string[];
  let notes: string[];
  let ms: number;
  let schedules: Schedules;
  const runner = (quiet = false) =>
    new Schedules({
      admin: {
        async getRegistry() {
          calls.push("registry");
          return snapshot === null ? null : { registry: "sha256:", snapshot };
        },
        async getMaterializations() {
          calls.push("materializations");
          return records;
        },
        async submitJobs(request) {
          asked.push(request);
          return { jobs: [{} as Job], unattended: null };
        },
      },
      note: (line) => notes.push(line),
      quiet,
      elapsedMs: () => ms,
    });
  beforeEach(() => {
    [snapshot, records, asked, calls, notes, ms] = [
      snapshotWith({ hourly: "0 * * * *", none: undefined }),
      {},
      [],
      [],
      [],
      0,
    ];
    schedules = runner();
  });
  const at = (time: string) => schedules.queueDue(parseTime(time));
  const due = () => asked.map(({ views, due: moment }) => `${views?.join()} ${moment}`);

  it("queues what was never materialized, then each moment once", async () => {
    expect(await at("2026-11-21T12:30:00Z")).toBe(1);
    expect(await at("2026-11-21T12:59:59Z")).toBe(0);
    expect(await at("2026-11-21T13:00:00Z")).toBe(1);
    expect(await at("2026-11-21T13:00:59Z")).toBe(0);
    expect(due()).toEqual(["hourly 2026-11-21T12:00:00Z", "hourly 2026-11-21T13:00:00Z"]);
    expect(asked[0]).toEqual({ views: ["hourly"], due: "2026-11-21T12:00:00Z" });
  });

  it("makes up for a hundred missed moments by one job", async () => {
    await at("2026-11-21T12:30:00Z");
    await at("2026-11-25T16:30:00Z");
    expect(due()).toEqual(["hourly 2026-11-21T12:00:00Z", "hourly 2026-11-25T16:00:00Z"]);
  });

  it("leaves out what was materialized beyond its moment, by whatever", async () => {
    const record = (end: string): MaterializationRecord => ({ start: null, end });
    records = { "hourly@1": record("2026-11-21T12:00:00Z"), "hourly@2": record("2026-11-21T20:00:00Z") };
    await at("2026-11-21T12:30:00Z");
    expect(due()).toEqual([]);
    await at("2026-11-21T13:30:00Z");
    expect(due()).toEqual(["hourly 2026-11-21T13:00:00Z"]);
    records = { "hourly@1": record("2026-11-21T14:00:00.5Z") };
    await at("2026-11-21T14:30:00Z");
    expect(due().length).toBe(1);
  });

  it("asks for the registry once a minute, of the server's clock or of its own, and for records where one may be due", async () => {
    for (const time of ["12:30:00", "12:30:05", "12:30:55"]) await at(`2026-11-21T${time}Z`);
    expect(calls).toEqual(["registry", "materializations"]);
    await at("2026-11-21T12:31:00Z");
    ms += 59_999;
    await at("2026-11-21T12:31:00Z");
    expect(calls.length).toBe(3);
    ms += 1;
    await at("2026-11-21T12:31:00Z");
    expect(calls).toEqual(["registry", "materializations", "registry", "registry"]);
  });

  it("notices a schedule that was applied meanwhile, and one that was changed", async () => {
    await at("2026-11-21T12:30:00Z");
    snapshot = snapshotWith({ hourly: "*/10 * * * *", none: "0 0 * * *" });
    await at("2026-11-21T12:31:00Z");
    expect(due()).toEqual(["hourly 2026-11-21T12:00:00Z", "hourly 2026-11-21T12:30:00Z", "none 2026-11-21T00:00:00Z"]);
    snapshot = null;
    expect(await at("2026-11-22T12:31:00Z")).toBe(0);
  });

  it("says once when each is next due, and which can't be read, whatever a snapshot holds", async () => {
    const broken = structuredClone(snapshot as Snapshot);
    Object.assign(broken.views["none"]?.versions["1"]?.spec as object, { schedule: "often" });
    snapshot = broken;
    await at("2026-11-21T12:30:00Z");
    await at("2026-11-21T13:30:00Z");
    const warning = 'warning: view "none": schedule "often": expected 5 fields, got 1';
    expect(notes).toEqual([warning, "hourly has a schedule: next at 2026-11-21T13:00:00Z"]);
    expect(due().length).toBe(2);
    schedules = runner(true);
    await at("2026-11-21T14:30:00Z");
    expect(notes.slice(2)).toEqual([warning]);
  });

  it("looks again where asking failed", async () => {
    const admin = { fails: true };
    schedules = new Schedules({
      admin: {
        getRegistry: async () => ({ registry: "sha256:", snapshot }),
        getMaterializations: async () => records,
        async submitJobs(request) {
          if (admin.fails) throw new Error("away");
          asked.push(request);
          return { jobs: [{} as Job], unattended: null };
        },
      },
      note: () => {},
      quiet: true,
      elapsedMs: () => ms,
    });
    await expect(at("2026-11-21T12:30:00Z")).rejects.toThrow("away");
    admin.fails = false;
    expect(await at("2026-11-21T12:30:00Z")).toBe(1);
  });
});
