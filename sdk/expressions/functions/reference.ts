// The reference of all functions, as data: what the page REFERENCE.md is made of.
import type { ValueType } from "../../types/index.ts";
import type { Artifacts } from "../artifacts.ts";
import { DOUBLE, STRING, TIMESTAMP } from "../expression-type.ts";
import { choiceTexts } from "./docs/choices.ts";
import { conversionTexts } from "./docs/conversions.ts";
import { encodingTexts } from "./docs/encodings.ts";
import type { FunctionText, FunctionTexts } from "./docs/function-text.ts";
import { numberTexts } from "./docs/numbers.ts";
import { placeTexts } from "./docs/places.ts";
import { textTexts } from "./docs/text.ts";
import { timeTexts } from "./docs/times.ts";
import { vectorTexts } from "./docs/vectors.ts";
import { functionGroups, type FunctionGroup, signatures } from "./table.ts";

/** What the reference says of one function. */
export interface FunctionDoc extends FunctionText {
  readonly group: FunctionGroup;
  readonly name: string;
  /** One for each way to call it: "abs(x: int): int", "text.endsWith(end: string): bool". */
  readonly signatures: readonly string[];
}

const texts: Readonly<Record<FunctionGroup, FunctionTexts>> = {
  choices: choiceTexts,
  numbers: numberTexts,
  vectors: vectorTexts,
  encodings: encodingTexts,
  places: placeTexts,
  times: timeTexts,
  text: textTexts,
  conversions: conversionTexts,
};

/** Every function, in the order of the reference. Marked as pure, so that a bundle that never reads it leaves it out. */
export const functionReference: readonly FunctionDoc[] = /* @__PURE__ */ reference();

function reference(): FunctionDoc[] {
  return Object.entries(functionGroups).flatMap(([key, table]) => {
    const group = key as FunctionGroup;
    return table.map((entry): FunctionDoc => {
      const text = texts[group][entry.name] as FunctionText;
      return { group, name: entry.name, signatures: signatures(entry), ...text };
    });
  });
}

/** What the examples read: each input's type and value, the artifacts, and the moment of the request, µs. */
export const exampleInputs = {
  values: { delay: 26, missing: null, carrier: "DL", departed: 986_083_198_500_000n },
  types: { delay: DOUBLE, missing: DOUBLE, carrier: STRING, departed: TIMESTAMP } satisfies Record<string, ValueType>,
  artifacts: {
    delay_scaler: { kind: "scaler", mean: 10, stddev: 8 },
    carriers: { kind: "vocabulary", terms: ["AA", "DL", "UA"], outOfVocabulary: 3 },
    days: { kind: "vocabulary", terms: ["Saturday", "Monday"] },
  } satisfies Artifacts,
  requestTimeUs: 986_040_000_000_000,
} as const;
