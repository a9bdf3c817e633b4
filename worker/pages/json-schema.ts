// The words in which shapes of JSON are told: JSON Schema, draft 2020-12, as OpenAPI 3.1 has it.

export type JsonSchema = { readonly [keyword: string]: unknown };

export const TEXT: JsonSchema = { type: "string" };
export const TIME: JsonSchema = { ...TEXT, format: "date-time" };
export const HASH: JsonSchema = { ...TEXT, pattern: "^sha256:[0-9a-f]{64}$" };
export const COUNT: JsonSchema = { type: "integer", minimum: 0 };
export const VERSION_NUMBER: JsonSchema = { type: "integer", minimum: 1 };
/** What the JSON of a value may be (SEMANTICS 6). */
export const VALUE: JsonSchema = { type: ["null", "boolean", "number", "string", "array"] };

/** Returns the schema of an object with these members; `optional` ones may be absent. */
export function object(
  members: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return { type: "object", properties: { ...members, ...optional }, required: Object.keys(members) };
}

/** Returns the schema of an object whose members are such, whatever their names. */
export function mapOf(additionalProperties: JsonSchema): JsonSchema {
  return { type: "object", additionalProperties };
}

/** Returns the schema of a list of any length. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** Returns the schema of a list with one element for each of these. */
export function tuple(...prefixItems: readonly JsonSchema[]): JsonSchema {
  return { type: "array", prefixItems, items: false, minItems: prefixItems.length };
}

/** Returns the schema of a text that is one of these. */
export function oneOf(...values: readonly string[]): JsonSchema {
  return { ...TEXT, enum: values };
}

/** Returns the schema of what another takes, and null. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { type } = schema;
  return typeof type !== "string" || "enum" in schema
    ? { anyOf: [schema, { type: "null" }] }
    : { ...schema, type: [type, "null"] };
}

/** Returns what stands for one of the document's own schemas. */
export function schemaRef(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}
