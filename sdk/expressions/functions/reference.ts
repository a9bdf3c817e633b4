// The table of all functions, and its printed form.
import { showType } from "../expression-type.ts";
import { conversionFunctions } from "./conversions.ts";
import type { FunctionEntry, Kind } from "./entry.ts";
import { geographyFunctions } from "./geography.ts";
import { numberFunctions } from "./numbers.ts";
import { textFunctions } from "./text.ts";
import { timeFunctions } from "./times.ts";

/** What the reference page says of one function. */
export interface FunctionDoc {
  readonly group: "nulls" | "numbers" | "places" | "times" | "text" | "conversions";
  readonly name: string;
  /** One for each overload: "abs(x: int): int", "text.contains(part: string): bool". */
  readonly signatures: readonly string[];
  readonly doc: string;
}

// What is not a function of values: these look at their arguments unevaluated.
const forms: readonly FunctionDoc[] = [
  {
    group: "nulls",
    name: "is_null",
    signatures: ["is_null(x: any): bool"],
    doc: "True when x is null. Never null itself; a fault in x stays one.",
  },
  {
    group: "nulls",
    name: "coalesce",
    signatures: ["coalesce(x: T, y: T, …): T"],
    doc: "The first that is not null, else null; what stands after it is not evaluated. It stops nulls, not faults.",
  },
  {
    group: "times",
    name: "timestamp",
    signatures: ["timestamp(text: literal string): timestamp"],
    doc: 'The moment that an RFC 3339 text with a zone names: timestamp("2001-03-31T00:00:00Z"). Checked when registered.',
  },
];

const groups: readonly (readonly [FunctionDoc["group"], readonly FunctionEntry[]])[] = [
  ["numbers", numberFunctions],
  ["places", geographyFunctions],
  ["times", timeFunctions],
  ["text", textFunctions],
  ["conversions", conversionFunctions],
];

const entries = new Map(groups.flatMap(([, table]) => table.map((entry) => [entry.name, entry] as const)));

/** Returns the entry of a function that takes its arguments as values, or undefined. */
export function functionByName(name: string): FunctionEntry | undefined {
  return entries.get(name);
}

/** Every function, in the order of the reference. */
export const functionReference: readonly FunctionDoc[] = [
  ...forms,
  ...groups.flatMap(([group, table]) =>
    table.map((entry) => ({ group, name: entry.name, signatures: signatures(entry), doc: entry.doc })),
  ),
];

/** The names of all functions, for hints. */
export const functionNames: readonly string[] = functionReference.map((entry) => entry.name);

/** Returns a line for each overload of a function. */
export function signatures(entry: FunctionEntry): string[] {
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
