// Value types: what a value may be, its canonical form, its JSON and packed forms, its order.
export * from "./value-type.ts";
export {
  checkValue,
  decimalText,
  decimalUnscaled,
  fitsInt64,
  INT32_MAX,
  INT32_MIN,
  INT64_MAX,
  INT64_MIN,
  show,
} from "./check.ts";
export { bytesFromBase64, bytesToBase64, floatText, parseJson, valueFromJson, valueToJson } from "./json.ts";
export { packBigInt, packValue, unpackValue } from "./packed.ts";
export { compareNumbers, compareText, compareValues } from "./compare.ts";
export { sizeOf } from "./size.ts";
