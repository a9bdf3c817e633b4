// Jobs and their leases on every store: each job is done once, a view is one runner's at a time, and nothing is lost on the way.
import { beforeEach, describe, expect, it } from "vitest";
import { jobsKey } from "../../../sdk/rows/index.ts";
import { formatTime } from "../../../sdk/time.ts";
import { JobBoard, KEPT_BYTES, KEPT_JOBS } from "../../../worker/jobs/board.ts";
import type { Asked, JobState, Told } from "../../../worker/jobs/job.ts";
import { MAX_SIGNS_BYTES } from "../../../worker/jobs/signs.ts";
import { batches } from "../../../worker/store/batches.ts";
import type { OnlineStore, StoreWrite } from "../../../worker/store/port.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { stores } from "../../support/workerd-stores.ts";
import { ManualClock, NOW } from "../support/harness.ts";

const LEASE_MS = 60_000;
const DAY_MS = 86_400_000;
const ALL = { view: null, state: null, before: null, limit: 1_000, may: () => true } as const;

const asked = (view: string, more: Partial<Asked> = {}): Asked => ({
  view,
  incremental: true,
  start: null,
  end: null,
  origin: "request",
  due: null,
  ...more,
});
const runner = (name: string, views: readonly string[] | null = null, by = "root") => ({
  name,
  views,
  by,
  presentMs: LEASE_MS,
});
const may = () => true;
const report = (board: JobBoard, id: string, lease: string, told: Told, state: JobState | null) =>
  board.report({ id, lease, leaseMs: LEASE_MS, told, state, may });
let leases = 0;
const newLease = () => `lease-${String(leases++).padStart(16, "0")}`;

function boardOn(
  store: OnlineStore,
  clock: ManualClock,
  project: string,
  systemMs = () => clock.nowUs() / 1_000,
): JobBoard {
  return new JobBoard({ store, clock, space: { project, environment: "test" }, systemMs });
}

