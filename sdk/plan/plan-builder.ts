// Builds a plan: reads each view once, deals out the slots of a row.
import { EdgefeatError } from "../errors.ts";
import {
  type AggregatedViewSpec,
  defaultValue,
  type FeatureSpec,
  onDemandEntries,
  type OnDemandViewSpec,
  type ProjectionSpec,
  type ScopeEntry,
  type Snapshot,
  type StoredViewSpec,
} from "../registry/index.ts";
import { parseTypeName, sameType, type ValueType } from "../types/index.ts";
import type { FeaturePlan, InputColumn, Output, ViewRead } from "./plan.ts";
import { at, resolveView, unknownFeature } from "./requested-view.ts";
import { compileComputation, type ComputeStep, type Transforms } from "./on-demand.ts";

type ReadSpec = StoredViewSpec | AggregatedViewSpec;

interface MutableRead {
  label: string;
  view: string;
  version: number;
  spec: ReadSpec;
  keyNames: string[];
  features: number[];
}

interface Computed {
  label: string;
  version: number;
  spec: OnDemandViewSpec;
  /** By input of the spec: the index of its read. */
  inputReads: number[];
  /** Indices of the features that are asked for. */
  used: number[];
}

/** Where a value will be once slots are dealt out: a feature of a read, or of an on-demand view. */
type Place = { read: number; feature: number } | { view: number; feature: number };

interface PlacedOutput {
  reference: string;
  label: string;
  feature: FeatureSpec;
  place: Place;
}

/** Collects what is asked for, then deals out slots. */
export class PlanBuilder {
  private readonly reads: MutableRead[] = [];
  private readonly computed: Computed[] = [];
  private readonly outputs: PlacedOutput[] = [];
  private readonly references = new Set<string>();
  private readonly versions: Record<string, number> = {};
  private readonly snapshot: Snapshot;
  private readonly transforms: Transforms;

  constructor(snapshot: Snapshot, transforms: Transforms) {
    this.snapshot = snapshot;
    this.transforms = transforms;
  }

  addProjection(projection: ProjectionSpec, pointer: string): void {
    const { version, spec } = resolveView(this.snapshot, projection, pointer);
    this.noteVersion(projection.as, version);
    const features: Record<string, number> = Object.fromEntries(spec.features.map((f, i) => [f.name, i]));
    for (const name of projection.features) {
      if (!Object.hasOwn(features, name)) throw unknownFeature(this.snapshot, projection, name, pointer);
      const index = features[name] as number;
      const place =
        spec.kind === "onDemand"
          ? this.placeComputed(projection.as, version, spec, index)
          : this.placeRead(projection, version, spec, index);
      const at = projection.version === null ? projection.as : `${projection.as}@${version}`;
      const feature = spec.features[index] as FeatureSpec;
      this.addOutput({ reference: `${at}:${name}`, label: projection.as, feature, place }, pointer);
    }
  }

  private addOutput(output: PlacedOutput, pointer: string): void {
    const { reference } = output;
    if (this.references.has(reference)) {
      throw new EdgefeatError("duplicate_feature", `"${reference}" is asked for twice`, {
        hint: "ask for it once; to join it by two keys, give one of them another name with .withName(…)",
        ...at(pointer),
      });
    }
    this.references.add(reference);
    this.outputs.push(output);
  }

  /** By label; where two versions of a view take part, the second is noted as `view@version`. */
  private noteVersion(label: string, version: number): void {
    const noted = this.versions[label];
    if (noted === undefined) this.versions[label] = version;
    else if (noted !== version) this.versions[`${label}@${version}`] = version;
  }

  private placeRead(
    projection: Pick<ProjectionSpec, "view" | "as" | "joinKeyMap">,
    version: number,
    spec: ReadSpec,
    feature: number,
  ): Place {
    const read = this.readIndex(projection, version, spec);
    const { features } = this.reads[read] as MutableRead;
    if (!features.includes(feature)) features.push(feature);
    return { read, feature };
  }

  /** The same view under the same keys and name is read once, whoever asks. */
  private readIndex(
    projection: Pick<ProjectionSpec, "view" | "as" | "joinKeyMap">,
    version: number,
    spec: ReadSpec,
  ): number {
    const keyNames = spec.joinKeys.map((key) => projection.joinKeyMap[key.name] ?? key.name);
    const found = this.reads.findIndex(
      (r) =>
        r.view === projection.view &&
        r.label === projection.as &&
        r.version === version &&
        r.keyNames.join() === keyNames.join(),
    );
    if (found >= 0) return found;
    return this.reads.push({ label: projection.as, view: projection.view, version, spec, keyNames, features: [] }) - 1;
  }

