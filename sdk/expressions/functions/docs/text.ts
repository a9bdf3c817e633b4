// The reference's text on functions of text.
import type { FunctionTexts } from "./function-text.ts";

const SIZE = "The number of a text's Unicode code points, of bytes, of a list's or a vector's elements.";

export const textTexts: FunctionTexts = {
  size: {
    gives: SIZE,
    examples: [
      ['size("Zürich😀")', "7"],
      ["size([1, 2])", "2"],
    ],
  },
  length: { gives: "The same as size(x).", examples: [["length(carrier)", "2"]] },
  contains: {
    gives: "True when part stands somewhere in text; it does when it is empty. Case counts.",
    examples: [
      ['contains("SEA-TAC", "A-T")', "true"],
      ['"SEA-TAC".contains("sea")', "false"],
    ],
  },
  starts_with: {
    gives: "True when text begins with start. Case counts.",
    examples: [['starts_with("SEA-TAC", "SEA")', "true"]],
  },
  startsWith: {
    gives: "The same as starts_with, by CEL's name.",
    examples: [['"SEA-TAC".startsWith("TAC")', "false"]],
  },
  ends_with: {
    gives: "True when text ends with end. Case counts.",
    examples: [['ends_with("SEA-TAC", "TAC")', "true"]],
  },
  endsWith: { gives: "The same as ends_with, by CEL's name.", examples: [['"SEA-TAC".endsWith("SEA")', "false"]] },
  lower: {
    gives: "The text in lower case by Unicode's default rules, whatever the locale.",
    examples: [['lower("ÀÉ")', '"àé"']],
  },
  upper: {
    gives: "The text in upper case by Unicode's default rules, whatever the locale; it may grow.",
    examples: [['upper("straße")', '"STRASSE"']],
  },
};
