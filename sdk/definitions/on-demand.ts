// On-demand views: features computed when they are asked for, from stored ones and from the request.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import { checkShape, lookUp } from "../shape.ts";
import { type Artifact, artifactsByName } from "./artifact.ts";
import { brand, definitionKind } from "./brand.ts";
import { checkFields, type Field } from "./fields.ts";
import { checkName, checkPicked } from "./names.ts";
import type { RequestSource, Schema } from "./source.ts";
import { metaShape, type Projection, type Values, type ViewMeta } from "./view.ts";

type Input = Projection<any> | RequestSource<any>;
type InputValues<I> =
  I extends Projection<infer F>
    ? F
    : I extends RequestSource<infer R>
      ? { [K in keyof R]: R[K] extends Field<infer T> ? NonNullable<T> : never }
      : never;
type Merge<T> = (T extends unknown ? (value: T) => void : never) extends (value: infer I) => void ? I : never;
/** What a transform is given: every input's values by name; a name that two inputs share is only there as view__feature. */
export type TransformRow<I extends readonly Input[]> = Merge<InputValues<I[number]>> & Values;
type Outputs<F extends Schema> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export type Transform = (row: Values) => Values;

/** Nothing of it is materialized, so it has no schedule. */
type OnDemandMeta = Omit<ViewMeta, "schedule">;

export interface OnDemandProjection<F extends Values = Values> {
  readonly onDemand: OnDemandView;
  readonly features: readonly string[];
  readonly _values?: F;
}

export interface OnDemandView<F extends Values = Values> extends OnDemandProjection<F>, OnDemandMeta {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly fields: Schema;
  readonly expressions?: Readonly<Record<string, string>>;
  readonly transform?: Transform;
  /** The scalers and vocabularies that the expressions name. */
  readonly artifacts?: readonly Artifact[];
  /** Keeps only these features, in this order. */
  pick<const K extends keyof F & string>(...names: K[]): OnDemandProjection<Pick<F, K>>;
}

export interface OnDemandOptions<I extends readonly Input[], F extends Schema> extends OnDemandMeta {
  /** Views (or projections of them) and request sources whose values the features are computed from. */
  inputs: I;
  features: F;
  /** One expression a feature, evaluated by the same code everywhere … */
  expressions?: { readonly [K in keyof F]: string };
  /** The scalers and vocabularies that the expressions name; part of the view's version, at most 128 KiB as JSON. */
  artifacts?: readonly Artifact[];
  /** … or one TypeScript function for all of them, bundled into the Worker and used offline too. */
  transform?: (row: TransformRow<I>) => { readonly [K in keyof F]: unknown };
}

// What is in them is looked at with more words below.
const part = z.optional(z.any());
const onDemandShape = z.strictObject({
  inputs: part,
  features: part,
  expressions: part,
  transform: part,
  artifacts: part,
  ...metaShape,
});

/**
 * Defines an on-demand view.
 * @throws definition_invalid
 */
export function onDemandView<const I extends readonly Input[], const F extends Schema>(
  name: string,
  options: OnDemandOptions<I, F>,
): OnDemandView<Outputs<F>> {
  checkName("an on-demand view", name);
  const what = `on-demand view "${name}"`;
  const { features: fields, inputs, expressions, transform, ...meta } = options;
  if ((meta as ViewMeta).schedule !== undefined) {
    throw new EdgefeatError("definition_invalid", `${what}: nothing of it is materialized, so it has no schedule`, {
      hint: "give the schedule to the views among its inputs",
    });
  }
  checkShape(onDemandShape, options, what, "definition_invalid");
  if (fields === undefined || Object.keys(fields).length === 0) {
    throw new EdgefeatError("definition_invalid", `${what}: it has no features`);
  }
  checkFields(`a feature of ${what}`, fields);
  if (!Array.isArray(inputs) || inputs.some((i) => !INPUT_KINDS.has(definitionKind(i)) || "onDemand" in i)) {
    throw new EdgefeatError("definition_invalid", `${what}: inputs must be feature views or request sources`);
  }
  if ((expressions === undefined) === (transform === undefined)) {
    throw new EdgefeatError("definition_invalid", `${what}: it needs either expressions or a transform`);
  }
  if (expressions !== undefined) checkExpressions(what, fields, expressions);
  if (options.artifacts !== undefined) {
    artifactsByName(what, options.artifacts);
    if (expressions === undefined) {
      throw new EdgefeatError("definition_invalid", `${what}: artifacts are for expressions, not for a transform`, {
        hint: "write what they hold into the transform itself, whose code makes its version",
      });
    }
  }
  const view = {
    name,
    inputs,
    fields,
    ...(expressions === undefined ? {} : { expressions }),
    ...(transform === undefined ? {} : { transform: transform as unknown as Transform }),
    ...meta,
    features: Object.keys(fields),
  } as unknown as OnDemandView<Outputs<F>>;
  const pick = (...names: string[]): OnDemandProjection => {
    checkPicked(what, names);
    for (const n of names) lookUp(fields, n, `feature in view "${name}" called`, "unknown_feature");
    return brand("projection", { onDemand: view, features: names });
  };
  return brand("onDemandView", Object.assign(view, { onDemand: view, pick }));
}

const INPUT_KINDS = new Set<string | undefined>(["view", "projection", "requestSource"]);

function checkExpressions(what: string, fields: Schema, expressions: Readonly<Record<string, string>>): void {
  for (const feature of Object.keys(fields)) {
    if (typeof expressions[feature] !== "string") {
      throw new EdgefeatError("definition_invalid", `${what}: feature "${feature}" has no expression`);
    }
  }
  for (const feature of Object.keys(expressions)) {
    lookUp(fields, feature, `feature of ${what} for the expression`, "definition_invalid");
  }
}
