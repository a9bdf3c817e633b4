// The reference's text on functions from one type to another.
import type { FunctionTexts } from "./function-text.ts";

export const conversionTexts: FunctionTexts = {
  int: {
    gives: "A whole number: drops a fraction, reads decimal digits from text, 1 for true.",
    faults: "value_out_of_range for NaN and what has more than 64 bits; bad_conversion for text that is no integer.",
    examples: [
      ["int(-2.9)", "-2"],
      ['int("+7")', "7"],
      ["int(0.0 / 0.0)", "fault: value_out_of_range"],
      ['int("1.0")', "fault: bad_conversion"],
    ],
  },
  double: {
    gives: 'The nearest double, ties to even; reads decimal text, "NaN", "Infinity" and "-Infinity"; 1.0 for true.',
    faults: "bad_conversion for any other text; value_out_of_range for a number in text that is beyond a double.",
    examples: [
      ['double("1.5e3")', "1500.0"],
      ["double(9007199254740993)", "9007199254740992.0"],
    ],
  },
  string: {
    gives: "The text of a value: of a double the shortest that reads back as the same, of a moment RFC 3339 with Z.",
    examples: [
      ["string(0.1 + 0.2)", '"0.30000000000000004"'],
      ["string(true)", '"true"'],
    ],
  },
  bool: {
    gives: 'True for the text "true", false for "false". For numbers write x != 0.',
    faults: "bad_conversion for any other text.",
    examples: [
      ['bool("true")', "true"],
      ['bool("True")', "fault: bad_conversion"],
    ],
  },
};
