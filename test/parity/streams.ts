// Random streams of events, pushed late, twice and in no order, between materializations at random boundaries and new versions
// of the views, cut off at random points: online is what the oracle makes of the raw events, and what the offline join says,
// after every step and for every version that answers.
import type { Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selectColumns } from "../../offline/datasets/index.ts";
import { datasets } from "../../offline/datasets/files.ts";
import { type Engine, materializeView, openEngine, reconcile } from "../../offline/index.ts";
import { type LogFiles, readTold, type SourceLog, withLog } from "../../offline/log/index.ts";
import { onlineSink } from "../../sdk/cli/online-sink.ts";
import { reconcileOnline } from "../../sdk/cli/reconcile-online.ts";
import type { AdminClient, Client } from "../../sdk/client/index.ts";
import { logFolder } from "../../sdk/log/index.ts";
import {
  type AggregatedViewSpec,
  checkSnapshot,
  type CompiledView,
  emptySnapshot,
  planApply,
  type Snapshot,
  type StoredViewSpec,
  type ViewEntry,
} from "../../sdk/registry/index.ts";
import { formatTime, US_PER_DAY, US_PER_HOUR, type Us } from "../../sdk/time.ts";
import { packTileRow } from "../../sdk/rows/index.ts";
import { NO_BOUNDARY, tileLayout } from "../../sdk/windows/index.ts";
import { checkOffline, checkOnline, entryOf, type Moment, same, show, specOf } from "./stream-checks.ts";
import { ViewModel, type WindowsModel } from "./stream-model.ts";
import {
  eventJson,
  NOW_US,
  Random,
  randomStream,
  type Step,
  type StreamEvent,
  tableOfEvents,
} from "./stream-script.ts";
import { FIRST_FORMS, type Forms, streamViews, type ViewName, VIEWS } from "./stream-views.ts";

/** What one store's suite runs on. */
export interface StreamServer {
  readonly project: string;
  readonly admin: AdminClient;
  readonly client: Client;
  readonly logFiles: LogFiles;
  /** Sends a request to the server. */
  fetch(path: string, body: string): Promise<Response>;
  /** Absent: the clock stands still at NOW_US. */
  setNow?(us: Us): void;
  /** Lets calls of the store and the log fail, each with this probability. Absent: they can't be made to. */
  setFaults?(probability: number, random: () => number): void;
  close(): Promise<void>;
}

const SEED = Number(process.env["EDGEFEAT_SEED"] ?? Date.now() % 1_000_000_000);
const RUNS = Number(process.env["EDGEFEAT_STREAM_RUNS"] ?? 5);

export function streamParity(name: string, open: () => Promise<StreamServer>): void {
  describe(`streams on ${name} (SEMANTICS 3.2, 4.5 to 4.7)`, () => {
    let server: StreamServer;
    let engine: Engine;

    beforeAll(async () => {
      [server, engine] = await Promise.all([open(), openEngine()]);
    }, 120_000);
    afterAll(async () => {
      await server?.close();
      await engine?.close();
    });

    /** What the streams have met with: a suite in which nothing comes late shows nothing. */
    const met = {
      accepted: 0,
      duplicate: 0,
      deferred: 0,
      failed: 0,
      pending: 0,
      superseded: 0,
      values: 0,
      versions: 0,
      restored: 0,
      caughtUp: 0,
      olderValues: 0,
      mended: 0,
    };

    it(
      `online is what the raw events say after every step, seeds from EDGEFEAT_SEED=${SEED}`,
      { timeout: 900_000 },
      async () => {
        const enough = () => [met.accepted, met.duplicate, met.deferred, met.values].map((n) => n > 20);
        // By chance a few runs may meet little: then it goes on.
        const isMet = () => RUNS < 5 || (enough().every(Boolean) && met.versions > 0);
        for (let i = 0; i < RUNS || (i < 4 * RUNS && !isMet()); i++) {
          const seed = SEED + i;
          try {
            await new Stream(server, engine, seed, met).run();
          } catch (fault) {
            throw new Error(`EDGEFEAT_SEED=${seed} EDGEFEAT_STREAM_RUNS=1: ${(fault as Error).message}`, {
              cause: fault,
            });
          }
        }
        if (process.env["EDGEFEAT_DEBUG"] !== undefined) console.log(name, met);
        const { values, versions, olderValues } = met;
        expect(values).toBeGreaterThan(0);
        if (RUNS >= 5) expect([...enough(), versions > 0]).toEqual([true, true, true, true, true]);
        if (RUNS >= 20) expect(olderValues).toBeGreaterThan(0);
      },
    );
  });
}

