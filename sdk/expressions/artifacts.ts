// Artifacts: what training leaves for serving, found by name: the scaler of a number, the vocabulary of a text.
import { didYouMean } from "../nearest.ts";
import { showType } from "./expression-type.ts";
import type { Operand } from "./operand.ts";
import type { Source } from "./source.ts";

/** The mean and the deviation that a number had in training. */
export interface ScalerSpec {
  readonly kind: "scaler";
  readonly mean: number;
  /** Above 0. */
  readonly stddev: number;
  readonly description?: string | undefined;
}

/** The texts that training knew; each has its place in `terms`, counted from 0, as its index. */
export interface VocabularySpec {
  readonly kind: "vocabulary";
  readonly terms: readonly string[];
  /** The index of every other text, -1 to `terms.length`; absent: null. */
  readonly outOfVocabulary?: number | undefined;
  readonly description?: string | undefined;
}

export type ArtifactSpec = ScalerSpec | VocabularySpec;

/** Artifacts by name. */
export type Artifacts = Readonly<Record<string, ArtifactSpec>>;

/**
 * Returns the artifact of `kind` that a text literal names.
 * @throws expression_type_error for what is no literal, or names no artifact of that kind
 */
export function artifactNamed<K extends ArtifactSpec["kind"]>(
  kind: K,
  operand: Operand,
  artifacts: Artifacts,
  source: Source,
): Extract<ArtifactSpec, { kind: K }> {
  const name = operand.constant;
  if (typeof name !== "string") {
    const found = operand.type.kind === "string" ? "a computed text" : showType(operand.type);
    throw source.typeError(operand.start, `a ${kind} is named by a text literal, not ${found}`);
  }
  const artifact = Object.hasOwn(artifacts, name) ? artifacts[name] : undefined;
  if (artifact?.kind === kind) return artifact as Extract<ArtifactSpec, { kind: K }>;
  const known = Object.entries(artifacts).filter(([, other]) => other.kind === kind);
  throw source.typeError(
    operand.start,
    artifact === undefined ? `there is no ${kind} "${name}"` : `"${name}" is a ${artifact.kind}, not a ${kind}`,
    known.length === 0
      ? `list a ${kind} under "artifacts" of the on-demand view`
      : didYouMean(
          name,
          known.map(([other]) => other),
        ),
  );
}

const indices = new WeakMap<VocabularySpec, ReadonlyMap<string, number>>();

/** Returns the index of each term; made once for a vocabulary, however many expressions and plans look into it. */
export function termIndices(vocabulary: VocabularySpec): ReadonlyMap<string, number> {
  let found = indices.get(vocabulary);
  if (found === undefined) {
    found = new Map(vocabulary.terms.map((term, index) => [term, index]));
    indices.set(vocabulary, found);
  }
  return found;
}