  private placeComputed(label: string, version: number, spec: OnDemandViewSpec, feature: number): Place {
    let view = this.computed.findIndex((c) => c.label === label && c.version === version);
    if (view < 0) {
      const inputReads = spec.inputs.map((input) => {
        const resolved = resolveView(this.snapshot, input, "");
        this.noteVersion(input.as, resolved.version);
        return this.readIndex(input, resolved.version, resolved.spec as ReadSpec);
      });
      view = this.computed.push({ label, version, spec, inputReads, used: [] }) - 1;
    }
    const { used } = this.computed[view] as (typeof this.computed)[number];
    if (!used.includes(feature)) used.push(feature);
    return { view, feature };
  }

  finish(): FeaturePlan {
    const computations = this.computed.map((computed) => {
      const entries = onDemandEntries(computed.label, computed.spec, (_view, input) => this.inputSpec(computed, input));
      const computation = compileComputation({ ...computed, entries, transforms: this.transforms });
      for (const name of computation.names) this.needInput(computed, entries.get(name) as ScopeEntry);
      return { computed, entries, computation };
    });
    // An input of an on-demand view that none of the features asked for names is not read.
    const needed = this.reads.filter((read) => read.features.length > 0);
    const indexOf = (read: number) => needed.indexOf(this.reads[read] as MutableRead);
    const slots = new SlotDealer();
    const keys = new Map<string, InputColumn>();
    const request = new Map<string, InputColumn>();
    const reads = needed.map((read) => finishRead(read, keys, slots));
    for (const { name, type } of this.computed.flatMap(({ spec }) => spec.request)) {
      inputColumn(request, name, parseTypeName(type), () => slots.deal(1));
    }
    const steps = computations.map(({ computed, entries, computation }): ComputeStep => {
      const slotOf = (name: string): number => {
        const entry = entries.get(name) as ScopeEntry;
        if (entry.from === "request") return (request.get(entry.field) as InputColumn).slot;
        const read = reads[indexOf(computed.inputReads[entry.input] as number)] as ViewRead;
        return slotOfFeature(read, featureIndex(read.spec, entry.feature));
      };
      return computation.bind(slotOf, slots.deal(computed.spec.features.length));
    });
    const outputs = this.outputs.map(({ reference, label, feature, place }): Output => {
      const shared = { reference, label, feature: feature.name, type: parseTypeName(feature.type) };
      if ("view" in place)
        return { ...shared, slot: (steps[place.view] as ComputeStep).firstSlot + place.feature, read: -1 };
      const read = indexOf(place.read);
      return { ...shared, slot: slotOfFeature(reads[read] as ViewRead, place.feature), read };
    });
    const { versions } = this;
    return {
      reads,
      steps,
      outputs,
      keys: [...keys.values()],
      request: [...request.values()],
      slots: slots.total,
      versions,
    };
  }

  private inputSpec(computed: Computed, input: number): ReadSpec {
    return (this.reads[computed.inputReads[input] as number] as MutableRead).spec;
  }

  /** Makes sure that a feature which a computation names is read. */
  private needInput(computed: Computed, entry: ScopeEntry): void {
    if (entry.from === "request") return;
    const read = this.reads[computed.inputReads[entry.input] as number] as MutableRead;
    const index = featureIndex(read.spec, entry.feature);
    if (!read.features.includes(index)) read.features.push(index);
  }
}

function finishRead(read: MutableRead, keys: Map<string, InputColumn>, slots: SlotDealer): ViewRead {
  const { keyNames, ...rest } = read;
  const { joinKeys, features } = read.spec;
  return {
    ...rest,
    keys: keyNames.map((name, i) =>
      inputColumn(keys, name, parseTypeName((joinKeys[i] as { type: string }).type), () => -1),
    ),
    firstSlot: slots.deal(read.features.length),
    defaults: read.features.map((f) => defaultValue(features[f] as FeatureSpec)),
  };
}

function featureIndex(spec: ReadSpec, feature: string): number {
  return spec.features.findIndex((f) => f.name === feature);
}

function slotOfFeature(read: ViewRead, feature: number): number {
  return read.firstSlot + read.features.indexOf(feature);
}

class SlotDealer {
  total = 0;
  deal(n: number): number {
    const first = this.total;
    this.total += n;
    return first;
  }
}

/** Returns the column called `name`, making it where it is new. @throws definition_invalid when two views want two types. */
function inputColumn(
  columns: Map<string, InputColumn>,
  name: string,
  type: ValueType,
  slot: () => number,
): InputColumn {
  const known = columns.get(name);
  if (known === undefined) {
    const column = { name, type, slot: slot() };
    columns.set(name, column);
    return column;
  }
  if (!sameType(known.type, type)) {
    throw new EdgefeatError("definition_invalid", `two views take "${name}" as different types`, {
      hint: "rename one of the join keys or request fields, or map it with .withJoinKeyMap(…)",
    });
  }
  return known;
}
