// A plan made ready to serve: key parts, decoders and the answer's constant texts, worked out once a request shape.
import {
  type FeaturePlan,
  type PlanRequest,
  planFeatures,
  type Transforms,
  type ViewRead,
} from "../../sdk/plan/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { keyPrefix, type KeySpace, keySuffix, readTileRow } from "../../sdk/rows/index.ts";
import { type Ms, parseDuration, US_PER_MS, type Us } from "../../sdk/time.ts";
import { parseTypeName, type Value, valueToJson, type ValueType } from "../../sdk/types/index.ts";
import {
  emptyWindowValues,
  tileLayout,
  type TileLayout,
  windowReader,
  type WindowReader,
} from "../../sdk/windows/index.ts";
import { plainText } from "../store/compressed-text.ts";
import { valuesPerRow } from "./read-limits.ts";
import type { CachedRow } from "./row-cache.ts";
import { type Segment, segmentOf, storedRowDecoder } from "./served-row.ts";

export interface CompiledRead extends ViewRead {
  /** What `absent` calls it: its label, with the version where a request reads two. */
  readonly name: string;
  /** A key is the prefix, the id of the key columns, the suffix. */
  readonly prefix: string;
  readonly suffix: string;
  /** What its rows are cached under: prefix and suffix. */
  readonly group: string;
  /** Indices into the plan's keys. */
  readonly keyColumns: readonly number[];
  /** Stored views: how long a row is valid after its event; 0 without bound. */
  readonly ttlUs: Us;
  /** How far a cached row may lag behind the store. */
  readonly cacheMs: Ms;
  /** Aggregated views only. */
  readonly layout: TileLayout | null;
  /** Aggregated views only: reads the features' values from tiles. */
  readonly windows: WindowReader | null;
  /** The values of a key without any row, before defaults: counts 0, the rest null. */
  readonly emptyValues: readonly (Value | null)[];
  /** `view:feature` of each of its features, as the answer names them. */
  readonly references: readonly string[];
  decode(text: string | null, readAtMs: Ms): CachedRow;
}

/** Outputs that are written one after another: stored features side by side, whose text the row keeps, or a single value. */
export type OutputPart =
  | {
      readonly read: number;
      readonly segment: Segment;
      /** Its text where there is no valid row. */ readonly emptyText: string;
    }
  | { readonly read: null; readonly type: ValueType; readonly slot: number };

export interface CompiledPlan extends Omit<FeaturePlan, "reads"> {
  readonly reads: readonly CompiledRead[];
  /** The least of its views' bounds on how far a row may lag behind the store. */
  readonly cacheMs: Ms;
  /** All outputs, in order. */
  readonly parts: readonly OutputPart[];
  /** True when every part is a segment and nothing is computed: rows then need not be evaluated to be written. */
  readonly textOnly: boolean;
  /** How many values an answer's row has, each number of a vector counted. */
  readonly valuesPerRow: number;
  /** The slots of the on-demand features asked for. */
  readonly computedSlots: readonly number[];
  /** By slot, the reference of an output; for the errors of on-demand features. */
  readonly referenceOf: ReadonlyMap<number, string>;
  /** JSON texts of the answer's constant members. */
  readonly featuresJson: string;
  readonly versionsJson: string;
}

/** How far a cached row of a view that takes pushes may lag, where it does not say (SEMANTICS 3.9). */
const PUSH_CACHE_MS: Ms = 1_000;

/** What a plan is compiled for. */
export interface PlanOptions {
  readonly transforms: Transforms;
  /** How far a cached row may lag behind the store, where its view does not say; 0 for every view. */
  readonly cacheTtlMs: Ms;
}

/** Returns the compiled plan of a request shape. @throws as planFeatures */
export function compilePlan(snapshot: Snapshot, request: PlanRequest, options: PlanOptions): CompiledPlan {
  const plan = planFeatures(snapshot, request, options.transforms);
  const referenceOf = new Map(plan.outputs.map(({ slot, reference }) => [slot, reference]));
  const parts = outputParts(plan);
  const reads = plan.reads.map((read) => compileRead(read, plan, referenceOf, snapshot, options));
  return {
    ...plan,
    reads,
    cacheMs: Math.min(options.cacheTtlMs, ...reads.map(({ cacheMs }) => cacheMs)),
    parts,
    textOnly: plan.steps.length === 0 && parts.every(({ read }) => read !== null),
    valuesPerRow: valuesPerRow(plan.outputs),
    computedSlots: plan.outputs.filter(({ read }) => read < 0).map(({ slot }) => slot),
    referenceOf,
    featuresJson: JSON.stringify(plan.outputs.map(({ reference }) => reference)),
    versionsJson: JSON.stringify(plan.versions),
  };
}

