// A plan made ready to serve: key parts, decoders and the answer's constant texts, worked out once a request shape.
import {
  type FeaturePlan,
  type PlanRequest,
  planFeatures,
  type Transforms,
  type ViewRead,
} from "../../sdk/plan/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { keyPrefix, type KeySpace, keySuffix, unpackStoredRows, unpackTileRow } from "../../sdk/rows/index.ts";
import type { Ms, Us } from "../../sdk/time.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import { emptyWindowValues, tileLayout, type TileLayout } from "../../sdk/windows/index.ts";
import type { CachedRow } from "./row-cache.ts";

export interface CompiledRead extends ViewRead {
  /** What `absent` calls it: its label, with the version where a request reads two. */
  readonly name: string;
  /** A key is the prefix, the id of the key columns, the suffix. */
  readonly prefix: string;
  readonly suffix: string;
  /** Indices into the plan's keys. */
  readonly keyColumns: readonly number[];
  /** Stored views: how long a row is valid after its event; 0 without bound. */
  readonly ttlUs: Us;
  /** Aggregated views only. */
  readonly layout: TileLayout | null;
  /** The values of a key without any row, before defaults: counts 0, the rest null. */
  readonly emptyValues: readonly (Value | null)[];
  /** `view:feature` of each of its features, as the answer names them. */
  readonly references: readonly string[];
  decode(text: string | null, readAtMs: Ms): CachedRow;
}

export interface CompiledPlan extends Omit<FeaturePlan, "reads"> {
  readonly reads: readonly CompiledRead[];
  /** The slots of the on-demand features asked for. */
  readonly computedSlots: readonly number[];
  /** By slot, the reference of an output; for the errors of on-demand features. */
  readonly referenceOf: ReadonlyMap<number, string>;
  /** JSON texts of the answer's constant members. */
  readonly featuresJson: string;
  readonly versionsJson: string;
}

/** Returns the compiled plan of a request shape. @throws as planFeatures */
export function compilePlan(snapshot: Snapshot, request: PlanRequest, transforms: Transforms): CompiledPlan {
  const plan = planFeatures(snapshot, request, transforms);
  const referenceOf = new Map(plan.outputs.map(({ slot, reference }) => [slot, reference]));
  return {
    ...plan,
    reads: plan.reads.map((read) => compileRead(read, plan, referenceOf, snapshot)),
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
): CompiledRead {
  const { spec, label, version } = read;
  const twice = plan.reads.some((other) => other.label === label && other.version !== version);
  const name = twice ? `${label}@${version}` : label;
  const layout = spec.kind === "aggregated" ? tileLayout(spec) : null;
  return {
    ...read,
    name,
    prefix: keyPrefix(space, spec.entities),
    suffix: keySuffix(read.view, version),
    keyColumns: read.keys.map((key) => plan.keys.indexOf(key)),
    ttlUs: spec.kind === "stored" ? spec.ttlUs : 0,
    layout,
    emptyValues: layout === null ? read.features.map(() => null) : emptyWindowValues(layout, read.features),
    references: read.features.map(
      (feature, i) =>
        referenceOf.get(read.firstSlot + i) ?? `${name}:${(spec.features[feature] as { name: string }).name}`,
    ),
    decode: decoder(read, layout),
  };
}

function decoder({ spec }: ViewRead, layout: TileLayout | null): CompiledRead["decode"] {
  if (layout !== null) {
    return (text, readAtMs) => ({ stored: null, tiles: text === null ? null : unpackTileRow(layout, text), readAtMs });
  }
  const types = spec.features.map(({ type }) => parseTypeName(type));
  return (text, readAtMs) => ({ stored: text === null ? null : unpackStoredRows(types, text), tiles: null, readAtMs });
}
