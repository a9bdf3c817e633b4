// Reconciling: whether online serves what the offline join says at the same instant (SEMANTICS 3.2), and mending what it doesn't.
import { planFeatures, type FeaturePlan, type ViewRead } from "../../sdk/plan/index.ts";
import { type Snapshot, takesPushes, type ViewEntry, type ViewSpec, viewVersion } from "../../sdk/registry/index.ts";
import { keyId } from "../../sdk/rows/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import { US_PER_SECOND, type Us } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import { entitySpine } from "../join/spine.ts";
import { boundaryOf, heldName, HeldRows, heldSnapshot, type HeldView } from "./held-rows.ts";
import { type KeySeen, lookAt, type Target } from "./reconcile-cells.ts";
import { idReader, type KeysOfView, pairedKeys, sampled, valuesOfId } from "./reconcile-keys.ts";
import { rightRows } from "./reconcile-repair.ts";
import type { Difference, ReconciledView, ReconcileOptions, ReconcileReport, RowMark } from "./reconcile-report.ts";
import { isWrong, tallied } from "./reconcile-tally.ts";

/** Keys that are read and joined at once. */
const CHUNK = 200_000;
const REPLACED_AT_ONCE = 500;
/** How long an event may take from being stamped to being in the store. */
const IN_MOTION_US = 5 * US_PER_SECOND;
const SPINE_TIME = "ef_reconciled_at";

/**
 * Compares what online serves with the offline join, each answer at its own *now*, over what online should hold: the rows
 * that materializations covered, and the events that were logged. What differs is looked at again before it is told.
 * @throws registry_conflict, cancelled; as getHistoricalFeatures, and as the online side
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const run = new Run(options);
  const views: ReconciledView[] = [];
  const differences: Difference[] = [];
  const skipped: { view: string; why: string }[] = [];
  for (const { view, version } of options.views ?? activeViews(options.snapshot)) {
    const { spec } = viewVersion(view, lookUp(options.snapshot.views, view, "view called", "unknown_view"), version);
    const plan = planOf(options, view, version, spec);
    if (plan.request.length > 0) {
      const names = plan.request.map(({ name }) => name).join(", ");
      skipped.push({ view: heldName(view, version), why: `it needs request data: ${names}` });
      continue;
    }
    const compared = await run.compare(view, version, spec, plan);
    views.push(compared.report);
    for (const difference of compared.differences) differences.push(difference);
  }
  const wrong = views.filter(({ wrongKeys }) => wrongKeys > 0);
  const isMended = wrong.every(({ wrongKeys, repaired }) => wrongKeys === repaired);
  return {
    verdict: wrong.length === 0 ? "equal" : isMended ? "repaired" : "different",
    registry: options.registry,
    views,
    skipped,
    differences,
  };
}

/** On-demand views come last: what they are computed from is mended by then. */
function activeViews({ views }: Snapshot): { view: string; version: number }[] {
  const active = Object.entries(views).flatMap(([view, { active: version, versions }]) =>
    version === null ? [] : [{ view, version, last: versions[String(version)]?.spec.kind === "onDemand" }],
  );
  return active.toSorted((a, b) => Number(a.last) - Number(b.last));
}

function planOf(
  { snapshot, transforms = new Map() }: ReconcileOptions,
  view: string,
  version: number,
  { features }: ViewSpec,
): FeaturePlan {
  const references = features.map(({ name }) => `${heldName(view, version)}:${name}`);
  return planFeatures(snapshot, { features: references }, transforms);
}

/** A view whose rows were listed. */
interface Listed {
  /** The ids that are compared, and what is known of their rows. */
  readonly ids: readonly string[];
  readonly marks: ReadonlyMap<string, RowMark>;
  readonly boundaryUs: Us;
  /** Before any sampling. */
  readonly online: number;
  readonly offline: number;
}

class Run {
  readonly #options: ReconcileOptions;
  readonly #listed = new Map<string, Promise<Listed>>();

  constructor(options: ReconcileOptions) {
    this.#options = options;
  }

