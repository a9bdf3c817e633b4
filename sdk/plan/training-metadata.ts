// What a training set's file says of itself: which features of which versions, by which registry and rules, and the command
// that makes it again.
import type { Snapshot } from "../registry/index.ts";
import { formatDuration, parseDuration, type Us } from "../time.ts";
import { typeName } from "../types/index.ts";
import type { FeaturePlan, Output, PlanRequest } from "./plan.ts";
import { parseReference } from "./reference.ts";

export interface TrainingFacts {
  readonly request: PlanRequest;
  /** The hash of the registry snapshot. */
  readonly registry: string;
  readonly entityTime: string;
  readonly embargoUs: Us;
  readonly asKnownAt?: string | true | undefined;
  /** True where rows had to be served by then. */
  readonly asServed?: true | undefined;
}

/** One feature column, as the metadata lists it. */
interface ListedFeature {
  readonly column: string;
  /** `view@version:feature`, which keeps its meaning when the definitions change. */
  readonly feature: string;
  readonly version: number;
  readonly fingerprint: string | null;
  readonly type: string;
}

export interface TrainingFile extends TrainingFacts {
  readonly plan: FeaturePlan;
  readonly snapshot: Snapshot;
  /** The feature columns' names, in the order of the plan's outputs. */
  readonly columns: readonly string[];
  /** By source: what tells this state of its file from another. */
  readonly sources: Readonly<Record<string, string>>;
  readonly command: string;
  readonly tool: string;
}

/** Returns the metadata of a training set's file. */
export function metadataOf(file: TrainingFile): Map<string, string> {
  const { plan, columns, asKnownAt } = file;
  const features = plan.outputs.map((output, i) => listed(output, columns[i] as string, file));
  return new Map([
    ["edgefeat.features", JSON.stringify(features)],
    ["edgefeat.request", JSON.stringify(file.request)],
    ["edgefeat.registry", file.registry],
    ["edgefeat.entity_time", file.entityTime],
    ["edgefeat.embargo", file.embargoUs === 0 ? "0s" : formatDuration(file.embargoUs)],
    ...(asKnownAt === undefined ? [] : [["edgefeat.as_known_at", JSON.stringify(asKnownAt)] as const]),
    ...(file.asServed === true ? [["edgefeat.as_served", "true"] as const] : []),
    ["edgefeat.sources", JSON.stringify(file.sources)],
    ["edgefeat.version", file.tool],
    ["edgefeat.command", file.command],
  ]);
}

function listed({ reference, label, feature, read, type }: Output, column: string, file: TrainingFile): ListedFeature {
  const { plan, snapshot, request } = file;
  const service = "service" in request ? snapshot.services[request.service] : undefined;
  const renamed = service?.features.find((projection) => projection.as === label)?.view;
  const view = plan.reads[read]?.view ?? renamed ?? parseReference(reference, 0).view;
  const version = plan.versions[label] as number;
  const fingerprint = snapshot.views[view]?.versions[String(version)]?.fingerprint ?? null;
  return { column, feature: `${view}@${version}:${feature}`, version, fingerprint, type: typeName(type) };
}

/** Returns what a file says of how it was made; null for one that says nothing, or that another tool wrote. */
export function factsOf(metadata: ReadonlyMap<string, string>): TrainingFacts | null {
  const text = (name: string) => metadata.get(`edgefeat.${name}`);
  const [request, registry, entityTime] = [text("request"), text("registry"), text("entity_time")];
  if (request === undefined || registry === undefined || entityTime === undefined) return null;
  try {
    const asKnownAt = text("as_known_at");
    return {
      request: JSON.parse(request) as PlanRequest,
      registry,
      entityTime,
      embargoUs: parseDuration(text("embargo") ?? "0s"),
      ...(asKnownAt === undefined ? {} : { asKnownAt: JSON.parse(asKnownAt) as string | true }),
      ...(text("as_served") === "true" ? { asServed: true } : {}),
    };
  } catch {
    // Somebody else's members of the same names.
    return null;
  }
}