describe.each(stores)("jobs over %s", (_kind, makeStore) => {
  let clock: ManualClock;
  let project: string;
  let store: OnlineStore;
  let board: JobBoard;
  beforeEach(() => {
    clock = new ManualClock();
    project = `jobs-${crypto.randomUUID()}`;
    store = makeStore();
    board = boardOn(store, clock, project);
  });
  const take = (name = "one", lease = newLease()) => board.beat(runner(name), lease, LEASE_MS);
  const states = async () => (await board.list(ALL)).jobs.map(({ id, state }) => `${id} ${state}`);

  it(
    "two runners that race over 100 jobs of 7 views do each once, and never two of one view at once",
    { timeout: 120_000 },
    async () => {
      const views = Array.from({ length: 7 }, (_, i) => `view_${i}`);
      const all = Array.from({ length: 100 }, (_, i) =>
        asked(views[i % 7] as string, { incremental: false, end: formatTime(clock.nowUs() - i) }),
      );
      await board.submit(all, "root");
      const running = new Set<string>();
      const done: string[] = [];
      const work = async (name: string) => {
        // An isolate of its own.
        const own = boardOn(store, clock, project);
        for (;;) {
          const lease = newLease();
          const job = await own.beat(runner(name), lease, LEASE_MS);
          if (job === null) {
            if (done.length === 100) return;
            continue;
          }
          expect(running.has(job.view), `${job.view} twice at once`).toBe(false);
          running.add(job.view);
          await report(own, job.id, lease, { progress: { stage: "write", done: 1, total: 2 } }, null);
          running.delete(job.view);
          done.push(job.id);
          await report(own, job.id, lease, { rows: { keys: 1 }, seconds: 0.1 }, "succeeded");
        }
      };
      await Promise.all([work("one"), work("two")]);
      expect(done.toSorted((a, b) => Number(a) - Number(b))).toEqual(all.map((_, i) => String(i + 1)));
      const { jobs } = await board.list(ALL);
      expect(jobs.map(({ id, state, attempts }) => [id, state, attempts])).toEqual(
        all.map((_, i) => [String(100 - i), "succeeded", 1]),
      );
      expect(new Set(jobs.map((job) => job.runner))).toEqual(new Set(["one", "two"]));
    },
  );

  it("gives the oldest job of a free view, with the end that it had when it was first taken", async () => {
    await board.submit([asked("a"), asked("a", { end: "2001-03-01T00:00:00Z" }), asked("b")], "root");
    expect(await take()).toMatchObject({
      id: "1",
      view: "a",
      state: "running",
      end: NOW,
      startedAt: NOW,
      runner: "one",
    });
    clock.advance(1_000);
    expect(await take("two")).toMatchObject({ id: "3", view: "b" });
    expect(await take("two")).toBeNull();
    clock.advance(LEASE_MS);
    expect(await take("two")).toMatchObject({ id: "1", end: NOW, startedAt: NOW, attempts: 2, runner: "two" });
  });

  it("gives a job again to who asks again with its lease: the answer may have been lost", async () => {
    await board.submit([asked("a"), asked("b")], "root");
    const lease = newLease();
    expect(await take("one", lease)).toMatchObject({ id: "1" });
    expect(await take("one", lease)).toMatchObject({ id: "1", attempts: 1 });
    for (let again = 0; again < 2; again++) {
      const told = { rows: { keys: 3 }, seconds: 2 };
      expect(await report(board, "1", lease, told, "succeeded")).toMatchObject({
        state: "succeeded",
        ...told,
      });
    }
    expect(await states()).toEqual(["2 queued", "1 succeeded"]);
  });

  it("renews a lease by a report; one that ran out is still its runner's until another has looked", async () => {
    await board.submit([asked("a")], "root");
    const lease = newLease();
    await take("one", lease);
    for (let i = 0; i < 3; i++) {
      clock.advance(LEASE_MS - 1);
      expect(await take("two")).toBeNull();
      const progress = { stage: "write a", done: i, total: 3 };
      expect(await report(board, "1", lease, { progress }, null)).toMatchObject({ progress });
    }
    clock.advance(2 * LEASE_MS);
    await report(board, "1", lease, {}, null);
    expect(await take("two")).toBeNull();
    clock.advance(LEASE_MS);
    expect(await take("two")).toMatchObject({ id: "1", attempts: 2 });
    for (const state of [null, "succeeded", "failed", "queued"] as const) {
      await expect(report(board, "1", lease, {}, state)).rejects.toMatchObject({ code: "lease_lost" });
    }
    expect(await board.find("1", may)).toMatchObject({ state: "running", runner: "two" });
  });

  it("gives back a job that its runner leaves, as often as that is told, and counts it as no attempt", async () => {
    await board.submit([asked("a")], "root");
    const lease = newLease();
    await take("one", lease);
    for (let i = 0; i < 2; i++) {
      expect(await report(board, "1", lease, { seconds: 1 }, "queued")).toMatchObject({
        state: "queued",
        runner: null,
        attempts: 0,
      });
    }
    await expect(report(board, "1", lease, {}, "succeeded")).rejects.toMatchObject({ code: "lease_lost" });
    expect(await take("two")).toMatchObject({ id: "1", attempts: 1 });
  });

  it("fails a job that three runners were lost with", async () => {
    await board.submit([asked("a")], "root");
    for (const name of ["one", "two", "three"]) {
      expect(await take(name)).toMatchObject({ id: "1" });
      clock.advance(LEASE_MS);
    }
    expect(await take("four")).toBeNull();
    expect(await board.find("1", may)).toMatchObject({
      state: "failed",
      attempts: 3,
      error: { code: "lease_lost", message: "3 runners were lost while they had it, the last one three" },
    });
    expect(await store.read([jobsKey({ project, environment: "test" }, "open")])).not.toContain('"id":"1"');
  });

  it("cancels at once what waits, or whose runner is gone; asks a runner that is there", async () => {
    await board.submit([asked("a"), asked("b")], "root");
    expect(await board.cancel("2", may)).toMatchObject({ state: "cancelled", finishedAt: NOW });
    const lease = newLease();
    await take("one", lease);
    expect(await board.cancel("1", may)).toMatchObject({ state: "running", cancelling: true });
    expect(await report(board, "1", lease, {}, null)).toMatchObject({ cancelling: true });
    expect(await report(board, "1", lease, {}, "cancelled")).toMatchObject({
      state: "cancelled",
      cancelling: false,
    });
    await board.submit([asked("c"), asked("d")], "root");
    await take();
    await take();
    await board.cancel("3", may);
    clock.advance(LEASE_MS);
    expect(await board.cancel("4", may)).toMatchObject({ state: "cancelled" });
    expect(await take()).toBeNull();
    expect(await states()).toEqual(["4 cancelled", "3 cancelled", "2 cancelled", "1 cancelled"]);
    expect(await board.cancel("1", may)).toMatchObject({ id: "1", state: "cancelled" });
    expect(await board.cancel("5", may)).toBeNull();
    expect(await board.cancel("1", () => false)).toBeNull();
  });

  it("queues what waits already but once, and a moment of a schedule but once, whoever comes first", async () => {
    const [first] = await board.submit([asked("a")], "root");
    expect(await board.submit([asked("a")], "other")).toEqual([first]);
    const due = (hour: string) => asked("b", { origin: "schedule", due: `2001-03-31T${hour}:00:00Z` });
    const both = await Promise.all(
      [board, boardOn(store, clock, project)].map((one) => one.submit([due("11")], "root")),
    );
    expect(both.flat().map(({ id }) => id)).toEqual(["2"]);
    // It waits for an end that is not decided yet: a later moment has nothing to add.
    expect(await board.submit([due("12")], "root")).toMatchObject([{ id: "2", due: "2001-03-31T11:00:00Z" }]);
    expect(await board.submit([due("11")], "root")).toEqual([]);
    await take();
    await take();
    expect(await board.submit([asked("a"), due("12"), due("13")], "root")).toMatchObject([{ id: "3" }, { id: "4" }]);
  });

  it("gives limited runners their views alone, and knows which views have a runner", async () => {
    await board.submit([asked("a"), asked("b")], "root");
    expect(await board.unattended(["a"])).toBe("a");
    expect(await board.beat(runner("limited", ["b"]), newLease(), LEASE_MS)).toMatchObject({ view: "b" });
    expect(await board.beat(runner("limited", ["b"]), newLease(), LEASE_MS)).toBeNull();
    expect([await board.unattended(["b"]), await board.unattended(["b", "a"])]).toEqual([null, "a"]);
    await board.beat(runner("whole"), null, LEASE_MS);
    expect(await board.unattended(["a", "b"])).toBeNull();
    expect((await board.list(ALL)).runners).toEqual(["limited", "whole"]);
    await board.leave("whole", { by: "root", views: null });
    expect(await board.unattended(["a"])).toBe("a");
    clock.advance(LEASE_MS);
    expect(await board.unattended(["b"])).toBe("b");
  });

  it("a runner is there while it tells of a job, however long that takes", async () => {
    await board.submit([asked("a")], "root");
    const lease = newLease();
    await take("one", lease);
    for (let i = 0; i < 5; i++) {
      clock.advance(LEASE_MS - 1);
      await report(board, "1", lease, {}, null);
      expect(await board.unattended(["a", "b"])).toBeNull();
    }
    clock.advance(LEASE_MS);
    expect(await board.unattended(["a"])).toBe("a");
  });

  it("lists the latest first, by view and state, in pages", async () => {
    await board.submit(
      ["a", "b", "c"].flatMap((view) => [asked(view), asked(view, { end: NOW })]),
      "root",
    );
    await board.cancel("6", may);
    const ids = async (query: object) => {
      const page = await board.list({ ...ALL, ...query });
      return [page.jobs.map(({ id }) => id).join(" "), page.next];
    };
    expect(await ids({ limit: 4 })).toEqual(["6 5 4 3", "3"]);
    expect(await ids({ limit: 4, before: "3" })).toEqual(["2 1", null]);
    expect(await ids({ view: "c" })).toEqual(["6 5", null]);
    expect(await ids({ view: "c", state: "queued" })).toEqual(["5", null]);
    expect(await ids({ may: (view: string) => view !== "c", limit: 3 })).toEqual(["4 3 2", "2"]);
  });
});

