// The training set that the worker holds: joined, and there to be looked at, audited and exported.
import type { Table } from "apache-arrow";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { type FeaturePlan, planFeatures } from "../../../sdk/plan/index.ts";
import { getHistoricalFeatures, type Quarantine } from "../../browser.ts";
import { elapsedMs } from "../clock.ts";
import { columnsOf, remarksOf } from "./facts.ts";
import { withEngine } from "./host.ts";
import { requestOf, transformsOf } from "./plan-facts.ts";
import type { JoinInput, ResultFacts } from "./protocol.ts";
import { readEntities, sourceReader } from "./read-data.ts";
import type { CallContext } from "./remote.ts";

export interface Training {
  readonly input: JoinInput;
  readonly plan: FeaturePlan;
  readonly table: Table;
  readonly facts: ResultFacts;
  /** The columns' names by the plan's outputs. */
  readonly names: readonly string[];
  readonly quarantine: readonly Quarantine[];
}

let held: Training | undefined;

/** Returns the training set. @throws engine_failed when it is gone */
export function training(): Training {
  if (held !== undefined) return held;
  throw new EdgefeatError("engine_failed", "the training set is no longer in memory", { hint: "build it again" });
}

/** Joins, and holds what comes out. @throws as getHistoricalFeatures; cancelled */
export async function join(input: JoinInput, { signal, progress }: CallContext): Promise<ResultFacts> {
  const { ask, choices } = input;
  const { asKnownAt, entityTime, setAside } = choices;
  // Let go first: two training sets may not fit.
  held = undefined;
  const transforms = await transformsOf(ask);
  const plan = planFeatures(ask.snapshot, requestOf(ask), transforms);
  progress({ stage: `read ${input.entities.name}`, done: 0, total: 0 });
  const times = [entityTime, ...(typeof asKnownAt === "string" ? [asKnownAt] : [])];
  const { table: entities, unreadCells = [] } = await readEntities(input.entities, plan, times, setAside);
  const {
    table,
    report,
    engine,
    seconds,
    quarantine = [],
  } = await withEngine(progress, async (opened) => {
    const started = elapsedMs();
    const set = await getHistoricalFeatures({
      engine: opened,
      entities,
      unreadCells,
      snapshot: ask.snapshot,
      request: requestOf(ask),
      transforms,
      readSource: sourceReader(ask.snapshot, input.sources, setAside),
      entityTime,
      embargoUs: choices.embargoUs,
      fullNames: choices.fullNames,
      provenance: true,
      onBadRows: setAside ? "quarantine" : "fail",
      ...(asKnownAt === null ? {} : { asKnownAt }),
      onProgress: progress,
      signal,
      elapsedMs,
    });
    return { ...set, engine: opened.name, seconds: (elapsedMs() - started) / 1_000 };
  });
  const width = entities.schema.fields.length;
  const names = plan.outputs.map((_, i) => table.schema.fields[width + i]?.name ?? "");
  const facts: ResultFacts = {
    rows: table.numRows,
    columns: columnsOf(table, width, plan),
    views: report.views.map(({ view, version, matched, candidates, ambiguousTies, seconds }) => ({
      view,
      version,
      matched,
      candidates,
      ambiguousTies,
      seconds,
    })),
    setAside: quarantine.map(({ of, table: rows }) => ({ of, rows: rows.numRows })).filter(({ rows }) => rows > 0),
    remarks: remarksOf(report),
    seconds,
    engine,
  };
  held = { input, plan, table, facts, names, quarantine };
  return facts;
}
