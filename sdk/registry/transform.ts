// An on-demand view as PUT /v1/transforms/:name takes it: its shape, and the way to a checked spec and back.
import * as z from "zod/mini";
import { artifactsShape } from "../definitions/artifact-shape.ts";
import { checkName } from "../definitions/names.ts";
import { EdgefeatError } from "../errors.ts";
import { compileExpression } from "../expressions/index.ts";
import { checkShape, located, lookUp, refuseProto } from "../shape.ts";
import { parseJson, parseTypeName, typeName, valueFromJson } from "../types/index.ts";
import type { CompiledView } from "./compile.ts";
import { fingerprint } from "./fingerprint.ts";
import { onDemandScope } from "./scope.ts";
import {
  defaultText,
  meta,
  type OnDemandViewSpec,
  type ProjectionSpec,
  type Snapshot,
  typeText,
  type ViewEntry,
  type ViewSpec,
  viewVersion,
} from "./snapshot.ts";

/** The most features, and the most request fields, that a transform may have: it bounds what checking it costs. */
export const MAX_TRANSFORM_FEATURES = 1_000;
const MAX_INPUTS = 100;

const input = z.union([
  z.string(),
  z.strictObject({
    view: z.string(),
    /** The name that its features go by, as in `as__feature`; default the view's. */
    as: z.optional(z.string()),
    /** The columns that its join keys are read from, where they are called otherwise. */
    joinKeyMap: z.optional(z.record(z.string(), z.string())),
    /** Default: all. */
    features: z.optional(z.array(z.string()).check(z.minLength(1))),
    /** Default: the one that answers now. Either way the transform goes on reading this version. */
    version: z.optional(z.int().check(z.gte(1))),
  }),
]);

const atMost = (what: string) =>
  z.refine<Record<string, unknown>>(
    (record) => Object.keys(record).length <= MAX_TRANSFORM_FEATURES,
    `expected at most ${MAX_TRANSFORM_FEATURES} ${what}`,
  );

export const transformShape = z.strictObject({
  /** Views by name, or with more about them. */
  inputs: z.array(input).check(z.maxLength(MAX_INPUTS)),
  /** The types of the request data's fields. */
  request: z.optional(z.record(z.string(), typeText).check(atMost("request fields"))),
  features: z
    .record(
      z.string(),
      z.strictObject({
        type: typeText,
        expression: z.string(),
        /** As JSON has values of the type (SEMANTICS 6); null is none. */
        default: z.optional(z.unknown()),
        description: z.optional(z.string()),
      }),
    )
    .check(
      z.refine((record) => Object.keys(record).length > 0, "expected at least one feature"),
      atMost("features"),
    ),
  /** The scalers and vocabularies that the expressions name. */
  artifacts: z.optional(artifactsShape),
  ...meta,
});

/** An on-demand view of expressions, as JSON. */
export type TransformDefinition = z.output<typeof transformShape>;

/** Returns a definition from parsed JSON. @throws bad_request naming the field */
export function checkTransform(json: unknown): TransformDefinition {
  refuseProto(json, "transform", "bad_request");
  return checkShape(transformShape, json, "transform", "bad_request");
}

/**
 * Returns a definition as a spec against a snapshot, its inputs pinned to versions that are materialized.
 * @throws definition_invalid, type_mismatch, value_out_of_range, unknown_view, unknown_version, unknown_feature,
 *   view_not_materialized, expression_syntax_error, expression_type_error, each with a pointer into the definition
 */
export function compileTransform(snapshot: Snapshot, name: string, definition: TransformDefinition): CompiledView {
  checkName("a transform", name);
  const { inputs: given, request = {}, features, artifacts = {}, ...about } = definition;
  const inputs = given.map((each, i) => located(["inputs", i], () => inputOf(snapshot, each, i)));
  const spec: OnDemandViewSpec = {
    kind: "onDemand",
    inputs: inputs.map(({ projection }) => projection),
    request: Object.entries(request).map(([field, type]) => {
      located(["request", field], () => checkName(`a request field of transform "${name}"`, field));
      return { name: field, type: typeName(parseTypeName(type)) };
    }),
    features: Object.entries(features).map(([feature, member]) =>
      located(["features", feature], () => featureOf(name, feature, member)),
    ),
    codeHash: null,
    ...(Object.keys(artifacts).length === 0 ? {} : { artifacts }),
    ...about,
  };
  const scope = located(["inputs"], () => onDemandScope(name, spec, (_view, i) => (inputs[i] as Input).spec));
  for (const feature of spec.features) {
    located(["features", feature.name, "expression"], () =>
      compileExpression(feature.expression as string, scope, { result: parseTypeName(feature.type), artifacts }),
    );
  }
  // As definitions have it: what an input is stands in its fingerprint, not in the number of its version.
  const unpinned = { ...spec, inputs: spec.inputs.map((each) => ({ ...each, version: null })) };
  const inputFingerprints = inputs.map((each) => each.fingerprint);
  return { spec, fingerprint: fingerprint(unpinned, inputFingerprints) };
}

