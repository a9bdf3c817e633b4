// How features are named: `view:feature`, or `view@2:feature` for one version.
import { EdgefeatError } from "../errors.ts";

export interface FeatureReference {
  readonly view: string;
  /** null: the active version. */
  readonly version: number | null;
  readonly feature: string;
}

const REFERENCE = /^([A-Za-z_]\w*)(?:@(\d{1,9}))?:([A-Za-z_]\w*)$/;

/** Returns the parts of a feature reference. @throws bad_request when the text is none, with a pointer to its place. */
export function parseReference(text: string, index: number): FeatureReference {
  const match = REFERENCE.exec(text);
  if (match === null) {
    throw new EdgefeatError("bad_request", `"${text.slice(0, 200)}" does not name a feature`, {
      hint: 'write "view:feature", or "view@2:feature" for one version',
      pointer: `/features/${index}`,
    });
  }
  return {
    view: match[1] as string,
    version: match[2] === undefined ? null : Number(match[2]),
    feature: match[3] as string,
  };
}

/** Returns the members of a row that holds these features: a feature's own name, and `view__feature` where two share it. */
export function memberNames(references: readonly string[]): string[] {
  const own = references.map((reference) => reference.slice(reference.indexOf(":") + 1));
  const shared = new Set(own.filter((name, i) => own.indexOf(name) !== i));
  return own.map((name, i) => (shared.has(name) ? (references[i] as string).replace(":", "__") : name));
}
