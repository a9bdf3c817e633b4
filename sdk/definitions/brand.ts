// How a definition is told from any other exported value, even across two copies of this package.
const KIND = Symbol.for("edgefeat.definition");

export type DefinitionKind =
  | "entity"
  | "source"
  | "requestSource"
  | "view"
  | "projection"
  | "onDemandView"
  | "service"
  | "artifact";

/** Returns `object` marked as a definition of `kind`, and frozen. */
export function brand<T extends object>(kind: DefinitionKind, object: T): T {
  Object.defineProperty(object, KIND, { value: kind });
  return Object.freeze(object);
}

/** Returns what kind of definition a value is, or undefined when it is none. */
export function definitionKind(value: unknown): DefinitionKind | undefined {
  return typeof value === "object" && value !== null ? (value as Record<symbol, DefinitionKind>)[KIND] : undefined;
}