interface Input {
  readonly projection: ProjectionSpec;
  readonly spec: Exclude<ViewSpec, OnDemandViewSpec>;
  readonly fingerprint: string;
}

function inputOf(snapshot: Snapshot, given: TransformDefinition["inputs"][number], index: number): Input {
  const { view, as = view, joinKeyMap = {}, features, version } = typeof given === "string" ? { view: given } : given;
  const present = Object.fromEntries(Object.entries(snapshot.views).filter(([, entry]) => entry.latest !== null));
  const entry = lookUp(present, view, "view called", "unknown_view");
  const number = version ?? entry.active ?? entry.latest;
  const at = ["inputs", index];
  const found = located([...at, "version"], () => viewVersion(view, entry, number as number));
  const { spec } = found;
  if (spec.kind === "onDemand") {
    throw new EdgefeatError("definition_invalid", `the input "${view}" is an on-demand view`, {
      hint: "inputs are stored or aggregated views; write out what it computes",
    });
  }
  if (!found.materialized) {
    throw new EdgefeatError("view_not_materialized", `the input "${view}" was not materialized in version ${number}`, {
      hint: `run "edgefeat materialize" for ${view}`,
    });
  }
  located([...at, "as"], () => checkName("an alias", as));
  const keys = Object.fromEntries(spec.joinKeys.map((key) => [key.name, key]));
  for (const [key, column] of Object.entries(joinKeyMap)) {
    located([...at, "joinKeyMap", key], () => {
      lookUp(keys, key, `join key of view "${view}" called`, "definition_invalid");
      checkName("a join key", column);
    });
  }
  const all = spec.features.map((feature) => feature.name);
  const known = Object.fromEntries(all.map((feature) => [feature, feature]));
  for (const [i, feature] of (features ?? []).entries()) {
    located([...at, "features", i], () => {
      lookUp(known, feature, `feature in view "${view}" called`, "unknown_feature");
      if (features?.indexOf(feature) !== i)
        throw new EdgefeatError("definition_invalid", `the input "${view}" lists "${feature}" twice`);
    });
  }
  return {
    projection: { view, as, joinKeyMap, features: features ?? all, version: number },
    spec,
    fingerprint: found.fingerprint,
  };
}

function featureOf(
  transform: string,
  name: string,
  { type: text, expression, default: json = null, description }: FeatureDefinition,
): OnDemandViewSpec["features"][number] {
  checkName(`a feature of transform "${transform}"`, name);
  const type = parseTypeName(text);
  const value =
    json === null
      ? undefined
      : located(["features", name, "default"], () => valueFromJson(type, json, `default of ${name}`));
  return {
    name,
    type: typeName(type),
    default: defaultText(type, value ?? undefined),
    ...(description === undefined ? {} : { description }),
    expression,
  };
}

type FeatureDefinition = TransformDefinition["features"][string];

/** A definition as it is shown: without expressions where a TypeScript transform computes the features. */
export type ShownTransform = Omit<TransformDefinition, "features"> & {
  readonly features: Readonly<Record<string, Omit<FeatureDefinition, "expression"> & { expression?: string }>>;
};

/**
 * Returns the definition that makes this spec when it is put; a version of an input is told only where it is not the one
 * that answers now.
 */
export function shownTransform(snapshot: Snapshot, spec: OnDemandViewSpec): ShownTransform {
  const { kind: _kind, inputs, request, features, codeHash: _codeHash, ...about } = spec;
  return {
    inputs: inputs.map((projection) => inputDefinition(snapshot, projection)),
    ...(request.length === 0
      ? {}
      : { request: Object.fromEntries(request.map(({ name, type }) => [name, type] as const)) }),
    features: Object.fromEntries(
      features.map(({ name, type, default: fallback, description, expression }) => [
        name,
        {
          type,
          ...(expression === null ? {} : { expression }),
          ...(fallback === null ? {} : { default: parseJson(fallback) }),
          ...(description === undefined ? {} : { description }),
        },
      ]),
    ),
    ...about,
  };
}

function inputDefinition(snapshot: Snapshot, projection: ProjectionSpec): TransformDefinition["inputs"][number] {
  const { view, as, joinKeyMap, features, version } = projection;
  const entry = snapshot.views[view] as ViewEntry;
  const all = entry.versions[String(version ?? entry.active ?? entry.latest)]?.spec.features.map(({ name }) => name);
  const more = {
    ...(as === view ? {} : { as }),
    ...(Object.keys(joinKeyMap).length === 0 ? {} : { joinKeyMap }),
    ...(all?.join() === features.join() ? {} : { features }),
    ...(version === null || version === entry.active ? {} : { version }),
  };
  return Object.keys(more).length === 0 ? view : { view, ...more };
}