type Spec = AggregatedViewSpec | StoredViewSpec;

class Stream {
  readonly #server: StreamServer;
  readonly #engine: Engine;
  readonly #random: Random;
  /** Apart, because how often it is asked is a matter of time. */
  readonly #faults: Random;
  readonly #own: string;
  readonly #isStream: boolean;
  #nowUs: Us = NOW_US;
  #step = 0;
  #snapshot!: Snapshot;
  #registry!: string;
  #forms: Forms = FIRST_FORMS;
  readonly #events: StreamEvent[];
  readonly #steps: Step[];
  /** Events in the log. */
  readonly #logged = new Set<StreamEvent>();
  readonly #views: Record<ViewName, ViewModel> = {
    windows: new ViewModel(),
    totals: new ViewModel(),
    latest: new ViewModel(),
  };
  #faulty = false;
  readonly #met: Record<string, number>;

  constructor(server: StreamServer, engine: Engine, seed: number, met: Record<string, number>) {
    this.#met = met;
    this.#server = server;
    this.#engine = engine;
    this.#random = new Random(seed);
    this.#faults = new Random(seed);
    this.#own = `${seed}_${server.project.replaceAll(/\W/g, "_")}`;
    const { events, steps } = randomStream(this.#random);
    this.#events = events;
    this.#steps = steps;
    this.#isStream = this.#random.below(5) === 0;
  }

  async run(): Promise<void> {
    await this.#apply(this.#forms);
    if (this.#server.setNow !== undefined) this.#nowUs = Math.min(...this.#events.map(({ e }) => e));
    this.#server.setNow?.(this.#nowUs);
    for (const step of this.#steps) {
      this.#step++;
      this.#faulty = this.#random.below(3) === 0 && this.#server.setFaults !== undefined;
      if (this.#faulty) this.#server.setFaults?.(0.15, this.#faults.next);
      try {
        await this.#take(step);
      } finally {
        this.#server.setFaults?.(0, this.#faults.next);
      }
      const when = `step ${this.#step}, ${step.kind}`;
      if (this.#random.below(3) === 0) await this.#checkOnline(when);
      // Rows that come into a file would be told of as missing, which they are; and where the clock stands still the log does not
      // say whether an event came before a run or after it.
      if (this.#isStream && this.#server.setNow !== undefined && this.#random.below(4) === 0)
        await this.#reconciled(when);
    }
    // A row that came into the file after the last run would be told of as missing, which it is.
    const runs = VIEWS.flatMap((view) => [...this.#views[view].versions.values()].flatMap((version) => version.runs));
    const reached = Math.max(-Infinity, ...runs.map(({ endUs }) => endUs));
    const backUs = Math.min(this.#nowUs - reached, this.#random.pick([0, US_PER_HOUR, US_PER_DAY, 3 * US_PER_DAY]));
    this.#moveTo(this.#nowUs + 1);
    for (const view of VIEWS) await this.#materialize({ view, backUs, isLatestAlone: false });
    await this.#reconciled("before the last materialization");
    await this.#mended();
    // Then all that is known lies before B.
    this.#step = Infinity;
    this.#moveTo(NOW_US);
    for (const view of VIEWS) await this.#materialize({ view, backUs: 0, isLatestAlone: false });
    await this.#checkOnline("at the end");
    await this.#reconciled("at the end");
    await checkOffline(this.#moment, this.#reader(), [...new Set([...this.#inFile(), ...this.#logged])]);
  }

  /** Brings the definitions to these forms, and the models to what is to come of it (SEMANTICS 7.1, 7.2). */
  async #apply(forms: Forms): Promise<void> {
    const { admin, project } = this.#server;
    const compiled = streamViews({ seed: this.#random.seed, own: this.#own, isStream: this.#isStream }, forms);
    await this.#untilDone(async () => {
      const current = await admin.getRegistry();
      const before = current === null ? emptySnapshot(project, "dev") : checkSnapshot(current.snapshot);
      await admin.putRegistry(planApply(before, compiled).snapshot, current?.registry ?? null);
    });
    await this.#loadRegistry();
    this.#forms = forms;
    for (const view of VIEWS) {
      const model = this.#views[view];
      const name = `${view}_${this.#own}`;
      const { latest, versions } = this.#entry(view);
      const version = latest as number;
      const { fingerprint, spec } = versions[version] as (typeof versions)[string];
      const defined = compiled.views[name] as CompiledView;
      same(
        `${name} is what was applied`,
        [fingerprint, (spec as Spec).latenessUs],
        [defined.fingerprint, (defined.spec as Spec).latenessUs],
      );
      if (model.latest > 0 && version !== model.latest)
        this.#count(model.versions.has(version) ? "restored" : "versions");
      // Of a stream that no view had before nothing can be missing.
      model.applied(version, spec as Spec, this.#isStream && model.latest === 0);
    }
    this.#checkVersions();
  }

  /** The registry says of every version what it must. */
  #checkVersions(): void {
    for (const view of VIEWS) {
      const { latest, active, versions } = this.#entry(view);
      const model = this.#views[view];
      const serving = Object.entries(versions).map(([version, { materialized }]) => [Number(version), materialized]);
      same(
        `step ${this.#step}: the versions of ${view}`,
        [latest, active, serving],
        [model.latest, model.active, [...model.versions].map(([version, { serves }]) => [version, serves])],
      );
    }
  }

  #entry(view: ViewName | "computed"): ViewEntry {
    return entryOf(this.#moment, view);
  }

  /** Does something again until no fault of the test comes between. */
  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch (fault) {
        if (!["store_unavailable", "server_failed"].includes((fault as { code?: string }).code ?? "") || tries > 50)
          throw fault;
      }
    }
  }

  async #loadRegistry(): Promise<void> {
    const current = await this.#untilDone(() => this.#server.admin.getRegistry());
    this.#registry = current?.registry as string;
    this.#snapshot = checkSnapshot(current?.snapshot);
  }

  #moveTo(us: Us): void {
    if (this.#server.setNow === undefined) return;
    this.#nowUs = Math.max(this.#nowUs, us);
    this.#server.setNow(this.#nowUs);
  }

  async #take(step: Step): Promise<void> {
    this.#moveTo(this.#nowUs + 1);
    if (step.kind === "wait") this.#moveTo(this.#nowUs + step.us);
    else if (step.kind === "push") await this.#push(step);
    else if (step.kind === "apply") await this.#apply({ ...this.#forms, [step.view]: step.to });
    else await this.#materialize(step);
  }

  /** Returns how many of the events were accepted. */
  async #push({ events, view, to }: Omit<Step & { kind: "push" }, "kind">): Promise<number> {
    this.#moveTo(Math.max(...events.map(({ arrivesUs }) => arrivesUs ?? -Infinity)));
    const body = `{"to":"${to}","events":[${events.map(eventJson).join(",")}]}`;
    const path = `/v1/push/${view}_${this.#own}`;
    let answer = await this.#server.fetch(path, body);
    for (let tries = 0; answer.status === 503 && tries < 50; tries++) {
      this.#count("failed");
      await answer.body?.cancel();
      answer = await this.#server.fetch(path, body);
    }
    const text = await answer.text();
    same(`step ${this.#step}: ${text}`, answer.status, 200);
    const counts = JSON.parse(text) as {
      readonly [what in "accepted" | "duplicate" | "deferred"]: number;
    } & { rejected: unknown[]; version: number; missed?: unknown };
    const model = this.#views[view];
    same(`step ${this.#step}`, [counts.rejected, counts.missed, counts.version], [[], undefined, model.latest]);
    same(`step ${this.#step}`, counts.accepted + counts.duplicate + counts.deferred, events.length);
    for (const what of ["accepted", "duplicate", "deferred"] as const) this.#count(what, counts[what]);
    this.#count("pending", events.filter(({ e }) => e > this.#nowUs).length);
    for (const event of events) this.#logged.add(event);
    const accepted = model.push(events, to);
    // A push that failed half-way has counted some already.
    if (accepted !== null && !this.#faulty) same(`step ${this.#step}: accepted`, counts.accepted, accepted);
    return counts.accepted;
  }

  #count(what: string, n = 1): void {
    this.#met[what] = (this.#met[what] ?? 0) + n;
  }

  #inFile(): StreamEvent[] {
    if (this.#isStream) return [];
    return this.#events.filter(({ fileStep }) => fileStep !== null && fileStep <= this.#step);
  }

  readonly #readFile = async (_source: unknown, columns: readonly string[] | undefined): Promise<Table> => {
    const table = tableOfEvents(this.#inFile());
    return columns === undefined ? table : selectColumns(table, columns, "the file");
  };

  #reader(more: { writtenUntilUs?: Us; pushes?: boolean } = {}) {
    return withLog(this.#readFile, { logOf: ({ name }) => this.#sourceLog(name), typesOf: () => ({}), ...more });
  }

  #sourceLog(source: string): SourceLog {
    const { logFiles, project } = this.#server;
    const folder = `${logFolder({ project, environment: "dev" })}/${source}`;
    return { files: logFiles, folder, source, datasets };
  }

  /** The latest version first, then the older ones that serve, as the command does. */
  async #materialize({ view, backUs, isLatestAlone }: Omit<Step & { kind: "materialize" }, "kind">): Promise<void> {
    const { latest, versions } = this.#views[view];
    const older = [...versions].filter(([version, { serves }]) => serves && version !== latest && !isLatestAlone);
    for (const version of [latest, ...older.map(([version]) => version)]) {
      await this.#materializeVersion(view, version, this.#nowUs - backUs);
    }
  }

  async #materializeVersion(view: ViewName, version: number, endUs: Us): Promise<void> {
    const sealedUs = this.#nowUs;
    const { admin } = this.#server;
    const report = await this.#untilDone(() =>
      materializeView({
        engine: this.#engine,
        snapshot: this.#snapshot,
        view: `${view}_${this.#own}`,
        version,
        startUs: null,
        endUs,
        readSource: this.#readFile,
        log: {
          sealedUs,
          readSource: (writtenUntilUs) => this.#reader({ writtenUntilUs }),
          told: ({ name }, of, afterUs) => readTold(this.#sourceLog(name), of, afterUs),
        },
        sink: onlineSink(admin, this.#snapshot),
      }),
    );
    const { boundaryUs } = report;
    const model = this.#views[view];
    const caughtUp = report.caughtUp !== null;
    same("contended", report.contended, 0);
    same(`step ${this.#step}: caught up`, caughtUp, !model.version(version).serves);
    same(`step ${this.#step}: left out`, [report.conflicts, report.caughtUp?.rejected ?? 0], [0, 0]);
    this.#count("superseded", report.superseded);
    if (version > 1) this.#count("caughtUp", (report.caughtUp?.accepted ?? 0) + (report.caughtUp?.duplicate ?? 0));
    model.version(version).runs.push({ startUs: null, endUs: boundaryUs, sealedUs, caughtUp });
    model.materialize(version, { boundaryUs, known: [...this.#inFile(), ...this.#logged] });
    await this.#loadRegistry();
    this.#checkVersions();
  }

  /** What is asked and how, at this moment. */
  get #moment(): Moment {
    const { admin, client } = this.#server;
    return {
      admin,
      client,
      engine: this.#engine,
      own: this.#own,
      views: this.#views,
      snapshot: this.#snapshot,
      registry: this.#registry,
      nowUs: this.#nowUs,
      count: (what, n) => this.#count(what, n),
    };
  }

  #checkOnline(when: string): Promise<void> {
    return checkOnline(this.#moment, when);
  }

  /** Reconciles the stream's views: nothing may differ, whatever waits for a materialization or was deferred. */
  async #reconciled(when: string): Promise<void> {
    const { verdict, differences, views } = await this.#reconcile(false);
    const shown = differences
      .slice(0, 3)
      .map(
        (one) =>
          `${one.view}@${one.version}:${one.feature} of ${show(one.entities["key"])} ${one.kind} ${show(one.online)}, offline ${show(one.offline)}`,
      );
    same(when, [verdict, shown], ["equal", []]);
    // Of a view with several versions the log has the verdicts of those that answered alone; and of an event that several
    // views were told it doesn't have when each of them was.
    const alone = VIEWS.filter((view) => {
      const { versions, deferred } = this.#views[view];
      return versions.size === 1 && ![...deferred].some((event) => this.#isShared(event));
    }).map((view) => `${view}_${this.#own}`);
    if (alone.length === VIEWS.length) alone.push(`computed_${this.#own}`);
    const judged = views.filter(({ view }) => alone.includes(view));
    const unsettled = judged.flatMap(({ view, version, features }) =>
      features.flatMap((one) => (one.unsettled > 0 ? [`${view}@${version}:${one.feature}`] : [])),
    );
    same(`${when}: unsettled`, unsettled, []);
  }

  #isShared(event: StreamEvent): boolean {
    return VIEWS.filter((view) => this.#views[view].told.has(event)).length > 1;
  }

  /**
   * Returns the keys with events of which the log does not say surely whether the version holds them, which a repair leaves out:
   * deferred ones that are as old as a run, where the clock stands still, or that another view was told too; and where the view
   * has other versions, those that these may have judged otherwise.
   */
  #unsureKeys(view: ViewName, model: WindowsModel): Set<string> {
    const { told, deferred, versions } = this.#views[view];
    const unsure = [...told].filter((event) => {
      if (event.e <= model.boundaryOf(model.keyOf(event))) return false;
      if (deferred.has(event)) return versions.size > 1 || this.#server.setNow === undefined || this.#isShared(event);
      return versions.size > 1 && model.isLate(event);
    });
    return new Set(unsure.map((event) => model.keyOf(event)));
  }

  /** A row that is lost or wrong is mended with all that was pushed into it, and no replay counts again then. */
  async #mended(): Promise<void> {
    const { admin } = this.#server;
    const view = this.#random.pick(["windows", "windows", "totals"] as const);
    const { latest: version } = this.#views[view];
    const model = this.#views[view].version(version) as WindowsModel;
    const name = `${view}_${this.#own}`;
    const { rows } = await admin.listRows(name, { version });
    const unsure = this.#unsureKeys(view, model);
    const sure = rows.filter(({ id, eventTime }) => eventTime !== null && !unsure.has(decodeURIComponent(id)));
    const row = sure.length === 0 ? undefined : this.#random.pick(sure);
    if (row === undefined) return;
    const key = decodeURIComponent(row.id);
    this.#count("mended");
    const layout = tileLayout(specOf(this.#moment, view, version) as AggregatedViewSpec);
    const groups = layout.groups.map(() => []);
    const boundaryUs = Math.max(NO_BOUNDARY, model.boundaryOf(key));
    const empty = { newestEventUs: this.#nowUs, writtenAtUs: 0, boundaryUs, groups };
    const packed = this.#random.below(2) === 0 ? null : packTileRow(layout, empty);
    const tiles = [{ entities: view === "totals" ? {} : { key }, packed, revision: row.revision }];
    await admin.replaceRows(name, JSON.stringify({ until: formatTime(this.#nowUs), tiles }));
    const { verdict, views } = await this.#reconcile(true);
    const told = views.find((one) => one.view === name && one.version === version);
    same("mending", [verdict, told?.wrongKeys, told?.repaired], ["repaired", 1, 1]);
    model.mend(key);
    await this.#checkOnline("mended");
    const replayed = [...model.counted];
    for (let from = 0; from < replayed.length; from += 10) {
      const accepted = await this.#push({ events: replayed.slice(from, from + 10), view, to: "both" });
      same("replayed", accepted, 0);
    }
    await this.#checkOnline("replayed");
  }

  /** Of all versions that serve. */
  async #reconcile(repair: boolean) {
    const { admin, client } = this.#server;
    const views = VIEWS.flatMap((view) =>
      [...this.#views[view].versions].flatMap(([version, { serves, runs }]) =>
        serves ? [{ view: `${view}_${this.#own}`, version, runs }] : [],
      ),
    );
    const { active } = this.#entry("computed");
    const computed = active === null ? [] : [{ view: `computed_${this.#own}`, version: active }];
    const online = await reconcileOnline({ admin, client, target: "", storeId: "" }, this.#snapshot);
    return reconcile({
      engine: this.#engine,
      snapshot: this.#snapshot,
      registry: this.#registry,
      readSource: this.#reader({ pushes: true }),
      // Nothing is on its way when this looks.
      online: { ...online, isFrozen: true },
      covered: new Map(views.map(({ view, version, runs }) => [`${view}@${version}`, { intervals: runs, runs }])),
      views: [...views, ...computed],
      sample: { by: "all" },
      repair,
    });
  }
}