function compileRead(
  read: ViewRead,
  plan: FeaturePlan,
  referenceOf: ReadonlyMap<number, string>,
  space: KeySpace,
  { cacheTtlMs }: PlanOptions,
): CompiledRead {
  const { spec, label, version } = read;
  const twice = plan.reads.some((other) => other.label === label && other.version !== version);
  const name = twice ? `${label}@${version}` : label;
  const prefix = keyPrefix(space, spec.entities);
  const suffix = keySuffix(read.view, version);
  const layout = spec.kind === "aggregated" ? tileLayout(spec) : null;
  return {
    ...read,
    name,
    prefix,
    suffix,
    group: prefix + suffix,
    keyColumns: read.keys.map((key) => plan.keys.indexOf(key)),
    ttlUs: spec.kind === "stored" ? spec.ttlUs : 0,
    cacheMs: cacheBoundMs(spec, cacheTtlMs),
    layout,
    windows: layout === null ? null : windowReader(layout, read.features),
    emptyValues: layout === null ? read.features.map(() => null) : emptyWindowValues(layout, read.features),
    references: read.features.map(
      (feature, i) =>
        referenceOf.get(read.firstSlot + i) ?? `${name}:${(spec.features[feature] as { name: string }).name}`,
    ),
    decode: decoder(read, layout),
  };
}

function cacheBoundMs({ push, cacheTtl }: ViewRead["spec"], cacheTtlMs: Ms): Ms {
  if (cacheTtlMs === 0) return 0;
  if (cacheTtl !== undefined) return parseDuration(cacheTtl) / US_PER_MS;
  return push === true ? Math.min(PUSH_CACHE_MS, cacheTtlMs) : cacheTtlMs;
}

function decoder({ spec }: ViewRead, layout: TileLayout | null): CompiledRead["decode"] {
  if (layout !== null) {
    return (text, readAtMs) => ({
      stored: null,
      tiles: text === null ? null : readTileRow(layout, plainText(text)),
      readAtMs,
      refreshedAtMs: -Infinity,
    });
  }
  const decode = storedRowDecoder(spec.features.map(({ type }) => parseTypeName(type)));
  return (text, readAtMs) => ({
    stored: text === null ? null : decode(plainText(text)),
    tiles: null,
    readAtMs,
    refreshedAtMs: -Infinity,
  });
}

function outputParts({ outputs, reads }: FeaturePlan): OutputPart[] {
  const parts: OutputPart[] = [];
  for (let from = 0; from < outputs.length;) {
    const { read, type, slot } = outputs[from] as FeaturePlan["outputs"][number];
    const of = read < 0 ? undefined : reads[read];
    let to = from + 1;
    if (of?.spec.kind !== "stored") parts.push({ read: null, type, slot });
    else {
      while (outputs[to]?.read === read) to++;
      const places = outputs.slice(from, to).map((output) => output.slot - of.firstSlot);
      parts.push(segmentPart(of, read, places.length === outputs.length, places));
    }
    from = to;
  }
  return parts;
}

/** Returns the part of some of a read's features; `places` are indices into the read's. */
function segmentPart(of: ViewRead, read: number, whole: boolean, places: readonly number[]): OutputPart {
  const types = of.spec.features.map(({ type }) => parseTypeName(type));
  const features = places.map((i) => of.features[i] as number);
  const defaults = places.map((i) => of.defaults[i] as Value | null);
  const emptyText = features
    .map((feature, i) => valueToJson(types[feature] as ValueType, defaults[i] as Value | null))
    .join(",");
  const segment = segmentOf(types, features, defaults, whole);
  return { read, segment, emptyText: segment.before + emptyText + segment.after };
}