/** Refuses what a real store refuses for its size. */
class SizedStore extends MemoryStore {
  override async compareAndSet(writes: readonly StoreWrite[]) {
    batches(writes);
    return super.compareAndSet(writes);
  }
}

describe("jobs, by an injected clock", () => {
  it("keeps the latest 500 of the last 30 days; the number alone where the clock stands still", async () => {
    for (const frozen of [false, true]) {
      const clock = new ManualClock();
      clock.frozen = frozen;
      const board = boardOn(new MemoryStore(), clock, "pruned");
      const finish = async (view: string) => {
        const [job] = await board.submit([asked(view)], "root");
        await board.cancel(job?.id as string, may);
      };
      await finish("old");
      clock.advance(30 * DAY_MS);
      await finish("new");
      expect((await board.list(ALL)).jobs.map(({ view }) => view)).toEqual(frozen ? ["new", "old"] : ["new"]);
      for (let i = 0; i < KEPT_JOBS; i++) await finish(`v${i}`);
      const { jobs } = await board.list(ALL);
      expect([jobs.length, jobs.at(-1)?.view]).toEqual([KEPT_JOBS, "v0"]);
    }
  });

  it("lets leases run out by the system's time, where the clock stands still", async () => {
    const clock = new ManualClock();
    clock.frozen = true;
    let ms = 0;
    const board = boardOn(new MemoryStore(), clock, "frozen", () => ms);
    await board.submit([asked("a")], "root");
    await board.beat(runner("one"), newLease(), LEASE_MS);
    expect(await board.beat(runner("two"), newLease(), LEASE_MS)).toBeNull();
    ms = LEASE_MS;
    expect(await board.beat(runner("two"), newLease(), LEASE_MS)).toMatchObject({ runner: "two", startedAt: NOW });
  });

  it("writes nothing for a poll that changes nothing, until half of the sign's time is over", async () => {
    const clock = new ManualClock();
    const store = new MemoryStore();
    const board = boardOn(store, clock, "polls");
    for (let i = 0; i < 12; i++) {
      await board.beat(runner("one"), newLease(), LEASE_MS);
      clock.advance(5_000);
    }
    expect(store.writes.length).toBe(2);
  });

  it.each(["read", "read answered", "write", "write answered"])(
    "loses no job and doubles none where the store fails at any %s",
    async (where) => {
      let calls = 0;
      let failAt = Number.POSITIVE_INFINITY;
      const store = new MemoryStore({
        async step(call) {
          if (call === where && ++calls === failAt) throw new Error("the store was made to fail");
        },
      });
      const clock = new ManualClock();
      for (let at = 1; at <= 12; at++) {
        const board = boardOn(store, clock, `faults-${at}`);
        [calls, failAt] = [0, at];
        // As the client repeats its calls.
        const again = async <T>(act: () => Promise<T>): Promise<T> => act().catch(act);
        const [job] = await again(() => board.submit([asked("a")], "root"));
        const lease = newLease();
        expect(await again(() => board.beat(runner("one"), lease, LEASE_MS))).toMatchObject({ id: job?.id });
        const ended = await again(() => report(board, "1", lease, { seconds: 1 }, "succeeded"));
        expect(ended.state).toBe("succeeded");
        failAt = Number.POSITIVE_INFINITY;
        await board.beat(runner("one"), newLease(), LEASE_MS);
        expect((await board.list(ALL)).jobs.map(({ id, state }) => [id, state])).toEqual([["1", "succeeded"]]);
        const [open] = await store.read([jobsKey({ project: `faults-${at}`, environment: "test" }, "open")]);
        expect(JSON.parse(open as string)).toMatchObject({ jobs: [] });
      }
    },
  );

  it("keeps so many bytes of finished jobs, the latest, however much each was told of", async () => {
    const board = boardOn(new SizedStore(), new ManualClock(), "fat");
    const rows = Object.fromEntries(Array.from({ length: 850 }, (_, i) => [`n${i}`.padEnd(64, "x"), 1]));
    for (let i = 1; i <= 60; i++) {
      await board.submit([asked("a")], "root");
      const lease = newLease();
      expect(await board.beat(runner("one"), lease, LEASE_MS)).toMatchObject({ id: String(i) });
      expect(await report(board, String(i), lease, { rows }, "succeeded")).toMatchObject({ rows });
    }
    const { jobs } = await board.list(ALL);
    expect(jobs[0]).toMatchObject({ id: "60" });
    expect(jobs.length).toBe(Math.floor(KEPT_BYTES / 62_000));
  });

  it("keeps rows and errors with the end of a job alone: what isn't done stays small", async () => {
    const board = boardOn(new MemoryStore(), new ManualClock(), "small");
    const error = { code: "bad_time", message: "m", hint: null };
    const told = { rows: { keys: 1 }, error, seconds: 2, retries: 1 };
    await board.submit([asked("a")], "root");
    const lease = newLease();
    await board.beat(runner("one"), lease, LEASE_MS);
    const running = await report(board, "1", lease, told, null);
    expect(running).toMatchObject({ rows: null, error: null, seconds: 2, retries: 1 });
    expect(await report(board, "1", lease, told, "queued")).toMatchObject({ rows: null, error: null });
    const next = newLease();
    expect(await board.beat(runner("one"), next, LEASE_MS)).toMatchObject({ retries: 0 });
    expect(await report(board, "1", next, told, "failed")).toMatchObject(told);
  });

  it("gives and ends jobs while what has ended can't be brought away, which is done later", async () => {
    const store = new MemoryStore();
    const doneKey = jobsKey({ project: "stuck", environment: "test" }, "done");
    store.rows.set(doneKey, "{");
    const board = boardOn(store, new ManualClock(), "stuck");
    for (const id of ["1", "2"]) {
      await board.submit([asked("a")], "root");
      const lease = newLease();
      expect(await board.beat(runner("one"), lease, LEASE_MS)).toMatchObject({ id });
      expect(await report(board, id, lease, {}, "succeeded")).toMatchObject({ state: "succeeded" });
    }
    await board.submit([asked("a")], "root");
    expect(await board.cancel("3", may)).toMatchObject({ state: "cancelled" });
    await expect(board.list(ALL)).rejects.toMatchObject({ code: "row_corrupt" });
    store.rows.delete(doneKey);
    await board.beat(runner("one"), newLease(), LEASE_MS);
    expect(JSON.parse(store.rows.get(doneKey) as string)).toHaveLength(3);
  });

  it("forgets runners of the token that has the most of them, the oldest first, when they take too much room", async () => {
    const clock = new ManualClock();
    const store = new SizedStore();
    const board = boardOn(store, clock, "crowd");
    await board.beat(runner("honest"), null, LEASE_MS);
    const views = Array.from({ length: 200 }, (_, i) => `view_${i}`.padEnd(100, "x"));
    const fits = Math.floor(MAX_SIGNS_BYTES / JSON.stringify(views).length);
    for (let i = 0; i < 3 * fits; i++) {
      clock.advance(1);
      await board.beat(runner(`crowd-${i}`, views, "limited"), null, LEASE_MS);
    }
    const { runners } = await board.list(ALL);
    expect(runners.length).toBe(fits + 1);
    expect(runners).toEqual(expect.arrayContaining(["honest", `crowd-${3 * fits - 1}`]));
    expect(runners).not.toContain("crowd-0");
  });

  it("a name that a runner goes by is its token's, but for who may do everything", async () => {
    const clock = new ManualClock();
    const board = boardOn(new MemoryStore(), clock, "owned");
    await board.beat(runner("vm", null, "whole"), null, LEASE_MS);
    const other = runner("vm", ["a"], "limited");
    await expect(board.beat(other, newLease(), LEASE_MS)).rejects.toMatchObject({ code: "forbidden" });
    await expect(board.leave("vm", other)).rejects.toMatchObject({ code: "forbidden" });
    expect(await board.unattended(["a", "b"])).toBeNull();
    await board.leave("nobody", other);
    clock.advance(LEASE_MS);
    await board.beat(other, null, LEASE_MS);
    expect(await board.unattended(["a", "b"])).toBe("b");
    await board.beat(runner("vm", null, "whole"), null, LEASE_MS);
    expect(await board.unattended(["a", "b"])).toBeNull();
  });

  it("takes views and runners by whatever name", async () => {
    const board = boardOn(new MemoryStore(), new ManualClock(), "names");
    for (const name of ["constructor", "toString"]) {
      expect(await board.submit([asked(name, { due: NOW })], "root")).toMatchObject([{ view: name }]);
      expect(await board.submit([asked(name, { due: NOW })], "root")).toEqual([]);
      const lease = newLease();
      const job = await board.beat(runner(name), lease, LEASE_MS);
      expect(await report(board, job?.id as string, lease, {}, null)).toMatchObject({ view: name });
    }
    expect((await board.list(ALL)).runners).toEqual(["constructor", "toString"]);
  });

  it("says so where its documents are not readable", async () => {
    const store = new MemoryStore();
    store.rows.set(jobsKey({ project: "x", environment: "test" }, "open"), "{");
    const board = boardOn(store, new ManualClock(), "x");
    await expect(board.list(ALL)).rejects.toMatchObject({ code: "row_corrupt" });
  });
});
