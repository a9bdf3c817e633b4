// Artifacts: the scalers and vocabularies that training made, kept with the on-demand views that use them.
import type * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import type { ArtifactSpec } from "../expressions/index.ts";
import { checkShape } from "../shape.ts";
import { artifactShape, artifactsShape } from "./artifact-shape.ts";
import { brand, definitionKind } from "./brand.ts";
import { checkName } from "./names.ts";

/** A scaler or a vocabulary. On-demand views list it, and their expressions name it. */
export interface Artifact {
  readonly name: string;
  readonly spec: ArtifactSpec;
}

/** The mean and the deviation of a number in training; `stddev` is above 0. */
export interface ScalerOptions {
  mean: number;
  stddev: number;
  description?: string;
}

export interface VocabularyOptions {
  /** The index of every text that is no term: -1 to the number of terms. Default: none, the index is null. */
  outOfVocabulary?: number;
  description?: string;
}

/**
 * Defines what `standardize(x, name)` scales by.
 * @throws definition_invalid
 * @example scaler("delay_scaler", { mean: 8.2, stddev: 31.5 })
 */
export function scaler(name: string, options: ScalerOptions): Artifact {
  return artifact(name, { kind: "scaler", ...options });
}

/**
 * Defines what `vocabulary_index(text, name)` and `one_hot(text, name)` look up: at most 10,000 different terms, each at its
 * place, counted from 0. Case counts.
 * @throws definition_invalid
 * @example vocabulary("carriers", ["AA", "DL", "UA"], { outOfVocabulary: 3 })
 */
export function vocabulary(name: string, terms: readonly string[], options: VocabularyOptions = {}): Artifact {
  return artifact(name, { kind: "vocabulary", terms, ...options });
}

function artifact(name: string, spec: object): Artifact {
  checkName("an artifact", name);
  const checked = checkShape(artifactShape, spec, `artifact "${name}"`, "definition_invalid");
  return brand("artifact", { name, spec: checked });
}

/** Returns artifacts by name. @throws definition_invalid for what is no artifact, two of one name, and too much in all */
export function artifactsByName(what: string, list: unknown): z.output<typeof artifactsShape> {
  const byName = new Map<string, ArtifactSpec>();
  if (!Array.isArray(list) || list.some((each) => definitionKind(each) !== "artifact")) {
    throw new EdgefeatError("definition_invalid", `${what}: artifacts must be scalers or vocabularies`, {
      hint: "list what scaler(…) and vocabulary(…) return",
    });
  }
  for (const { name, spec } of list as readonly Artifact[]) {
    if (byName.has(name)) {
      throw new EdgefeatError("definition_invalid", `${what}: two artifacts are called "${name}"`);
    }
    byName.set(name, spec);
  }
  return checkShape(artifactsShape, Object.fromEntries(byName), `${what}: artifacts`, "definition_invalid");
}
