// What was probably meant where the grammar allows no such text.
import type { EdgefeatError } from "../errors.ts";
import { RESERVED_WORDS } from "./reserved-words.ts";
import type { Source } from "./source.ts";

// Tried in order where the unexpected stands; a lookbehind sees what stands before it.
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/=/y, 'compare with "=="'],
  [/(?<=<)>/y, 'write "!="'],
  [/&/y, 'write "&&"'],
  [/\|/y, 'write "||"'],
  [/\^/y, "write pow(x, y)"],
  [/and\b/iy, 'write "&&"'],
  [/or\b/iy, 'write "||"'],
  [/not\b|(?<=\bnot\s+)/iy, 'write "!"'],
  [/is\b/iy, "write is_null(x)"],
  [/\{/y, "there are no maps and no messages"],
  [/\.\d/y, "write a digit before the point, as in 0.5"],
  [/(?<=\?\s*)\.|(?<=[[.]\s*)\?/y, "there are no optional values"],
  [/(?<=(?<!\w)\d+\.\s*)/y, "write a digit after the point, as in 1.0"],
  [/(?<=(?<!\w)\d+)[A-Za-z_]/y, "a name does not start with a digit"],
  [/#|(?<=\/)\*/y, 'a comment starts with "//"'],
  [/[^\0-\x7f]/y, "outside quotes there are only ASCII letters, digits and signs"],
];

/** Returns the error for what stands at `offset`, where the grammar has no place for it. */
export function unexpected(source: Source, offset: number): EdgefeatError {
  if (offset === source.text.length) {
    return source.syntaxError(offset, "the expression ends too early", hintAt(source.text, offset));
  }
  const [what] = /^(?:\w+|.)/su.exec(source.text.slice(offset)) as RegExpExecArray;
  return source.syntaxError(offset, `unexpected ${JSON.stringify(what)}`, hintAt(source.text, offset));
}

/** Returns the error for what stands at `offset` where the grammar allows only one thing. */
export function expected(source: Source, offset: number, what: string): EdgefeatError {
  return source.syntaxError(offset, `expected ${what}`, hintAt(source.text, offset));
}

function hintAt(text: string, offset: number): string | undefined {
  return HINTS.find(([pattern]) => {
    pattern.lastIndex = offset;
    return pattern.test(text);
  })?.[1];
}

const CHOICE = 'write "condition ? x : y" or "if(condition, x, y)"';
const OTHER_NAME = "give the feature another name: an expression can't read this one";

/** Returns the error for a name that is a reserved word, or undefined. */
export function reserved(source: Source, offset: number, name: string): EdgefeatError | undefined {
  if (!RESERVED_WORDS.includes(name)) return undefined;
  const hint = name === "if" || name === "else" ? CHOICE : OTHER_NAME;
  return source.syntaxError(offset, `"${name}" is a reserved word`, hint);
}
