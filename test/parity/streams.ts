// Random streams of events, pushed late, twice and in no order, between materializations at random boundaries, cut off at
// random points: online is what the oracle makes of the raw events, and what the offline join says, after every step.
import { inspect, isDeepStrictEqual } from "node:util";
import type { Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { columnOf, columnReader, selectColumns, tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { datasets } from "../../offline/datasets/files.ts";
import { type Engine, getHistoricalFeatures, materializeView, openEngine, reconcile } from "../../offline/index.ts";
import { type LogFiles, readTold, type SourceLog, withLog } from "../../offline/log/index.ts";
import { onlineSink } from "../../sdk/cli/online-sink.ts";
import { reconcileOnline } from "../../sdk/cli/reconcile-online.ts";
import type { AdminClient, Client } from "../../sdk/client/index.ts";
import { logFolder } from "../../sdk/log/index.ts";
import { planFeatures } from "../../sdk/plan/index.ts";
import {
  type AggregatedViewSpec,
  checkSnapshot,
  emptySnapshot,
  planApply,
  type Snapshot,
} from "../../sdk/registry/index.ts";
import { formatTime, US_PER_DAY, US_PER_HOUR, type Us } from "../../sdk/time.ts";
import { packTileRow } from "../../sdk/rows/index.ts";
import { NO_BOUNDARY, tileLayout } from "../../sdk/windows/index.ts";
import { compareOracle, type OracleValue, pointInTime } from "../support/oracle.ts";
import { truthOf } from "../support/random-aggregations.ts";
import { agrees } from "../support/window-oracle.ts";
import {
  eventJson,
  KEYS,
  NOW_US,
  Random,
  randomStream,
  type Step,
  type StreamEvent,
  tableOfEvents,
} from "./stream-script.ts";
import { streamViews } from "./stream-views.ts";

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
const RUNS = Number(process.env["EDGEFEAT_STREAM_RUNS"] ?? 8);
const LATENESS_US = US_PER_HOUR;

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
    const met = { accepted: 0, duplicate: 0, deferred: 0, failed: 0, pending: 0, superseded: 0, values: 0 };

    it(
      `online is what the raw events say after every step, seeds from EDGEFEAT_SEED=${SEED}`,
      { timeout: 900_000 },
      async () => {
        for (let i = 0; i < RUNS; i++) {
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
        const { accepted, duplicate, deferred, values } = met;
        expect(values).toBeGreaterThan(0);
        if (RUNS >= 8)
          expect([accepted, duplicate, deferred, values].map((n) => n > 20)).toEqual([true, true, true, true]);
      },
    );
  });
}

class Stream {
  readonly #server: StreamServer;
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #own: string;
  #nowUs: Us = NOW_US;
  #step = 0;
  #snapshot!: Snapshot;
  #registry!: string;
  readonly #events: StreamEvent[];
  readonly #steps: Step[];
  /** Events in the log. */
  readonly #logged = new Set<StreamEvent>();
  /** Those that were pushed to each view. */
  readonly #told = { windows: new Set<StreamEvent>(), latest: new Set<StreamEvent>() };
  /** What must count in the windows, and in the stored view. */
  readonly #counted = new Set<StreamEvent>();
  readonly #held = new Set<StreamEvent>();
  readonly #boundaries = new Map<string, Us>();
  readonly #runs: { view: string; startUs: null; endUs: Us; sealedUs: Us; caughtUp: boolean }[] = [];
  #faulty = false;
  readonly #met: Record<string, number>;