  async compare(view: string, version: number, spec: ViewSpec, plan: FeaturePlan) {
    const { snapshot, settle, repair = false } = this.#options;
    const references = plan.outputs.map(({ reference }) => reference);
    const target: Target = { view, version, references, plan, held: heldSnapshot(snapshot, plan.reads) };
    const isBase = spec.kind !== "onDemand";
    const { keys, unlogged } = await this.#keysOf(plan);
    let found = new Map<number, KeySeen>();
    for (let from = 0; from < keys.length; from += CHUNK) {
      const chunk = keys.slice(from, from + CHUNK);
      for (const [i, seen] of await this.#look(target, chunk, await this.#views(plan))) found.set(from + i, seen);
    }
    // What was on its way while online was read has come by then.
    if (found.size > 0) {
      await settle?.();
      found = await this.#lookAgain(target, keys, [...found.keys()]);
    }
    const wrong = [...found].filter(([, seen]) => isWrong(seen)).map(([place]) => place);
    const repaired = repair && isBase && wrong.length > 0 ? await this.#repair(target, keys, wrong) : 0;
    const own = isBase ? await this.#list(plan.reads[0] as ViewRead) : { online: 0, offline: 0 };
    const counts = { online: own.online, offline: own.offline, unlogged: isBase ? unlogged : 0 };
    return tallied(target, { keys, found, wrong, repaired, counts });
  }

  /** Returns the keys to compare, by the plan's columns. */
  async #keysOf({ reads, keys: columns }: FeaturePlan): Promise<{ keys: Value[][]; unlogged: number }> {
    const byColumns = new Map<string, { columns: ViewRead["keys"]; ids: Set<string> }>();
    let unlogged = 0;
    for (const read of reads) {
      const { ids, marks } = await this.#list(read);
      const name = read.keys.map((key) => key.name).join();
      const same = byColumns.get(name) ?? { columns: read.keys, ids: new Set<string>() };
      byColumns.set(name, same);
      for (const id of ids) {
        if (this.#isUnlogged(read, marks.get(id))) unlogged++;
        else same.ids.add(id);
      }
    }
    const views = Array.from(byColumns.values(), (one): KeysOfView => {
      const types = one.columns.map(({ type }) => type);
      return { columns: one.columns, keys: Array.from(one.ids, (id) => valuesOfId(types, id)) };
    });
    return { keys: pairedKeys(columns, views), unlogged };
  }

  /** True for a row that was pushed to where nothing keeps what was pushed: its newest event tells. */
  #isUnlogged({ view, version, spec }: ViewRead, mark: RowMark | undefined): boolean {
    const { hasLog = true } = this.#options;
    const eventTimeUs = mark?.eventTimeUs ?? null;
    if (hasLog || spec.push !== true || eventTimeUs === null) return false;
    if (spec.kind === "aggregated") return eventTimeUs > (mark?.boundaryUs ?? Number.NEGATIVE_INFINITY);
    return this.#coveredOf(view, version).intervals.every(({ endUs }) => eventTimeUs > endUs);
  }

