// The JSON Schema of what a zod schema takes, in the words of json-schema.ts: zod's own converter writes null as a second schema
// and each integer with its bounds. It knows the kinds of schemas that routes use, and the tests hold it to zod's.
import type * as z from "zod/mini";
import { type JsonSchema, orNull } from "./json-schema.ts";

/**
 * Returns the JSON Schema of what a zod schema takes; what its refinements add is left out, and z.custom stands for any
 * object. `refTo` returns what stands for a part that is described elsewhere.
 */
export function jsonSchemaOf(
  schema: z.core.$ZodType,
  refTo: (part: z.core.$ZodType) => JsonSchema | undefined = () => undefined,
): JsonSchema {
  const of = (part: z.core.$ZodType): JsonSchema => refTo(part) ?? jsonSchemaOf(part, refTo);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
      return of(def.innerType);
    case "nullable":
      return orNull(of(def.innerType));
    case "default":
      return { ...of(def.innerType), default: def.defaultValue };
    case "enum":
      return { type: "string", enum: Object.values(def.entries) };
    case "literal":
      return { const: def.values[0] };
    case "array":
      return { type: "array", items: of(def.element), ...limitsOf(schema) };
    case "record":
      return { type: "object", propertyNames: of(def.keyType), additionalProperties: of(def.valueType) };
    case "union":
      return { [def.inclusive === false ? "oneOf" : "anyOf"]: def.options.map(of) };
    case "object":
      return objectOf(def, of);
    case "custom":
      return { type: "object" };
    case "unknown":
      return {};
    default:
      return { type: def.type, ...limitsOf(schema) };
  }
}

function objectOf({ shape, catchall }: z.core.$ZodObjectDef, of: (part: z.core.$ZodType) => JsonSchema): JsonSchema {
  const members = Object.entries(shape);
  const required = members.filter(([, member]) => member._zod.optin === undefined).map(([name]) => name);
  const isStrict = catchall?._zod.def.type === "never";
  return {
    type: "object",
    properties: Object.fromEntries(members.map(([name, member]) => [name, of(member)])),
    ...(required.length === 0 ? {} : { required }),
    ...(catchall === undefined ? {} : { additionalProperties: isStrict ? false : of(catchall) }),
  };
}

/** What a schema's checks say, as far as JSON Schema has a word for it. */
function limitsOf(schema: z.core.$ZodType): JsonSchema {
  const { def } = schema._zod;
  const unit = def.type === "array" ? "Items" : "Length";
  const limits: Record<string, unknown> = {};
  // z.int() is its own first check.
  for (const { _zod } of [schema as unknown as z.core.$ZodChecks, ...((def.checks ?? []) as z.core.$ZodChecks[])]) {
    const check = _zod.def;
    if (check.check === "greater_than") limits[check.inclusive ? "minimum" : "exclusiveMinimum"] = check.value;
    else if (check.check === "less_than") limits[check.inclusive ? "maximum" : "exclusiveMaximum"] = check.value;
    else if (check.check === "min_length") limits[`min${unit}`] = check.minimum;
    else if (check.check === "max_length") limits[`max${unit}`] = check.maximum;
    else if (check.check === "string_format") limits["pattern"] = check.pattern?.source;
    else if (check.check === "number_format") limits["type"] = "integer";
  }
  return limits;
}
