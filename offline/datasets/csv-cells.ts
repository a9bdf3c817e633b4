// The text of a CSV cell and the value it stands for, as a declared type (SEMANTICS 6).
import { EdgefeatError } from "../../sdk/errors.ts";
import { parseTimeExact } from "../../sdk/time.ts";
import {
  bytesFromBase64,
  checkValue,
  floatText,
  parseJson,
  type Value,
  type ValueType,
  valueFromJson,
  valueToJson,
} from "../../sdk/types/index.ts";
import { mismatch, outOfRange } from "../../sdk/types/check.ts";

const INTEGER = /^[+-]?\d+$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED_FLOAT = /^([+-]?)(nan|inf|infinity)$/i;
const BOOL = /^(true|false)$/i;

/**
 * Returns the value that a cell's text stands for as `type`. Space around anything but strings is ignored. Times may lack
 * a zone (then UTC); booleans are true and false in any case; floats include NaN, inf and Infinity; bytes are base64;
 * lists and vectors JSON.
 * @throws type_mismatch, value_out_of_range, bad_time, without saying where.
 */
export function valueOfCell(type: ValueType, cell: string): Value {
  if (type.kind === "string") return cell;
  const text = cell.trim();
  switch (type.kind) {
    case "bool":
      if (!BOOL.test(text)) throw mismatch(type, cell, "the cell");
      return text.toLowerCase() === "true";
    case "int32":
    case "int64":
      if (!INTEGER.test(text)) throw mismatch(type, cell, "the cell");
      return checkValue(type, BigInt(text.startsWith("+") ? text.slice(1) : text), "the cell");
    case "float32":
    case "float64":
      return floatOfCell(type, text);
    case "timestamp":
      return checkValue(type, parseTimeExact(text, { zoneless: "utc" }), "the cell");
    case "decimal":
      return checkValue(type, text, "the cell");
    case "bytes":
      return bytesFromBase64(text, "the cell");
    case "list":
    case "vector":
      return valueFromJson(type, jsonOfCell(type, text), "the cell", { zoneless: "utc" });
  }
}

function floatOfCell(type: ValueType, text: string): Value {
  const named = NAMED_FLOAT.exec(text);
  if (named !== null) {
    const size = (named[2] as string).toLowerCase() === "nan" ? Number.NaN : Infinity;
    return named[1] === "-" ? -size : size;
  }
  if (!FLOAT.test(text)) throw mismatch(type, text, "the cell");
  const value = Number(text);
  if (!Number.isFinite(value)) throw outOfRange(type, text, "the cell");
  return checkValue(type, value, "the cell");
}

function jsonOfCell(type: ValueType, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const error = mismatch(type, text, "the cell");
    throw new EdgefeatError(error.code, error.message, {
      hint: "lists and vectors are written as JSON: [1, 2]",
      cause,
    });
  }
}

/** Returns the text that valueOfCell reads back as the value. */
export function cellOfValue(type: ValueType, value: Value): string {
  switch (type.kind) {
    case "string":
    case "decimal":
      return value as string;
    case "float32":
    case "float64":
      return Object.is(value, -0) ? floatText(-0) : String(value);
    case "timestamp":
    case "bytes":
      return valueToJson(type, value).slice(1, -1);
    default:
      return valueToJson(type, value);
  }
}
