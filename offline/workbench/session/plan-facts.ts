// The join's plan as facts to show: which views in what order, by which keys, from which columns, over what time.
import {
  type FeaturePlan,
  planFeatures,
  type PlanRequest,
  type Transforms,
  type ViewRead,
} from "../../../sdk/plan/index.ts";
import {
  type AggregateFeature,
  collectDefinitions,
  snapshotHash,
  type ViewEntry,
} from "../../../sdk/registry/index.ts";
import { formatDuration } from "../../../sdk/time.ts";
import { typeName } from "../../../sdk/types/index.ts";
import { neededColumns } from "../../join/source-rows.ts";
import type { Ask, PlanFacts, PlannedRead, PlannedStep } from "./protocol.ts";

/** Returns what is asked for, as the plan takes it. */
export function requestOf({ service, features }: Ask): PlanRequest {
  return service === null ? { features } : { service };
}

/**
 * Returns the TypeScript transforms of an ask, under the hashes that the snapshot has: they come from the same definitions, but a
 * transform's own text differs between two bundles.
 */
export async function transformsOf({ snapshot, transformsUrl }: Ask): Promise<Transforms> {
  if (transformsUrl === null) return new Map();
  const { onDemandViews } = collectDefinitions((await import(transformsUrl)) as Record<string, unknown>);
  return new Map(
    [...onDemandViews.values()].flatMap(({ name, transform }) => {
      const entry = snapshot.views[name];
      const spec = entry?.versions[String(entry.latest)]?.spec;
      return transform === undefined || spec?.kind !== "onDemand" || spec.codeHash === null
        ? []
        : [[name, { codeHash: spec.codeHash, transform }] as const];
    }),
  );
}

/** Returns the plan's facts. @throws as planFeatures */
export async function planFacts(ask: Ask): Promise<PlanFacts> {
  const plan = planFeatures(ask.snapshot, requestOf(ask), await transformsOf(ask));
  return {
    reads: plan.reads.map((read) => readFacts(read, ask.snapshot.views[read.view] as ViewEntry)),
    steps: stepFacts(plan, ask),
    needs: [
      ...plan.keys.map(({ name, type }) => ({ name, type: typeName(type), what: "join key" as const })),
      ...plan.request.map(({ name, type }) => ({ name, type: typeName(type), what: "request data" as const })),
    ],
    outputs: plan.outputs.map(({ reference, label, feature, type }) => ({
      reference,
      label,
      feature,
      type: typeName(type),
    })),
    registry: snapshotHash(ask.snapshot),
  };
}

function readFacts({ label, view, version, spec, keys, features }: ViewRead, entry: ViewEntry): PlannedRead {
  const { source, select } = spec;
  return {
    label,
    view,
    version,
    kind: spec.kind,
    fingerprint: entry.versions[String(version)]?.fingerprint ?? "",
    source: source.name,
    format: source.format,
    path: source.path,
    eventTime: source.eventTime,
    keys: spec.joinKeys.map(({ name, type }, i) => ({ key: name, type, column: keys[i]?.name ?? name })),
    ttlUs: spec.kind === "stored" && spec.ttlUs > 0 ? spec.ttlUs : null,
    features: features.map((index) => {
      const { name, type } = spec.features[index] as (typeof spec.features)[number];
      if (spec.kind === "stored") return { name, type, how: null, windowUs: null };
      const feature = spec.features[index] as AggregateFeature;
      return { name, type, how: howOf(feature), windowUs: feature.windowUs === 0 ? null : feature.windowUs };
    }),
    columns: select === undefined ? neededColumns(spec) : select.columns,
    select: select?.sql ?? null,
  };
}

/** Returns what a feature computes, over which window: "max(delay) where delay > 0, 7d". */
function howOf({ fn, column, where, windowUs, tumbling, lastN, k, q }: AggregateFeature): string {
  const call = `${fn}(${[column, k, q].filter((part) => part !== null && part !== undefined).join(", ")})`;
  const length = formatDuration(windowUs);
  const unbounded = fn === "lag" ? [] : [lastN === undefined ? "lifetime" : `last ${lastN} events`];
  const window = windowUs === 0 ? unbounded : [tumbling === true ? `tumbling ${length}` : length];
  return [where === null ? call : `${call} where ${where}`, ...window].join(", ");
}

function stepFacts(plan: FeaturePlan, { snapshot }: Ask): PlannedStep[] {
  const labels = new Set(plan.outputs.filter(({ read }) => read < 0).map(({ label }) => label));
  return [...labels].flatMap((label) => {
    const step = plan.steps.find((s) => s.label === label);
    const spec = snapshot.views[label]?.versions[String(step?.version)]?.spec;
    if (step === undefined || spec?.kind !== "onDemand") return [];
    const { version } = step;
    const features = spec.features.map(({ name, type, expression }) => ({ name, type, expression }));
    return [{ label, version, features }];
  });
}
