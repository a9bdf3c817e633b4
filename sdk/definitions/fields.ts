// Typed fields: what a feature, a join key or a request value may hold, known to the compiler and at run time.
import { EdgefeatError } from "../errors.ts";
import { lookUp } from "../shape.ts";
import {
  checkValue,
  decimalType,
  isKeyType,
  type Value,
  type ValueType,
  typeName,
  vectorType,
} from "../types/index.ts";
import { checkNames } from "./names.ts";

/** What every field may say. `default` replaces a null, whatever its cause, online and offline alike (SEMANTICS 2.4). */
export interface FieldOptions<D> {
  description?: string;
  default?: D;
}

/** A field whose values have TypeScript type `T`; `T` includes null unless the field has a default. */
export interface Field<T = unknown> {
  readonly type: ValueType;
  readonly description?: string;
  readonly default?: Value;
  /** Only for the compiler; never set. */
  readonly _value?: T;
}

type Holds<T, O> = O extends { default: {} } ? T : T | null;

function field<T, O extends FieldOptions<unknown>>(type: ValueType, options: O | undefined): Field<Holds<T, O>> {
  const { description, default: fallback } = options ?? {};
  checkOptions(type, options ?? {});
  return Object.freeze({
    type,
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: checkValue(type, fallback, `default of a ${typeName(type)} field`) }),
  });
}

const FIELD_OPTIONS = { description: true, default: true };

/** Refuses what no field has. The compiler lets it pass: it infers the type of the options from whatever is in them. */
function checkOptions(type: ValueType, options: FieldOptions<unknown>): void {
  const what = `a ${typeName(type)} field`;
  for (const name of Object.keys(options))
    lookUp(FIELD_OPTIONS, name, `option of ${what} called`, "definition_invalid");
  if (options.description !== undefined && typeof options.description !== "string") {
    throw new EdgefeatError("definition_invalid", `${what}: its description is not a text`);
  }
}

/** A boolean. */
export function bool<const O extends FieldOptions<boolean> = {}>(options?: O): Field<Holds<boolean, O>> {
  return field({ kind: "bool" }, options);
}
/** A 32-bit integer; `number` in TypeScript. */
export function int32<const O extends FieldOptions<number> = {}>(options?: O): Field<Holds<number, O>> {
  return field({ kind: "int32" }, options);
}
/** A 64-bit integer; `bigint` in TypeScript, exact everywhere. A default may be written as a number. */
export function int64<const O extends FieldOptions<number | bigint> = {}>(options?: O): Field<Holds<bigint, O>> {
  return field({ kind: "int64" }, options);
}
/** A single-precision float. */
export function float32<const O extends FieldOptions<number> = {}>(options?: O): Field<Holds<number, O>> {
  return field({ kind: "float32" }, options);
}
/** A double. */
export function float64<const O extends FieldOptions<number> = {}>(options?: O): Field<Holds<number, O>> {
  return field({ kind: "float64" }, options);
}
/** Text, valid Unicode. */
export function string<const O extends FieldOptions<string> = {}>(options?: O): Field<Holds<string, O>> {
  return field({ kind: "string" }, options);
}
/** Bytes; base64 in JSON. */
export function bytes<const O extends FieldOptions<Uint8Array> = {}>(options?: O): Field<Holds<Uint8Array, O>> {
  return field({ kind: "bytes" }, options);
}
/** A moment; microseconds since the epoch as `bigint`, RFC 3339 in JSON. */
export function timestamp<const O extends FieldOptions<bigint> = {}>(options?: O): Field<Holds<bigint, O>> {
  return field({ kind: "timestamp" }, options);
}
/** An exact decimal of `precision` digits, `scale` of them after the point; text in TypeScript and JSON. */
export function decimal<const O extends FieldOptions<string> = {}>(
  precision: number,
  scale: number,
  options?: O,
): Field<Holds<string, O>> {
  return field(decimalType(precision, scale), options);
}
/** A list of values of one type, none of them null. */
export function list<T, const O extends FieldOptions<readonly Value[]> = {}>(
  of: Field<T>,
  options?: O,
): Field<Holds<readonly NonNullable<T>[], O>> {
  if (of.default !== undefined) {
    throw new EdgefeatError("definition_invalid", "the elements of a list can't have a default", {
      hint: "give the list itself one",
    });
  }
  return field({ kind: "list", of: of.type }, options);
}
/** A vector of `dimension` float32 numbers, such as an embedding. */
export function vector<const O extends FieldOptions<readonly number[] | Float32Array> = {}>(
  dimension: number,
  options?: O,
): Field<Holds<Float32Array, O>> {
  return field(vectorType(dimension), options);
}

/** Checks the fields of a record, and their names. @throws definition_invalid, also for what is no field: no compiler may have looked */
export function checkFields(what: string, fields: Readonly<Record<string, unknown>>): void {
  checkNames(what, fields);
  for (const [name, value] of Object.entries(fields)) checkField(what, name, value);
}

/** Checks that a value is a field. @throws definition_invalid */
export function checkField(what: string, name: string, value: unknown): void {
  const type: unknown = (value as Partial<Field> | null | undefined)?.type;
  if (typeof (type as Partial<ValueType> | null | undefined)?.kind === "string") return;
  throw new EdgefeatError("definition_invalid", `${what}: "${name}" is not a typed field`, {
    hint: "write its type as float64(), string(), …",
  });
}

/** Returns the join key's type. @throws definition_invalid for a type with more than one text form. */
export function keyType(of: Field, entityName: string): ValueType {
  if (isKeyType(of.type)) return of.type;
  throw new EdgefeatError("definition_invalid", `entity "${entityName}": a join key can't be ${typeName(of.type)}`, {
    hint: "use string(), int32() or int64()",
  });
}
