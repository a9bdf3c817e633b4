// The one call site of on-demand features: a row of slots in, the computed slots filled (SEMANTICS 5.1).
import type { Transform } from "../definitions/index.ts";
import { EdgefeatError } from "../errors.ts";
import { compileExpression, evaluationContext, FAULT } from "../expressions/index.ts";
import {
  defaultValue,
  type Definitions,
  type OnDemandViewSpec,
  type ScopeEntry,
  transformHash,
} from "../registry/index.ts";
import type { Us } from "../time.ts";
import { checkValue, parseTypeName, type Value, type ValueType } from "../types/index.ts";

/** The bundled TypeScript transforms by on-demand view, each with the hash of its code. */
export type Transforms = ReadonlyMap<string, { readonly codeHash: string; readonly transform: Transform }>;

/** Returns the TypeScript transforms of definitions. */
export function transformsOf({ onDemandViews }: Definitions): Transforms {
  const bundled = [...onDemandViews.values()].flatMap(({ name, transform }) =>
    transform === undefined ? [] : [[name, { codeHash: transformHash(transform), transform }] as const],
  );
  return new Map(bundled);
}

/** One row of values by slot; see FeaturePlan. */
export type Row = (Value | null)[];

/** Computes the features of one on-demand view. */
export interface ComputeStep {
  readonly label: string;
  readonly version: number;
  /** The slots it fills, by the view's features. */
  readonly firstSlot: number;
  /** By slot that it fills: the slots that it reads for it. */
  readonly inputs: ReadonlyMap<number, readonly number[]>;
  /**
   * Fills the view's slots of `row`, defaults included, and returns the slots that are null because of a fault
   * (TRANSFORM_ERROR); mostly none. `requestTimeUs` is *now* online and t′ offline (SEMANTICS 1.4). Why each of them
   * failed, such as "division_by_zero", is appended to `codes`; the slots that are null without a fault, whatever
   * default stands in for them, to `nulls`.
   */
  run(row: Row, requestTimeUs: Us, codes?: string[], nulls?: number[]): readonly number[];
}

/** A checked on-demand view, before slots are dealt out. */
export interface Computation {
  /** The names of the view's scope that it reads. */
  readonly names: readonly string[];
  bind(slotOf: (name: string) => number, firstSlot: number): ComputeStep;
}

interface ComputationInput {
  label: string;
  version: number;
  spec: OnDemandViewSpec;
  /** Indices of the features that are asked for. */
  used: readonly number[];
  entries: ReadonlyMap<string, ScopeEntry>;
  transforms: Transforms;
}

const NO_FAULTS: readonly number[] = [];

/** Returns the computation of an on-demand view's features. @throws transform_not_bundled, expression errors */
export function compileComputation(input: ComputationInput): Computation {
  return input.spec.codeHash === null ? expressions(input) : typescript(input);
}

function expressions({ label, version, spec, used, entries }: ComputationInput): Computation {
  const scope = Object.fromEntries([...entries].map(([name, { type }]) => [name, type]));
  const compiled = used.map((index) => {
    const feature = spec.features[index] as OnDemandViewSpec["features"][number];
    const { artifacts } = spec;
    const options = { result: parseTypeName(feature.type), artifacts, pointer: `/views/${label}/${feature.name}` };
    return {
      index,
      fallback: defaultValue(feature),
      expression: compileExpression(feature.expression as string, scope, options),
    };
  });
  const bind: Computation["bind"] = (slotOf, firstSlot) => {
    const bound = compiled.map(({ index, fallback, expression }) => ({
      evaluate: expression.evaluate,
      fallback,
      slot: firstSlot + index,
      slots: expression.inputs.map(slotOf),
      inputs: expression.inputs.map((): Value | null => null),
    }));
    const context = evaluationContext(0);
    const run: ComputeStep["run"] = (row, requestTimeUs, codes, nulls) => {
      let faults: number[] | undefined;
      context.requestTimeUs = requestTimeUs;
      for (const { evaluate, slots, slot, fallback, inputs } of bound) {
        for (let i = 0; i < slots.length; i++) inputs[i] = row[slots[i] as number] as Value | null;
        const value = evaluate(inputs, context);
        if (value === FAULT) {
          (faults ??= []).push(slot);
          codes?.push(context.fault as string);
        }
        if (value === null) nulls?.push(slot);
        row[slot] = value === FAULT || value === null ? fallback : value;
      }
      return faults ?? NO_FAULTS;
    };
    const inputs = new Map(bound.map(({ slot, slots }) => [slot, slots]));
    return { label, version, firstSlot, inputs, run };
  };
  return { names: [...new Set(compiled.flatMap(({ expression }) => expression.inputs))], bind };
}

function typescript({ label, version, spec, entries, transforms }: ComputationInput): Computation {
  const bundled = transforms.get(label);
  if (bundled === undefined || bundled.codeHash !== spec.codeHash) {
    const why = bundled === undefined ? "is not part of this build" : "has other code in this build";
    throw new EdgefeatError("transform_not_bundled", `the TypeScript transform of "${label}" ${why}`, {
      hint: "deploy the Worker again from the definitions that were applied",
    });
  }
  const names = [...entries.keys()];
  const bind: Computation["bind"] = (slotOf, firstSlot) => {
    const given = names.map((name) => [name, slotOf(name)] as const);
    const features = spec.features.map((feature, index) => ({
      name: feature.name,
      type: parseTypeName(feature.type),
      slot: firstSlot + index,
      fallback: defaultValue(feature),
    }));
    const run: ComputeStep["run"] = (row, _requestTimeUs, codes, nulls) => {
      const faults: number[] = [];
      let result: unknown;
      let threw = false;
      try {
        result = bundled.transform(Object.fromEntries(given.map(([name, slot]) => [name, ownCopy(row[slot] ?? null)])));
      } catch {
        // A transform that throws is a fault of each of its features, told by their status.
        threw = true;
      }
      for (const { name, type, slot, fallback } of features) {
        const checked = threw ? { value: null, fault: "transform_failed" } : transformed(type, result, name);
        if (checked.fault !== null) {
          faults.push(slot);
          codes?.push(checked.fault);
        } else if (checked.value === null) nulls?.push(slot);
        row[slot] = checked.value ?? fallback;
      }
      return faults;
    };
    const slots = given.map(([, slot]) => slot);
    const inputs = new Map(features.map(({ slot }) => [slot, slots]));
    return { label, version, firstSlot, inputs, run };
  };
  return { names, bind };
}

/** Returns a value that may be changed, where the given one may be the cache's. */
export function ownCopy(value: Value | null): Value | null {
  if (value instanceof Uint8Array || value instanceof Float32Array) return value.slice();
  return Array.isArray(value) ? value.map((element: Value) => ownCopy(element) as Value) : value;
}

interface Transformed {
  readonly value: Value | null;
  /** Why there is no value: a code, or null for a plain null. */
  readonly fault: string | null;
}

/** Returns one value of a transform's result as its declared type; that it is missing, or of another type, is a fault. */
function transformed(type: ValueType, result: unknown, name: string): Transformed {
  try {
    const value = (result as Record<string, unknown> | null | undefined)?.[name];
    if (value === null) return { value: null, fault: null };
    return { value: checkValue(type, value, name), fault: null };
  } catch (cause) {
    return { value: null, fault: cause instanceof EdgefeatError ? cause.code : "transform_failed" };
  }
}
