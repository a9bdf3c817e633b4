// What must count in a version of a view after all that happened to it: SEMANTICS 3.3, 4.6, 4.7 and 7.2 as plain loops over events.
import type { AggregatedViewSpec, AggregateFeature, StoredViewSpec } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import { compareOracle, type OracleValue, pointInTime } from "../support/oracle.ts";
import { truthOf } from "../support/random-aggregations.ts";
import { agrees } from "../support/window-oracle.ts";
import { KEYS, type StreamEvent } from "./stream-script.ts";

/** What a materialization brought. */
export interface Materialized {
  readonly boundaryUs: Us;
  /** What the file and the log held when it ran. */
  readonly known: readonly StreamEvent[];
  /** What the view was told by then. */
  readonly told: readonly StreamEvent[];
}

/** A run, as a reconciliation is told of it. */
export interface Run {
  readonly startUs: null;
  readonly endUs: Us;
  readonly sealedUs: Us;
  readonly caughtUp: boolean;
}

/** A feature of a version's spec. */
export type Feature = (AggregatedViewSpec | StoredViewSpec)["features"][number];

/** A version of a view, as it must be. */
export interface VersionModel {
  readonly serves: boolean;
  /** Those that count at last. */
  readonly counted: ReadonlySet<StreamEvent>;
  readonly runs: Run[];
  /** Takes what `apply` changes of a version that is there. */
  redefine(spec: AggregatedViewSpec | StoredViewSpec): void;
  /** Returns the events that are accepted; null: it need not be told. `toLog`: the log has them for its sake. */
  push(events: readonly StreamEvent[], toLog: boolean): ReadonlySet<StreamEvent> | null;
  materialize(run: Materialized): void;
  truth(feature: Feature, key: string, nowUs: Us): OracleValue;
  /** Returns the truth where all these events count. */
  truthOfAll(events: readonly StreamEvent[], feature: Feature, key: string, nowUs: Us): OracleValue;
  isRight(feature: Feature, truth: OracleValue, got: unknown): boolean;
}

/** What is known of a key's row beside the events that count in it. */
interface Row {
  boundaryUs: Us;
  /** The latest event whose id was forgotten. */
  floorUs: Us;
  /** The events whose ids are remembered; true where the log is known to have them. */
  seen: Map<StreamEvent, boolean>;
}

/** The one key of a view without an entity. */
const ALL = "";

/** A version of an aggregated view. */
export class WindowsModel implements VersionModel {
  serves: boolean;
  readonly counted = new Set<StreamEvent>();
  readonly runs: Run[] = [];
  readonly #isTotal: boolean;
  readonly #rows: ReadonlyMap<string, Row>;
  #latenessUs: Us;

  constructor(spec: AggregatedViewSpec, serves: boolean) {
    this.serves = serves;
    this.#isTotal = spec.joinKeys.length === 0;
    const keys = this.#isTotal ? [ALL] : KEYS;
    this.#rows = new Map(keys.map((key) => [key, { boundaryUs: -Infinity, floorUs: -Infinity, seen: new Map() }]));
    this.#latenessUs = spec.latenessUs as Us;
  }

  redefine({ latenessUs }: AggregatedViewSpec): void {
    this.#latenessUs = latenessUs as Us;
  }

  keyOf(event: StreamEvent): string {
    return this.#isTotal ? ALL : event.key;
  }

