// Entities: what features describe, and the join keys that name one.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import { checkShape } from "../shape.ts";
import { aboutShape } from "./about.ts";
import { brand } from "./brand.ts";
import { checkFields, type Field, keyType } from "./fields.ts";
import { checkName } from "./names.ts";

export interface JoinKey {
  readonly name: string;
  readonly field: Field;
}

export interface Entity {
  readonly name: string;
  readonly joinKeys: readonly JoinKey[];
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface EntityOptions {
  /** The one join key's name, with its type in `type`. Default: the entity's name. */
  joinKey?: string;
  type?: Field;
  /** Several join keys, for a composite entity. Instead of `joinKey` and `type`. */
  joinKeys?: Readonly<Record<string, Field>>;
  description?: string;
  tags?: Readonly<Record<string, string>>;
}

const entityShape = z.strictObject({
  joinKey: z.optional(z.string()),
  type: z.optional(z.any()),
  joinKeys: z.optional(z.any()),
  ...aboutShape,
});

/**
 * Defines an entity.
 * @throws definition_invalid
 * @example entity("airport", { joinKey: "origin", type: string() })
 * @example entity("route", { joinKeys: { origin: string(), destination: string() } })
 */
export function entity(name: string, options: EntityOptions): Entity {
  checkName("an entity", name);
  checkShape(entityShape, options, `entity "${name}"`, "definition_invalid");
  const { joinKey, type, joinKeys, ...rest } = options;
  const given = joinKeys ?? (type === undefined ? undefined : { [joinKey ?? name]: type });
  if (
    given === undefined ||
    Object.keys(given).length === 0 ||
    (joinKeys !== undefined && (joinKey ?? type) !== undefined)
  ) {
    throw new EdgefeatError("definition_invalid", `entity "${name}": it needs a join key`, {
      hint: 'give { joinKey: "user_id", type: int64() }, or { joinKeys: { a: string(), b: int64() } }',
    });
  }
  checkFields(`a join key of entity "${name}"`, given);
  const keys = Object.entries(given).map(([key, field]) => {
    keyType(field, name);
    return { name: key, field };
  });
  return brand("entity", { name, joinKeys: keys, ...rest });
}