  constructor(server: StreamServer, engine: Engine, seed: number, met: Record<string, number>) {
    this.#met = met;
    this.#server = server;
    this.#engine = engine;
    this.#random = new Random(seed);
    this.#own = `${seed}_${server.project.replaceAll(/\W/g, "_")}`;
    const { events, steps } = randomStream(this.#random);
    this.#events = events;
    this.#steps = steps;
  }

  async run(): Promise<void> {
    await this.#apply();
    if (this.#server.setNow !== undefined) this.#nowUs = Math.min(...this.#events.map(({ e }) => e));
    this.#server.setNow?.(this.#nowUs);
    for (const step of this.#steps) {
      this.#step++;
      this.#faulty = this.#random.below(3) === 0 && this.#server.setFaults !== undefined;
      if (this.#faulty) this.#server.setFaults?.(0.15, this.#random.next);
      try {
        await this.#take(step);
      } finally {
        this.#server.setFaults?.(0, this.#random.next);
      }
      if (this.#random.below(3) === 0) await this.#checkOnline(`step ${this.#step}, ${step.kind}`);
    }
    // A row that came into the file after the last run would be told of as missing, which it is.
    const reached = Math.max(-Infinity, ...this.#runs.map(({ endUs }) => endUs));
    const backUs = Math.min(this.#nowUs - reached, this.#random.pick([0, US_PER_HOUR, US_PER_DAY, 3 * US_PER_DAY]));
    for (const view of ["windows", "latest"] as const) await this.#take({ kind: "materialize", view, backUs });
    await this.#reconciled("before the last materialization");
    await this.#mended();
    // Then all that is known lies before B.
    this.#step = Infinity;
    this.#moveTo(NOW_US);
    await this.#take({ kind: "materialize", view: "windows", backUs: 0 });
    await this.#take({ kind: "materialize", view: "latest", backUs: 0 });
    await this.#checkOnline("at the end");
    await this.#reconciled("at the end");
    await this.#checkOffline();
  }

  async #apply(): Promise<void> {
    const { admin, project } = this.#server;
    const compiled = streamViews(this.#random.seed, this.#own);
    const current = await admin.getRegistry();
    const before = current === null ? emptySnapshot(project, "dev") : checkSnapshot(current.snapshot);
    await admin.putRegistry(planApply(before, compiled).snapshot, current?.registry ?? null);
    await this.#loadRegistry();
  }

  async #loadRegistry(): Promise<void> {
    const current = await this.#server.admin.getRegistry();
    this.#registry = current?.registry as string;
    this.#snapshot = checkSnapshot(current?.snapshot);
  }

  #moveTo(us: Us): void {
    if (this.#server.setNow === undefined) return;
    this.#nowUs = Math.max(this.#nowUs, us);
    this.#server.setNow(this.#nowUs);
  }

  async #take(step: Step): Promise<void> {
    if (step.kind === "wait") this.#moveTo(this.#nowUs + step.us);
    else if (step.kind === "push") await this.#push(step);
    else await this.#materialize(step);
  }

  async #push({ events, view, to }: Step & { kind: "push" }): Promise<void> {
    this.#moveTo(Math.max(...events.map(({ arrivesUs }) => arrivesUs as Us)));
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
    const counts = JSON.parse(text) as { accepted: number; duplicate: number; deferred: number; rejected: unknown[] };
    same(`step ${this.#step}`, counts.rejected, []);
    same(`step ${this.#step}`, counts.accepted + counts.duplicate + counts.deferred, events.length);
    for (const what of ["accepted", "duplicate", "deferred"] as const) this.#count(what, counts[what]);
    this.#count("pending", events.filter(({ e }) => e > this.#nowUs).length);
    for (const event of events) {
      this.#logged.add(event);
      this.#told[view].add(event);
    }
    if (to === "offline") return;
    if (view === "latest") {
      for (const event of events) this.#held.add(event);
      return;
    }
    let accepted = 0;
    // What does not serve yet takes events however late they are.
    const latenessUs = this.#serves("windows") ? LATENESS_US : Infinity;
    for (const key of KEYS) {
      for (const event of events.filter((one) => one.key === key).toSorted((a, b) => a.e - b.e)) {
        const newest = Math.max(-Infinity, ...this.#ofKey(key).map(({ e }) => e));
        if (this.#counted.has(event)) continue;
        if (event.e <= (this.#boundaries.get(key) ?? -Infinity) || event.e < newest - latenessUs) continue;
        this.#counted.add(event);
        accepted++;
      }
    }
    // A push that failed half-way has counted some already.
    if (!this.#faulty) same(`step ${this.#step}: accepted`, counts.accepted, accepted);
  }

  #count(what: string, n = 1): void {
    this.#met[what] = (this.#met[what] ?? 0) + n;
  }

  #ofKey(key: string): StreamEvent[] {
    return [...this.#counted].filter((event) => event.key === key);
  }

  #inFile(): StreamEvent[] {
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

  #serves(view: "windows" | "latest"): boolean {
    return this.#snapshot.views[`${view}_${this.#own}`]?.active !== null;
  }

  async #materialize({ view, backUs }: Step & { kind: "materialize" }): Promise<void> {
    const endUs = this.#nowUs - backUs;
    const sealedUs = this.#nowUs;
    const { admin } = this.#server;
    for (let tries = 0; ; tries++) {
      try {
        const report = await materializeView({
          engine: this.#engine,
          snapshot: this.#snapshot,
          view: `${view}_${this.#own}`,
          version: 1,
          startUs: null,
          endUs,
          readSource: this.#readFile,
          log: {
            sealedUs,
            readSource: (writtenUntilUs) => this.#reader({ writtenUntilUs }),
            told: ({ name }, of, afterUs) => readTold(this.#sourceLog(name), of, afterUs),
          },
          sink: onlineSink(admin, this.#snapshot),
        });
        same("contended", report.contended, 0);
        this.#count("superseded", report.superseded);
        const caughtUp = report.caughtUp !== null;
        this.#runs.push({ view, startUs: null, endUs: report.boundaryUs, sealedUs, caughtUp });
        this.#materialized(view, report.boundaryUs);
        break;
      } catch (fault) {
        if (!["store_unavailable", "server_failed"].includes((fault as { code?: string }).code ?? "") || tries > 50)
          throw fault;
      }
    }
    this.#server.setFaults?.(0, this.#random.next);
    await this.#loadRegistry();
  }

  #materialized(view: "windows" | "latest", boundaryUs: Us): void {
    const known = [...this.#inFile(), ...this.#logged].filter(({ e }) => e <= boundaryUs);
    // The first run catches up with what the view was told after B, be it that it was to go offline (SEMANTICS 7.2).
    const missed = this.#serves(view) ? [] : [...this.#told[view]].filter(({ e }) => e > boundaryUs);
    if (view === "latest") {
      for (const event of [...known, ...missed]) this.#held.add(event);
      return;
    }
    for (const event of missed) this.#counted.add(event);
    for (const key of KEYS) {
      if (boundaryUs < (this.#boundaries.get(key) ?? -Infinity) || !known.some((event) => event.key === key)) continue;
      this.#boundaries.set(key, boundaryUs);
      for (const event of this.#ofKey(key)) if (event.e <= boundaryUs) this.#counted.delete(event);
      for (const event of known) if (event.key === key) this.#counted.add(event);
    }
  }

  /** Reads every feature of every key and compares it with the oracle. */
  async #checkOnline(when: string): Promise<void> {
    const online = await reconcileOnline(
      { admin: this.#server.admin, client: this.#server.client, target: "", storeId: "" },
      this.#snapshot,
    );
    for (const view of ["windows", "latest"] as const) {
      const name = `${view}_${this.#own}`;
      const entry = this.#snapshot.views[name] as Snapshot["views"][string];
      if (entry.active === null) continue;
      const { spec } = entry.versions["1"] as (typeof entry.versions)[string];
      const features = spec.features.map((feature) => `${name}:${feature.name}`);
      const plan = planFeatures(this.#snapshot, { features }, new Map());
      const { rows, nowUs } = await online.read(
        plan,
        [...KEYS, "unseen"].map((key) => [key]),
      );
      same("now", nowUs, this.#nowUs);
      for (const [k, key] of [...KEYS, "unseen"].entries()) {
        for (const [f, feature] of spec.features.entries()) {
          const got = rows[k]?.[f];
          const truth =
            view === "windows"
              ? truthOf([...this.#counted], key, nowUs, feature as never)
              : this.#latest(key, feature.name);
          const isRight =
            view === "windows" ? agrees(feature as never, truth, got) : compareOracle(truth, got as OracleValue) === 0;
          this.#count("values");
          if (!isRight)
            throw new Error(
              `${when}: ${JSON.stringify(feature)} of ${key} at ${formatTime(nowUs)} is ${show(got)}, not ${show(truth)}`,
            );
        }
      }
    }
  }

  #latest(key: string, column: string): OracleValue {
    const row = pointInTime([...this.#held], key, this.#nowUs, US_PER_DAY, ["x", "n", "s"]);
    return row?.values[column] ?? (column === "n" ? -7n : null);
  }

  /** Reconciles the stream's views: nothing may differ, whatever waits for a materialization or was deferred. */
  async #reconciled(when: string): Promise<void> {
    const { verdict, differences, views } = await this.#reconcile(false);
    const shown = differences
      .slice(0, 3)
      .map(
        (one) =>
          `${one.view}:${one.feature} of ${show(one.entities["key"])} ${one.kind} ${show(one.online)}, offline ${show(one.offline)}`,
      );
    same(when, [verdict, shown], ["equal", []]);
    const unsettled = views.flatMap(({ features }) => features.filter((one) => one.unsettled > 0));
    same(`${when}: unsettled`, unsettled, []);
  }

  /** A row that is lost or wrong is mended with all that was pushed into it, and no replay counts again then. */
  async #mended(): Promise<void> {
    const { admin } = this.#server;
    const view = `windows_${this.#own}`;
    const { rows } = await admin.listRows(view, { version: 1 });
    const row = rows.length === 0 ? undefined : this.#random.pick(rows);
    if (row === undefined || row.eventTime === null) return;
    const key = decodeURIComponent(row.id);
    const layout = tileLayout(this.#snapshot.views[view]?.versions["1"]?.spec as AggregatedViewSpec);
    const groups = layout.groups.map(() => []);
    const empty = {
      newestEventUs: this.#nowUs,
      writtenAtUs: 0,
      boundaryUs: this.#boundaries.get(key) ?? NO_BOUNDARY,
      groups,
    };
    const packed = this.#random.below(2) === 0 ? null : packTileRow(layout, empty);
    const tiles = [{ entities: { key }, packed, revision: row.revision }];
    await admin.replaceRows(view, JSON.stringify({ until: formatTime(this.#nowUs), tiles }));
    const { verdict, views } = await this.#reconcile(true);
    const told = views.find((one) => one.view === view);
    same("mending", [verdict, told?.wrongKeys, told?.repaired], ["repaired", 1, 1]);
    await this.#checkOnline("mended");
    const replayed = [...this.#counted];
    for (let from = 0; from < replayed.length; from += 10) {
      const body = `{"events":[${replayed
        .slice(from, from + 10)
        .map(eventJson)
        .join(",")}]}`;
      const answer = await this.#server.fetch(`/v1/push/${view}`, body);
      const { accepted, rejected } = (await answer.json()) as { accepted: number; rejected: unknown[] };
      same("replayed", [accepted, rejected], [0, []]);
      for (const event of replayed.slice(from, from + 10)) this.#logged.add(event);
    }
    await this.#checkOnline("replayed");
  }

  async #reconcile(repair: boolean) {
    const { admin, client } = this.#server;
    const views = ["windows", "latest", "computed"]
      .map((view) => ({ view: `${view}_${this.#own}`, version: 1 }))
      .filter(({ view }) => this.#snapshot.views[view]?.active !== null);
    const online = await reconcileOnline({ admin, client, target: "", storeId: "" }, this.#snapshot);
    return reconcile({
      engine: this.#engine,
      snapshot: this.#snapshot,
      registry: this.#registry,
      readSource: this.#reader({ pushes: true }),
      // Nothing is on its way when this looks.
      online: { ...online, isFrozen: true },
      covered: new Map(
        views.map(({ view }) => {
          const runs = this.#runs.filter((run) => `${run.view}_${this.#own}` === view);
          return [`${view}@1`, { intervals: runs, runs }];
        }),
      ),
      views,
      sample: { by: "all" },
      repair,
    });
  }

  /** The join over all that the file and the log hold, as a training set is made. */
  async #checkOffline(): Promise<void> {
    const name = `windows_${this.#own}`;
    const spec = this.#snapshot.views[name]?.versions["1"]?.spec as AggregatedViewSpec;
    const { table } = await getHistoricalFeatures({
      engine: this.#engine,
      snapshot: this.#snapshot,
      request: { features: spec.features.map((feature) => `${name}:${feature.name}`) },
      readSource: this.#reader(),
      entities: tableOf([
        ["key", vectorFromValues({ kind: "string" }, KEYS)],
        [
          "event_timestamp",
          vectorFromValues(
            { kind: "timestamp" },
            KEYS.map(() => BigInt(this.#nowUs)),
          ),
        ],
      ]),
    });
    const all = [...new Set([...this.#inFile(), ...this.#logged])];
    for (const feature of spec.features) {
      const plan = planFeatures(this.#snapshot, { features: [`${name}:${feature.name}`] }, new Map());
      const read = columnReader(columnOf(table, feature.name), plan.outputs[0]?.type as never, {
        column: feature.name,
      });
      for (const [k, key] of KEYS.entries()) {
        const truth = truthOf(all, key, this.#nowUs, feature);
        if (!agrees(feature, truth, read(k)))
          throw new Error(`offline: ${JSON.stringify(feature)} of ${key} is ${show(read(k))}, not ${show(truth)}`);
      }
    }
  }
}

function same(what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) throw new Error(`${what}: ${inspect(got)} is not ${inspect(wanted)}`);
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return Object.is(value, -0)
    ? "-0"
    : typeof value === "bigint"
      ? `${value}n`
      : typeof value === "string"
        ? JSON.stringify(value)
        : String(value);
}