  boundaryOf(key: string): Us {
    return (this.#rows.get(key) as Row).boundaryUs;
  }

  /** True where an event comes later than its key's newest allows: at some time it may have been on time. */
  isLate(event: StreamEvent): boolean {
    return event.e < this.#newest(this.keyOf(event)) - this.#latenessUs;
  }

  /** A row that was mended knows no ids any more. */
  mend(key: string): void {
    const row = this.#rows.get(key) as Row;
    row.seen.clear();
    row.floorUs = this.#newest(key);
  }

  push(events: readonly StreamEvent[], toLog: boolean): Set<StreamEvent> {
    // What does not serve yet takes events however late they are.
    const latenessUs = this.serves ? this.#latenessUs : Infinity;
    const accepted = new Set<StreamEvent>();
    for (const [key, row] of this.#rows) {
      const own = new Set(this.#ofKey(events, key).toSorted((a, b) => a.e - b.e));
      let newestUs = this.#newest(key);
      let isWritten = false;
      for (const event of own) {
        const logged = row.seen.get(event);
        if (logged === undefined) {
          if (event.e <= row.boundaryUs || event.e <= row.floorUs || event.e < newestUs - latenessUs) continue;
          this.counted.add(event);
          accepted.add(event);
          newestUs = Math.max(newestUs, event.e);
        } else if (logged || !toLog) continue;
        row.seen.set(event, toLog);
        isWritten = true;
      }
      if (isWritten) forget(row, newestUs - latenessUs);
    }
    return accepted;
  }

  materialize({ boundaryUs, known, told }: Materialized): void {
    for (const [key, row] of this.#rows) {
      const own = this.#ofKey(known, key).filter(({ e }) => e <= boundaryUs);
      if (own.length === 0 || boundaryUs < row.boundaryUs) continue;
      row.boundaryUs = boundaryUs;
      for (const event of this.#ofKey([...this.counted], key)) if (event.e <= boundaryUs) this.counted.delete(event);
      for (const event of own) this.counted.add(event);
    }
    // The first run catches up with what the view was told after B, be it that it was to go offline (SEMANTICS 7.2).
    if (!this.serves)
      this.push(
        told.filter(({ e }) => e > boundaryUs),
        true,
      );
    this.serves = true;
  }

  truth(feature: Feature, key: string, nowUs: Us): OracleValue {
    return this.truthOfAll([...this.counted], feature, key, nowUs);
  }

  truthOfAll(events: readonly StreamEvent[], feature: Feature, key: string, nowUs: Us): OracleValue {
    const own = this.#isTotal ? events.map((event) => ({ ...event, key: ALL })) : events;
    return truthOf(own, this.#isTotal ? ALL : key, nowUs, feature as AggregateFeature);
  }

  isRight(feature: Feature, truth: OracleValue, got: unknown): boolean {
    return agrees(feature as AggregateFeature, truth, got);
  }

  #ofKey(events: readonly StreamEvent[], key: string): StreamEvent[] {
    return events.filter((event) => this.keyOf(event) === key);
  }

  #newest(key: string): Us {
    return Math.max(-Infinity, ...this.#ofKey([...this.counted], key).map(({ e }) => e));
  }
}

function forget(row: Row, beforeUs: Us): void {
  for (const { e } of row.seen.keys()) if (e < beforeUs) row.floorUs = Math.max(row.floorUs, e);
  row.seen = new Map([...row.seen].filter(([{ e }]) => e >= beforeUs));
}

/** A version of a stored view. */
export class LatestModel implements VersionModel {
  serves: boolean;
  readonly counted = new Set<StreamEvent>();
  readonly runs: Run[] = [];
  readonly #spec: StoredViewSpec;

  constructor(spec: StoredViewSpec, serves: boolean) {
    this.serves = serves;
    this.#spec = spec;
  }

  redefine(): void {}

  push(events: readonly StreamEvent[]): null {
    for (const event of events) this.counted.add(event);
    return null;
  }

  materialize({ boundaryUs, known, told }: Materialized): void {
    for (const event of known) if (event.e <= boundaryUs) this.counted.add(event);
    if (!this.serves) this.push(told);
    this.serves = true;
  }

  truth(feature: Feature, key: string, nowUs: Us): OracleValue {
    return this.truthOfAll([...this.counted], feature, key, nowUs);
  }

  truthOfAll(events: readonly StreamEvent[], feature: Feature, key: string, nowUs: Us): OracleValue {
    const { ttlUs, features } = this.#spec;
    const names = features.map(({ name }) => name);
    const value = pointInTime(events, key, nowUs, ttlUs, names)?.values[feature.name] ?? null;
    return value === null && feature.default !== null ? BigInt(feature.default) : value;
  }

  isRight(_feature: Feature, truth: OracleValue, got: unknown): boolean {
    return compareOracle(truth, got as OracleValue) === 0;
  }
}

/** A view: its versions, which of them the definitions hold, and which answers. */
export class ViewModel {
  readonly versions = new Map<number, VersionModel>();
  /** The events that were pushed to it. */
  readonly told = new Set<StreamEvent>();
  /** Those that none of its versions accepted when it was the one that answers. */
  readonly deferred = new Set<StreamEvent>();
  latest = 0;
  active: number | null = null;

  /** The definitions hold this version now. */
  applied(version: number, spec: AggregatedViewSpec | StoredViewSpec, serves: boolean): void {
    const known = this.versions.get(version);
    if (known !== undefined) known.redefine(spec);
    else {
      const made = spec.kind === "stored" ? new LatestModel(spec, serves) : new WindowsModel(spec, serves);
      this.versions.set(version, made);
    }
    this.latest = version;
    this.#activate();
  }

  version(version: number): VersionModel {
    return this.versions.get(version) as VersionModel;
  }

  /** Returns how many the version accepts that answers, or else the latest; null: it need not be told. */
  push(events: readonly StreamEvent[], to: "both" | "offline"): number | null {
    for (const event of events) if (!this.told.has(event)) this.deferred.add(event);
    for (const event of events) this.told.add(event);
    if (to === "offline") return null;
    const leading = this.version(this.active ?? this.latest);
    for (const [version, model] of this.versions)
      if (model !== leading && (model.serves || version === this.latest)) model.push(events, true);
    const accepted = leading.push(events, true);
    for (const event of accepted ?? events) this.deferred.delete(event);
    return accepted?.size ?? null;
  }

  materialize(version: number, run: Omit<Materialized, "told">): void {
    this.version(version).materialize({ ...run, told: [...this.told] });
    this.#activate();
  }

  #activate(): void {
    if (this.version(this.latest).serves) this.active = this.latest;
  }
}
