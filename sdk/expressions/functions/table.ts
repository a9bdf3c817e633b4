// The table of all functions, and what their signatures say.
import { showType } from "../expression-type.ts";
import { choiceForms } from "./choices.ts";
import { conversionFunctions } from "./conversions.ts";
import { encodingForms } from "./encodings.ts";
import type { FormEntry, FunctionEntry, Kind } from "./entry.ts";
import { geographyFunctions } from "./geography.ts";
import { hashForms } from "./hash.ts";
import { numberFunctions } from "./numbers.ts";
import { oneHotForms } from "./one-hot.ts";
import { textFunctions } from "./text.ts";
import { timeForms, timeFunctions } from "./times.ts";
import { vectorForms } from "./vectors.ts";

export type FunctionGroup =
  | "choices"
  | "numbers"
  | "vectors"
  | "encodings"
  | "places"
  | "times"
  | "text"
  | "conversions";

/** Every function by group, in the order of the reference. */
export const functionGroups: Readonly<Record<FunctionGroup, readonly (FunctionEntry | FormEntry)[]>> = {
  choices: choiceForms,
  numbers: numberFunctions,
  vectors: vectorForms,
  encodings: [...oneHotForms, ...encodingForms, ...hashForms],
  places: geographyFunctions,
  times: [...timeForms, ...timeFunctions],
  text: textFunctions,
  conversions: conversionFunctions,
};

const entries = new Map(
  Object.values(functionGroups).flatMap((table) => table.map((entry) => [entry.name, entry] as const)),
);

/** Returns the entry of a function, or undefined. */
export function functionByName(name: string): FunctionEntry | FormEntry | undefined {
  return entries.get(name);
}

/** The names of all functions, for hints. */
export const functionNames: readonly string[] = [...entries.keys()];

/** True for a function that is given its operands unevaluated. */
export function isForm(entry: FunctionEntry | FormEntry): entry is FormEntry {
  return "build" in entry;
}

/** Returns a line for each way to call a function: "abs(x: int): int", "text.endsWith(end: string): bool". */
export function signatures(entry: FunctionEntry | FormEntry): readonly string[] {
  if (isForm(entry)) return entry.signatures;
  return entry.overloads.map(({ takes, gives }) => {
    const parameters = takes.map((kind, i) => `${entry.parameters[i] as string}: ${kindName(kind)}`);
    const rest = entry.variadic === true ? ", …" : "";
    if (entry.form !== "method") return `${entry.name}(${parameters.join(", ")}${rest}): ${kindName(gives)}`;
    return `${entry.parameters[0] as string}.${entry.name}(${parameters.slice(1).join(", ")}): ${kindName(gives)}`;
  });
}

/** Returns the name of a kind as messages write it. */
export function kindName(kind: Kind): string {
  return kind === "int64" || kind === "float64" ? showType({ kind }) : kind;
}