  #list(read: ViewRead): Promise<Listed> {
    const name = heldName(read.view, read.version);
    const known = this.#listed.get(name) ?? this.#listing(read);
    this.#listed.set(name, known);
    return known;
  }

  async #listing(read: ViewRead): Promise<Listed> {
    const { online, sample, signal, onProgress } = this.#options;
    const { view, version, spec } = read;
    const all = new Map<string, RowMark>();
    for await (const page of online.list(view, version)) {
      signal?.throwIfAborted();
      for (const mark of page) all.set(mark.id, mark);
      onProgress?.({ stage: `list ${heldName(view, version)}`, done: all.size, total: 0 });
    }
    const boundaryUs = boundaryOf(spec, this.#coveredOf(view, version), all.values());
    const offline = await this.#sourceIds(read, { marks: all, boundaryUs });
    const ids = sampled(new Set([...all.keys(), ...offline]), sample);
    const marks = new Map<string, RowMark>();
    for (const id of ids) {
      const mark = all.get(id);
      if (mark !== undefined) marks.set(id, mark);
    }
    return { ids, marks, boundaryUs, online: all.size, offline: offline.size };
  }

  /** Returns the ids of the keys that source and log have. */
  async #sourceIds(read: ViewRead, known: Pick<Listed, "marks" | "boundaryUs">): Promise<Set<string>> {
    const { engine, snapshot, online, onBadRows, signal } = this.#options;
    const { view, version, spec } = read;
    const nowUs = await online.now();
    const held = await this.#held([this.#heldView(read, known)], nowUs);
    const spine = await entitySpine({
      engine,
      snapshot: heldSnapshot(snapshot, [{ view, version }]),
      request: { features: [`${heldName(view, version)}:${spec.features[0]?.name}`] },
      readSource: held.reader("all"),
      times: [nowUs],
      entityTime: SPINE_TIME,
      ...(onBadRows === undefined ? {} : { onBadRows }),
      ...(signal === undefined ? {} : { signal }),
    });
    const idOf = idReader(spine, read.keys);
    const ids = new Set<string>();
    for (let row = 0; row < spine.numRows; row++) {
      const id = idOf(row);
      if (id !== null) ids.add(id);
    }
    return ids;
  }

  #coveredOf(view: string, version: number): HeldView["covered"] {
    return this.#options.covered.get(heldName(view, version)) ?? { intervals: [], runs: [] };
  }

  /** The spec is the snapshot's own, with its source and query. */
  #heldView({ view, version }: ViewRead, { marks, boundaryUs }: Pick<Listed, "marks" | "boundaryUs">): HeldView {
    const { versions } = this.#options.snapshot.views[view] as ViewEntry;
    const spec = versions[String(version)]?.spec as HeldView["spec"];
    const hasOthers = Object.entries(versions).some(
      ([number, { spec: other }]) =>
        Number(number) !== version && takesPushes(other) && other.source.name === spec.source.name,
    );
    return { view, version, spec, marks, boundaryUs, covered: this.#coveredOf(view, version), hasOthers };
  }

  async #views({ reads }: FeaturePlan): Promise<HeldView[]> {
    const views: HeldView[] = [];
    for (const read of reads) views.push(this.#heldView(read, await this.#list(read)));
    return views;
  }

  async #held(views: readonly HeldView[], startedUs: Us): Promise<HeldRows> {
    const { engine, readSource, onBadRows, online, signal } = this.#options;
    const rows = new HeldRows(views, {
      engine,
      readSource,
      onBadRows,
      surelyWrittenUs: online.isFrozen ? startedUs : startedUs - IN_MOTION_US,
      ...(signal === undefined ? {} : { signal }),
    });
    await rows.prepare();
    return rows;
  }

  /** The log is read after online, so that it holds whatever online does. */
  async #look(target: Target, keys: readonly (readonly Value[])[], views: readonly HeldView[]) {
    const startedUs = await this.#options.online.now();
    return lookAt(target, keys, () => this.#held(views, startedUs), this.#options);
  }

  async #lookAgain(target: Target, keys: readonly (readonly Value[])[], places: readonly number[]) {
    const some = places.map((place) => keys[place] as readonly Value[]);
    const views = await this.#freshViews(target.plan, some);
    const seen = await this.#look(target, some, views);
    return new Map(Array.from(seen, ([i, one]) => [places[i] as number, one]));
  }

  /** Returns the views with what their rows say of themselves now. */
  async #freshViews(plan: FeaturePlan, keys: readonly (readonly Value[])[]): Promise<HeldView[]> {
    const views: HeldView[] = [];
    for (const read of plan.reads) {
      const at = read.keys.map(({ name }) => plan.keys.findIndex((key) => key.name === name));
      const ids = [...new Set(keys.map((values) => keyId(at.map((k) => values[k] as Value))))];
      const found = await this.#options.online.marks(read.view, read.version, ids);
      const { boundaryUs } = await this.#list(read);
      views.push(this.#heldView(read, { marks: new Map(found.map((mark) => [mark.id, mark])), boundaryUs }));
    }
    return views;
  }

  /** Rewrites the rows of wrong keys and returns how many agree then. A row that changes meanwhile is left alone. */
  async #repair(target: Target, keys: readonly (readonly Value[])[], wrong: readonly number[]): Promise<number> {
    const { online, onProgress, signal } = this.#options;
    const { view, version, plan } = target;
    for (let from = 0; from < wrong.length; from += REPLACED_AT_ONCE) {
      signal?.throwIfAborted();
      onProgress?.({ stage: `repair ${heldName(view, version)}`, done: from, total: wrong.length });
      const some = wrong.slice(from, from + REPLACED_AT_ONCE).map((place) => keys[place] as readonly Value[]);
      const [held] = (await this.#freshViews(plan, some)) as [HeldView];
      const nowUs = await online.now();
      const rows = await this.#held([held], nowUs);
      const replacements = await rightRows(
        held,
        some.map((values) => keyId(values)),
        rows,
        nowUs,
        this.#options,
      );
      if (replacements.length > 0) await online.replace(view, version, nowUs, replacements);
    }
    const left = await this.#lookAgain(target, keys, wrong);
    return wrong.length - [...left.values()].filter(isWrong).length;
  }
}
